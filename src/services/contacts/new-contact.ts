import { Contact } from '../../entities/contact.js';
import { newId } from '../ids.js';
import type { FieldChange, NewEvent, Party } from '../record/event.js';
import type { Tx } from '../transaction.js';
import { ofContact } from './access-contact.js';

/** What is known of a contact as text. */
export const PROFILE = ['name', 'email', 'phone', 'externalId', 'about', 'avatarUrl'] as const;
/** A profile as it is given; what is undefined is not said, null takes away. */
export type Profile = { [K in (typeof PROFILE)[number]]?: string | null | undefined };

/**
 * Makes a contact. The caller holds the locks of what they are known by.
 * @param said who says so, where it is not the caller: `contact` is they themself; and an id, where one was given out.
 */
export function newContact(
  tx: Tx,
  profile: Profile,
  { actor, id, ...said }: { actor?: 'contact'; id?: string } & Pick<NewEvent, 'inboxId' | 'reason'> = {},
): Contact {
  const contact = tx.em.create(Contact, {
    workspaceId: tx.principal.workspaceId,
    id: id ?? newId(),
    ...(Object.fromEntries(PROFILE.map((field) => [field, profile[field] ?? null])) as Record<string, string | null>),
    attributes: {},
    createdAt: tx.now,
    updatedAt: tx.now,
  });
  tx.em.persist(contact);
  tx.record({
    ...ofContact(contact),
    ...said,
    ...(actor ? { actor: asActor(contact) } : {}),
    action: 'contact.created',
    changes: PROFILE.filter((field) => contact[field]).map((field) => ({ field, after: contact[field] })),
  });
  return contact;
}

/**
 * Changes what is known of a contact whose lock is held; what is so already is no change.
 * @returns what changed; the caller records it.
 */
export function changeProfile(tx: Tx, contact: Contact, profile: Profile): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const field of PROFILE) {
    const [before, after] = [contact[field] ?? null, profile[field]];
    if (after === undefined || after === before) continue;
    changes.push({ field, ...(before === null ? {} : { before }), ...(after === null ? {} : { after }) });
    contact[field] = after;
  }
  if (changes.length > 0) contact.updatedAt = tx.now;
  return changes;
}

/** The contact as who did something. */
export const asActor = (contact: Contact): Party => ({ kind: 'CONTACT', id: contact.id, label: contact.label() });
