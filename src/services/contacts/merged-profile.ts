import type { Contact } from '../../entities/contact.js';
import type { FieldChange } from '../record/event.js';

/** What of a profile fills in what the other does not know. The external id stays whose it is, and leads to the other. */
const FILLING = ['name', 'email', 'phone', 'about', 'avatarUrl'] as const;
const ATTRIBUTE = 'attributes.';
type Value = string | number | boolean | null;

/** The fields of which anything is known of any of these. */
const fieldsOf = (...contacts: readonly Contact[]): string[] => [
  ...FILLING,
  ...new Set(contacts.flatMap(({ attributes }) => Object.keys(attributes).map((key) => `${ATTRIBUTE}${key}`))),
];

const valueOf = (contact: Contact, field: string): Value =>
  (field.startsWith(ATTRIBUTE)
    ? contact.attributes[field.slice(ATTRIBUTE.length)]
    : contact[field as (typeof FILLING)[number]]) ?? null;

function setValue(contact: Contact, field: string, value: Value): void {
  if (!field.startsWith(ATTRIBUTE)) {
    contact[field as (typeof FILLING)[number]] = value as string | null;
    return;
  }
  const { [field.slice(ATTRIBUTE.length)]: _, ...others } = contact.attributes;
  contact.attributes = value === null ? others : { ...others, [field.slice(ATTRIBUTE.length)]: value };
}

/** What an event says of fields: attributes stand under one name. */
const changeOf = (field: string, before: Value, after: Value): FieldChange => ({
  field: field.startsWith(ATTRIBUTE) ? 'attribute' : field,
  ...(before === null ? {} : { before: recordable(before) }),
  ...(after === null ? {} : { after: recordable(after) }),
});
const recordable = (value: Value): Value =>
  typeof value === 'number' && !Number.isSafeInteger(value) ? String(value) : value;

/** Fills in what is not known of one contact by what is known of another. */
export function fillProfile(
  into: Contact,
  from: Contact,
): { fields: string[]; changes: FieldChange[]; kept: string[] } {
  const known = fieldsOf(into, from).filter((field) => valueOf(from, field) !== null);
  const fields = known.filter((field) => valueOf(into, field) === null);
  const kept = known.filter((field) => !fields.includes(field) && valueOf(into, field) !== valueOf(from, field));
  const changes = fields.map((field) => {
    setValue(into, field, valueOf(from, field));
    return changeOf(field, null, valueOf(from, field));
  });
  return { fields, changes, kept };
}

/** One who was merged too, with the fields that they have filled in. */
export interface Filler {
  contact: Contact;
  merge: { fields: string[] };
}

/**
 * Takes from a contact what was filled in by another, where nobody has changed it since; what others who were merged know
 * of it takes its place.
 */
export function emptyProfile(
  into: Contact,
  from: Contact,
  filled: readonly string[],
  others: readonly Filler[],
): FieldChange[] {
  return filled.flatMap((field) => {
    const before = valueOf(into, field);
    if (before === null || before !== valueOf(from, field)) return [];
    const next = others.find(({ contact }) => valueOf(contact, field) !== null);
    const after = next ? valueOf(next.contact, field) : null;
    if (next) next.merge.fields = [...next.merge.fields, field];
    if (after === before) return [];
    setValue(into, field, after);
    return [changeOf(field, before, after)];
  });
}
