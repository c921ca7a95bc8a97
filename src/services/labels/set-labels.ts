import { LockMode } from '@mikro-orm/core';
import { Label } from '../../entities/label.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import type { Tx } from '../commit.js';
import { accessContact } from '../contacts/access-contact.js';
import { refuseMerged } from '../contacts/merged.js';
import { recordLabel } from '../contacts/record-label.js';
import { invalid } from '../errors.js';
import { isId } from '../ids.js';
import { sql } from '../sql.js';
import { Faults, MAX_REASON } from '../text.js';
import { withTransaction } from '../transaction.js';
import { recordInTranscript } from '../conversations/transcript-entries.js';

export interface LabelsInput {
  /** Exactly one of conversationId and contactId. */
  conversationId?: string | null | undefined;
  contactId?: string | null | undefined;
  labelIds: readonly string[];
  reason?: string | null | undefined;
}

/** What was labelled. */
export interface Labelled {
  conversationId: string | null;
  contactId: string | null;
}

/** Most labels that one request adds or removes. */
const MAX_AT_ONCE = 25;

/**
 * Puts labels on a conversation or a contact, or takes them away, one event each. What is so already is left out.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for a contact who was merged.
 */
export async function setLabels(call: Call, input: LabelsInput, present: boolean): Promise<Labelled> {
  validate(input);
  return withTransaction(call, async (tx) =>
    input.conversationId ? onConversation(tx, input, present) : onContact(tx, input, present),
  );
}

function validate({ conversationId, contactId, labelIds, reason }: LabelsInput): void {
  const faults = new Faults();
  if (Boolean(conversationId) === Boolean(contactId))
    faults.add('conversationId', 'give exactly one of conversationId and contactId');
  if (labelIds.length === 0 || labelIds.length > MAX_AT_ONCE) faults.add('labelIds', `must be 1 to ${MAX_AT_ONCE}`);
  faults.optionalText('reason', reason, MAX_REASON);
  faults.refuse();
}

async function onConversation(tx: Tx, input: LabelsInput, present: boolean): Promise<Labelled> {
  const accessed = await accessConversation(tx, input.conversationId!, 'conversation.update');
  const { id } = accessed.conversation;
  const labels = await findLabels(tx, input.labelIds, present);
  const changed = (await tie(tx, 'conversation', [id], labels, present)).get(id) ?? [];
  recordLabels(tx, accessed, changed, present, input.reason ?? null);
  return { conversationId: id, contactId: null };
}

/** Records which labels a conversation got or lost, one event each. */
export function recordLabels(
  tx: Tx,
  accessed: AccessedConversation,
  labels: readonly Label[],
  present: boolean,
  reason: string | null,
): void {
  for (const label of labels) {
    recordInTranscript(tx, accessed, {
      action: present ? 'conversation.label_added' : 'conversation.label_removed',
      labels: { label: label.name },
      metadata: { labelId: label.id },
      reason,
    });
  }
}

async function onContact(tx: Tx, input: LabelsInput, present: boolean): Promise<Labelled> {
  const contact = await accessContact(tx, input.contactId!, 'contact.update');
  refuseMerged(contact);
  const labels = await findLabels(tx, input.labelIds, present);
  for (const label of (await tie(tx, 'contact', [contact.id], labels, present)).get(contact.id) ?? [])
    recordLabel(tx, contact, label, { present, reason: input.reason });
  return { conversationId: null, contactId: contact.id };
}

/**
 * The labels with these ids, each once and in their order; those that are to be added stay in use until this is done.
 * @throws AppError VALIDATION_FAILED for one that is not there, or is not to be added any more.
 */
export async function findLabels(
  { em, principal }: Tx,
  labelIds: readonly string[],
  present: boolean,
  path = 'labelIds',
): Promise<Label[]> {
  const { workspaceId } = principal;
  const wanted = [...new Set(labelIds)];
  const lock = { lockMode: present ? LockMode.PESSIMISTIC_READ : LockMode.NONE } as const;
  const found = await em.find(Label, { workspaceId, id: { $in: wanted.filter(isId) } }, lock);
  const byId = new Map(found.map((label) => [label.id, label]));
  const missing = wanted.findIndex((labelId) => !byId.has(labelId));
  if (missing >= 0) throw invalid({ path: `${path}.${missing}`, message: 'there is no such label' });
  const ended = wanted.findIndex((labelId) => byId.get(labelId)!.deactivatedAt);
  if (present && ended >= 0) throw invalid({ path: `${path}.${ended}`, message: 'this label was deactivated' });
  return wanted.map((labelId) => byId.get(labelId)!);
}

/**
 * Adds or removes the ties of what is locked to labels.
 * @returns the labels whose tie was not so already, of each, in the order they were given.
 */
export async function tie(
  { rows, principal }: Tx,
  noun: 'conversation' | 'contact',
  ids: readonly string[],
  labels: readonly Label[],
  present: boolean,
): Promise<ReadonlyMap<string, Label[]>> {
  if (ids.length === 0 || labels.length === 0) return new Map();
  const { workspaceId } = principal;
  const labelIds = labels.map(({ id }) => id);
  const [table, column] = [sql.raw(`${noun}_label`), sql.raw(`${noun}_id`)];
  const done = await rows<{ id: string; labelId: string }>(
    present
      ? sql`insert into ${table} (workspace_id, ${column}, label_id)
          select ${workspaceId}::uuid, k.id, l.id from unnest(${ids}::uuid[]) as k(id), unnest(${labelIds}::uuid[]) as l(id)
          on conflict do nothing returning ${column} as id, label_id as "labelId"`
      : sql`delete from ${table} where workspace_id = ${workspaceId} and ${column} = any(${ids}::uuid[])
          and label_id = any(${labelIds}::uuid[]) returning ${column} as id, label_id as "labelId"`,
  );
  const changed = Map.groupBy(done, ({ id }) => id);
  return new Map(
    [...changed].map(([id, ties]) => [id, labels.filter((label) => ties.some(({ labelId }) => labelId === label.id))]),
  );
}
