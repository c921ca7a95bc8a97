import { Contact } from '../../entities/contact.js';
import type { DeliveryStatus, ReportedStatus } from '../../entities/enums.js';
import { Message } from '../../entities/message.js';
import { accessByChannel, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import { conflict, invalid, notFound } from '../errors.js';
import { claimKey, inboxKeys } from '../idempotency.js';
import { isId } from '../ids.js';
import type { ActionName } from '../record/actions.js';
import { Faults, MAX_EXTERNAL_ID, MAX_REASON } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { messageOfChannel, OUTBOUND_IDS } from './channel-ids.js';
import { isPurged, showDeleted } from './deleted.js';
import { recordOfConversation } from './transcript-entries.js';

export interface UpdateDeliveryInput {
  messageId?: string | null | undefined;
  inboxId?: string | null | undefined;
  externalId?: string | null | undefined;
  status: ReportedStatus;
  at?: Date | null | undefined;
  failureReason?: string | null | undefined;
}

/** What a report has come to. */
export interface ReportedDelivery {
  messageId: string;
  conversationId: string;
  status: DeliveryStatus;
  /** The report told something new. */
  changed: boolean;
}

/** How far clocks of channels may be ahead of ours, in milliseconds. */
const CLOCK_SKEW_MS = 300_000;

const ACTION = {
  SENT: 'message.dispatched',
  DELIVERED: 'message.delivered',
  READ: 'message.read',
  FAILED: 'message.failed',
} as const satisfies Record<ReportedStatus, ActionName>;
const TIME = { SENT: 'sentAt', DELIVERED: 'deliveredAt', READ: 'readAt', FAILED: 'failedAt' } as const;
/** How far a message has come; what has arrived has not failed. */
const RANK: Record<DeliveryStatus, number> = { QUEUED: 0, SENT: 1, FAILED: 2, DELIVERED: 3, READ: 4 };

/**
 * Takes what a channel reports of a message on its way. A message only ever comes further: a report that is late or was
 * made before changes nothing and records nothing. The channel's own id is learnt from the first report that has it. Of a
 * message whose contact was erased only the state goes on: ids and reasons of a channel are made of addresses.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT where message and externalId belong to different messages
 */
export async function updateDelivery(call: Call, input: UpdateDeliveryInput): Promise<ReportedDelivery> {
  validate(input, call.app.now());
  return withTransaction(call, async (tx) => {
    const { accessed, message, isErased } = await accessReported(tx, input);
    const before = deliveryOf(message);
    const { conversation } = accessed;
    const isFurther = RANK[input.status] > RANK[before];
    // A late report may be the first that names the message: without its name later ones would be lost.
    const hasNewName = !isErased && input.externalId != null && message.externalId == null;
    const answer = { messageId: message.id, conversationId: conversation.id };
    if (!isFurther && !hasNewName) return { ...answer, status: before, changed: false };
    if (hasNewName) await learnExternalId(tx, accessed, message, input.externalId!);
    const at = input.at ?? tx.now;
    const failure = isFurther && !isErased && input.status === 'FAILED' ? (input.failureReason ?? null) : null;
    message[TIME[input.status]] ??= at;
    if (isFurther) {
      message.deliveryStatus = input.status;
      message.failureReason = failure;
    }
    recordOfConversation(tx, accessed, {
      action: ACTION[input.status],
      target: { type: 'message', id: message.id, label: conversation.label() },
      labels: { conversation: conversation.label(), ...(failure ? { failure } : {}) },
      changes: isFurther ? [{ field: 'delivery', before, after: input.status }] : [],
      occurredAt: at,
    });
    return { ...answer, status: isFurther ? input.status : before, changed: true };
  });
}

/** Where a message is on its way. What a customer wrote has arrived: it is here. */
export const deliveryOf = ({
  deliveryStatus,
  direction,
}: Pick<Message, 'deliveryStatus' | 'direction'>): DeliveryStatus =>
  deliveryStatus ?? (direction === 'INBOUND' ? 'DELIVERED' : 'QUEUED');

function validate({ messageId, inboxId, externalId, status, at, failureReason }: UpdateDeliveryInput, now: Date): void {
  const faults = new Faults();
  if (!messageId && !(inboxId && externalId)) faults.add('messageId', 'or inboxId with externalId is needed');
  if (externalId === '') faults.add('externalId', 'must not be empty');
  faults.optionalText('externalId', externalId, MAX_EXTERNAL_ID);
  faults.optionalText('failureReason', failureReason, MAX_REASON);
  if (failureReason && status !== 'FAILED') faults.add('failureReason', 'is only for FAILED');
  if (at && at.getTime() > now.getTime() + CLOCK_SKEW_MS) faults.add('at', 'must not be in the future');
  faults.refuse();
}

async function accessReported(
  tx: Tx,
  { messageId, inboxId, externalId }: UpdateDeliveryInput,
): Promise<{ accessed: AccessedConversation; message: Message; isErased: boolean }> {
  const { workspaceId } = tx.principal;
  const id = messageId || (isId(inboxId!) ? await messageOfChannel(tx, inboxId!, externalId!) : null);
  const found = id !== null && isId(id) ? await tx.em.findOne(Message, { workspaceId, id }) : null;
  if (!found) throw notFound('message');
  // What became of an answer is known also when its conversation is restored: a channel says it once.
  await showDeleted(tx);
  const accessed = withoutAudience(await accessByChannel(tx, found.conversation.id, 'message.report'));
  // Read again under the conversation's lock: whoever reports at the same time has done so before, or comes after.
  const message = await tx.em.findOneOrFail(Message, { workspaceId, id: found.id }, { refresh: true });
  if (message.direction === 'INBOUND')
    throw invalid({ path: 'messageId', message: 'is what the customer wrote, which is not delivered to them' });
  if (inboxId && accessed.conversation.inbox.id !== inboxId)
    throw invalid({ path: 'inboxId', message: 'is not the inbox of the message' });
  if (externalId && message.externalId != null && message.externalId !== externalId)
    throw conflict('The channel has named this message otherwise before.', { messageId: message.id });
  // Whoever erases changes the conversation too: under its lock they are done with the contact, or wait for this.
  const key = { workspaceId, id: accessed.conversation.contact.id };
  const { erasedAt } = await tx.em.findOneOrFail(Contact, key, { refresh: true });
  return { accessed, message, isErased: erasedAt != null || (await isPurged(tx, accessed.conversation)) };
}

/** Of what is deleted nobody is told. */
const withoutAudience = (accessed: AccessedConversation): AccessedConversation =>
  accessed.conversation.deletedAt ? { ...accessed, audience: [] } : accessed;

/** Keeps the channel's id, by which it and its customers name the message from now on. */
async function learnExternalId(
  tx: Tx,
  { conversation }: AccessedConversation,
  message: Message,
  externalId: string,
): Promise<void> {
  const inboxId = conversation.inbox.id;
  const known = await messageOfChannel(tx, inboxId, externalId);
  const owner = inboxKeys(inboxId);
  const taken = known ?? (await claimKey(tx, { owner, mutation: OUTBOUND_IDS, key: externalId, resultId: message.id }));
  if (taken !== null && taken !== message.id)
    throw conflict('Another message of this inbox has this externalId.', { messageId: message.id });
  message.externalId = externalId;
}
