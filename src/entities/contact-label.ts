/** What people call a contact: the name, or the best address there is. */
export const contactLabel = (contact: {
  name?: string | null | undefined;
  email?: string | null | undefined;
  phone?: string | null | undefined;
  externalId?: string | null | undefined;
}): string => contact.name ?? contact.email ?? contact.phone ?? contact.externalId ?? 'Unknown contact';
