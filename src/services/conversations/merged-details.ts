import { Label } from '../../entities/label.js';
import type { Conversation } from '../../entities/conversation.js';
import type { Priority } from '../../entities/enums.js';
import type { ConversationMerge } from '../../entities/conversation-merge.js';
import type { AccessedConversation } from '../access.js';
import { attributeEvent, definitionsOf, type AttributeValue } from '../attributes/validate.js';
import { recordLabels, tie } from '../labels/set-labels.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';
import { recordInTranscript } from './transcript-entries.js';
import { prioritize, recordSubject } from './update-conversation.js';

const ATTRIBUTE = 'attributes.';

/** The fields of which anything is known of any of these. */
const fieldsOf = (...conversations: readonly Conversation[]): string[] => [
  'subject',
  'priority',
  ...new Set(conversations.flatMap(({ attributes }) => Object.keys(attributes).map((key) => `${ATTRIBUTE}${key}`))),
];

/** What is known of a field; null where nothing is. */
function valueOf(conversation: Conversation, field: string): AttributeValue | null {
  if (field === 'subject') return conversation.subject ?? null;
  if (field === 'priority') return conversation.priority === 'NONE' ? null : conversation.priority;
  return conversation.attributes[field.slice(ATTRIBUTE.length)] ?? null;
}

/** Sets a field of a conversation, with the event that anybody's change of it has. */
async function setField(
  tx: Tx,
  accessed: AccessedConversation,
  field: string,
  after: AttributeValue | null,
): Promise<boolean> {
  const { conversation } = accessed;
  if (field === 'subject') {
    recordSubject(tx, accessed, after as string | null, null);
    return true;
  }
  if (field === 'priority') {
    prioritize(tx, accessed, (after ?? 'NONE') as Priority, null);
    return true;
  }
  const key = field.slice(ATTRIBUTE.length);
  const definition = (await definitionsOf(tx, 'CONVERSATION', [key])).get(key);
  // Nothing more is said under a key that was taken out of use.
  if (!definition || (after !== null && definition.deactivatedAt)) return false;
  const { [key]: before, ...others } = conversation.attributes;
  conversation.attributes = after === null ? others : { ...others, [key]: after };
  const event = attributeEvent({ definition, before, after: after ?? undefined });
  recordInTranscript(tx, accessed, { action: 'conversation.attribute_changed', ...event });
  return true;
}

/**
 * Fills in what is not known of one conversation by what is known of another.
 * @returns the fields filled in, and those in which the two differ.
 */
export async function fillDetails(
  tx: Tx,
  into: AccessedConversation,
  from: Conversation,
): Promise<{ fields: string[]; kept: string[] }> {
  const there = into.conversation;
  const [fields, kept]: [string[], string[]] = [[], []];
  for (const field of fieldsOf(there, from)) {
    const [own, other] = [valueOf(there, field), valueOf(from, field)];
    if (other === null) continue;
    if (own !== null) {
      if (own !== other) kept.push(field);
    } else if (await setField(tx, into, field, other)) fields.push(field);
  }
  return { fields, kept };
}

/** Another one that was merged too, with what it has filled in. */
export interface Filler {
  conversation: Conversation;
  merge: Pick<ConversationMerge, 'fields' | 'labelIds'>;
}

/**
 * Takes from a conversation what was filled in by another, where nobody has changed it since; what others that were
 * merged know of it takes its place.
 */
export async function emptyDetails(
  tx: Tx,
  into: AccessedConversation,
  from: Conversation,
  filled: readonly string[],
  others: readonly Filler[],
): Promise<void> {
  for (const field of filled) {
    const before = valueOf(into.conversation, field);
    if (before === null || before !== valueOf(from, field)) continue;
    const next = others.find(({ conversation }) => valueOf(conversation, field) !== null);
    const after = next ? valueOf(next.conversation, field) : null;
    const isSet = after === before || (await setField(tx, into, field, after));
    // Under a key that was taken out of use the other's takes its place no more.
    if (!isSet && after !== null) await setField(tx, into, field, null);
    else if (next) next.merge.fields = [...next.merge.fields, field];
  }
}

/** Gives a conversation the labels of another one. @returns those that it had not. */
export async function giveLabels(tx: Tx, into: AccessedConversation, from: Conversation): Promise<string[]> {
  const labels = await labelsOf(tx, await tiesOf(tx, [from.id]));
  const { id } = into.conversation;
  const given = (await tie(tx, 'conversation', [id], labels, true)).get(id) ?? [];
  recordLabels(tx, into, given, true, null);
  return given.map((label) => label.id);
}

/** Takes labels that came by a merge; one that came by two stays, as the other's. */
export async function takeLabels(
  tx: Tx,
  into: AccessedConversation,
  labelIds: readonly string[],
  others: readonly Filler[],
): Promise<void> {
  const ties = await tiesOf(
    tx,
    others.map(({ conversation }) => conversation.id),
  );
  const taken = labelIds.filter((labelId) => {
    const held = ties.find((one) => one.labelId === labelId);
    const other = others.find(({ conversation }) => conversation.id === held?.conversationId);
    if (other) other.merge.labelIds = [...other.merge.labelIds, labelId];
    return !other;
  });
  const labels = await labelsOf(
    tx,
    taken.map((labelId) => ({ labelId })),
  );
  const { id } = into.conversation;
  recordLabels(tx, into, (await tie(tx, 'conversation', [id], labels, false)).get(id) ?? [], false, null);
}

const tiesOf = ({ rows, principal }: Tx, ids: readonly string[]) =>
  rows<{ conversationId: string; labelId: string }>(sql`
    select l.conversation_id as "conversationId", l.label_id as "labelId" from conversation_label l
    where l.workspace_id = ${principal.workspaceId} and l.conversation_id = any(${ids}::uuid[])`);

const labelsOf = ({ em, principal }: Tx, ties: readonly { labelId: string }[]): Promise<Label[]> =>
  em.find(
    Label,
    { workspaceId: principal.workspaceId, id: { $in: ties.map(({ labelId }) => labelId) } },
    { orderBy: { name: 'asc', id: 'asc' } },
  );
