/** What only ties two things together, what rules remember of events and what finds a text: it is kept elsewhere. */
const MEMBERSHIPS = ['inbox_member', 'team_member', 'team_supervisor'];

/** Of which rows the writing role sees and changes none, unless its transaction asks for them. */
export const DELETED_ARE_HIDDEN =
  "((deleted_at IS NULL) OR (current_setting('verbatim.deleted'::text, true) = 'shown'::text))";
/** From which rows go. */
export const REMOVABLE = [
  ...MEMBERSHIPS,
  'alert_state',
  'business_hours',
  'contact_identity',
  'contact_label',
  'conversation_deletion',
  'conversation_label',
  'note_mention',
  'saved_view',
  'search_entry',
].toSorted();
