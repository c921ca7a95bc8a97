import { LockMode } from '@mikro-orm/core';
import { Label } from '../../entities/label.js';
import { accessConversation } from '../access.js';
import type { Call } from '../application.js';
import type { Tx } from '../commit.js';
import { accessContact } from '../contacts/access-contact.js';
import { refuseMerged } from '../contacts/merged.js';
import { recordLabel } from '../contacts/record-label.js';
import { invalid } from '../errors.js';
import { isId } from '../ids.js';
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
  const { conversation } = accessed;
  for (const label of await changed(tx, 'conversation', conversation.id, input.labelIds, present)) {
    recordInTranscript(tx, accessed, {
      action: present ? 'conversation.label_added' : 'conversation.label_removed',
      labels: { label: label.name },
      metadata: { labelId: label.id },
      reason: input.reason ?? null,
    });
  }
  return { conversationId: conversation.id, contactId: null };
}

async function onContact(tx: Tx, input: LabelsInput, present: boolean): Promise<Labelled> {
  const contact = await accessContact(tx, input.contactId!, 'contact.update');
  refuseMerged(contact);
  for (const label of await changed(tx, 'contact', contact.id, input.labelIds, present))
    recordLabel(tx, contact, label, { present, reason: input.reason });
  return { conversationId: null, contactId: contact.id };
}

/** Adds or removes the ties; the labels whose tie was not so already, in the order they were given. */
async function changed(
  { em, principal }: Tx,
  noun: 'conversation' | 'contact',
  id: string,
  labelIds: readonly string[],
  present: boolean,
): Promise<Label[]> {
  const { workspaceId } = principal;
  const wanted = [...new Set(labelIds)];
  // None is deactivated before this is done.
  const lock = { lockMode: present ? LockMode.PESSIMISTIC_READ : LockMode.NONE } as const;
  const found = await em.find(Label, { workspaceId, id: { $in: wanted.filter(isId) } }, lock);
  const byId = new Map(found.map((label) => [label.id, label]));
  const missing = wanted.findIndex((labelId) => !byId.has(labelId));
  if (missing >= 0) throw invalid({ path: `labelIds.${missing}`, message: 'there is no such label' });
  const ended = wanted.findIndex((labelId) => byId.get(labelId)!.deactivatedAt);
  if (present && ended >= 0) throw invalid({ path: `labelIds.${ended}`, message: 'this label was deactivated' });
  const result: Label[] = [];
  for (const labelId of wanted) {
    const rows = await em.execute<unknown[]>(
      present
        ? `insert into ${noun}_label (workspace_id, ${noun}_id, label_id) values (?, ?, ?) on conflict do nothing returning 1 as done`
        : `delete from ${noun}_label where workspace_id = ? and ${noun}_id = ? and label_id = ? returning 1 as done`,
      [workspaceId, id, labelId],
    );
    if (rows.length > 0) result.push(byId.get(labelId)!);
  }
  return result;
}
