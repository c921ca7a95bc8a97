import { LockMode } from '@mikro-orm/core';
import type { Contact } from '../../entities/contact.js';
import { Conversation } from '../../entities/conversation.js';
import { Inbox } from '../../entities/inbox.js';
import { Message } from '../../entities/message.js';
import type { AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import { addressIn, possibleAddresses } from '../contacts/addresses.js';
import { lockContacts } from '../contacts/contact-locks.js';
import { mergesOf, noteWithMerges, standingMerges, upwards, type FoundBy } from '../contacts/merged.js';
import { asActor } from '../contacts/new-contact.js';
import { audienceOf, sighted } from '../audience.js';
import { sql } from '../database.js';
import { conflict, forbidden, invalid, notFound } from '../errors.js';
import { claimKey, inboxKeys } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { canIngest } from '../policy.js';
import { Faults, MAX_EXTERNAL_ID, MAX_REMARK } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { messageFaults } from './add-message.js';
import { addReceived, type ReceivedMessage, type ReceiveMessageInput } from './add-received.js';
import { bringBack } from './bring-back.js';
import { lockGoingOn } from './merged-conversations.js';
import { receiveAtOnce } from './receive-at-once.js';
import { receivedContact } from './received-contact.js';
import { showDeleted } from './deleted.js';
import { changesSince, NOT_THERE, recordInTranscript } from './transcript-entries.js';

/**
 * Takes what a customer wrote from a channel: finds the conversation by its external id, else the contact's latest in
 * the inbox (a resolved one is reopened), else opens one. The same external id is taken once per inbox, for good. What a
 * blocked contact writes is kept like all else, but waits for nobody: it brings nothing back, and what it opens is resolved.
 * @throws AppError FORBIDDEN, NOT_FOUND (inbox), VALIDATION_FAILED; CONFLICT for an inbox that was deactivated
 */
export async function receiveMessage(call: Call, asked: ReceiveMessageInput): Promise<ReceivedMessage> {
  const input = { ...asked, ...said(asked, ['conversationExternalId']), contact: said(asked.contact, CONTACT_FIELDS) };
  validate(input);
  const atOnce = await receiveAtOnce(call, input);
  if (typeof atOnce === 'object') return atOnce;
  // Numbers come from a statement of their own, before the transaction: nobody waits for somebody else's commit.
  const opens = atOnce === 'nowhere' && (await opensConversation(call, input));
  const number = opens ? await nextNumber(call) : null;
  return withTransaction(call, async (tx) => {
    const { em, principal } = tx;
    const inbox = await em.findOne(
      Inbox,
      { workspaceId: principal.workspaceId, id: input.inboxId },
      { populate: ['bot'] },
    );
    if (!inbox) throw notFound('inbox');
    if (!canIngest(principal)) {
      throw forbidden('Delivering messages needs an API key with the scope CHANNEL_INGEST.').recordedAs({
        attempted: 'message.receive',
        target: { type: 'inbox', id: inbox.id, label: inbox.name },
        inboxId: inbox.id,
      });
    }
    const address = input.contact.address && addressIn(inbox.channel, input.contact.address);
    // Before the key and before any row, as whoever takes a message at once does, and an import.
    await lockContacts(tx, principal.workspaceId, [
      { externalId: input.contact.externalId, channel: inbox.channel, address },
    ]);
    const messageId = newId();
    const known = await claimKey(tx, {
      owner: inboxKeys(inbox.id),
      mutation: 'receiveMessage',
      key: input.externalId,
      resultId: messageId,
    });
    if (known) {
      const { workspaceId } = principal;
      // Also where its conversation was deleted since: it was taken.
      await showDeleted(tx);
      const { conversation } = await em.findOneOrFail(
        Message,
        { workspaceId, id: known },
        { populate: ['conversation.contact'] },
      );
      const contactBlocked = Boolean(conversation.contact.blockedAt);
      return { messageId: known, conversationId: conversation.id, duplicate: true, contactBlocked };
    }

    if (inbox.deactivatedAt) {
      const deactivatedAt = inbox.deactivatedAt.toISOString();
      throw conflict('This inbox takes nothing any more.', { inboxId: inbox.id, deactivatedAt });
    }
    const { contact, foundBy } = await receivedContact(tx, inbox, { ...input.contact, address });
    const accessed =
      (await findConversation(tx, inbox, contact, input)) ??
      (await openConversation(tx, inbox, contact, input, number, foundBy));
    const blocked = Boolean(contact.blockedAt);
    const changes = await bringBack(tx, accessed, contact);
    return addReceived(tx, input, { messageId, accessed, actor: asActor(contact), blocked, changes }, async () => {
      // The conversation may be new, and must be there before what belongs to it.
      await em.flush();
      return {};
    });
  });
}

function validate(input: ReceiveMessageInput): void {
  const faults = new Faults();
  messageFaults(faults, input);
  faults.text('externalId', input.externalId, MAX_EXTERNAL_ID);
  if (!input.contact.externalId && !input.contact.address) faults.add('contact', 'needs an externalId or an address');
  for (const field of ['externalId', 'address', 'email', 'phone'] as const) {
    faults.optionalText(`contact.${field}`, input.contact[field], MAX_EXTERNAL_ID);
  }
  faults.optionalText('contact.name', input.contact.name, MAX_REMARK);
  faults.optionalText('replyToExternalId', input.replyToExternalId, MAX_EXTERNAL_ID);
  faults.optionalText('conversationExternalId', input.conversationExternalId, MAX_EXTERNAL_ID);
  faults.refuse();
  if (!isId(input.inboxId)) throw notFound('inbox');
}

const CONTACT_FIELDS = ['externalId', 'address', 'name', 'email', 'phone'] as const;

/** What a channel says; what is blank is not said: an id of nothing would be everybody's. */
const said = <K extends string>(of: Partial<Record<K, string | null | undefined>>, fields: readonly K[]) =>
  Object.fromEntries(fields.map((field) => [field, of[field]?.trim() ? of[field] : null])) as Record<K, string | null>;

/** A guess, made without locks; when it is wrong the number is taken inside the transaction, which only is slower. */
async function opensConversation({ app, principal }: Call, input: ReceiveMessageInput): Promise<boolean> {
  // Who is about to be refused takes no number.
  if (!canIngest(principal)) return false;
  const { workspaceId } = principal;
  const found = input.conversationExternalId
    ? sql`select 1 from conversation where workspace_id = ${workspaceId} and external_id = ${input.conversationExternalId}`
    : sql`
        select 1 from conversation c
        where c.workspace_id = ${workspaceId} and c.inbox_id = ${input.inboxId} and c.contact_id in (
          (${upwards(sql`${workspaceId}`, sql`c.external_id = ${input.contact.externalId ?? null}`)} select id from up)
          union all
          select contact_id from contact_identity where workspace_id = ${workspaceId}
            and channel = i.channel and address = any(${possibleAddresses(input.contact.address)}::text[]))`;
  const rows = await app.db.rows(sql`
    select 1 as wanted from inbox i where i.workspace_id = ${workspaceId} and i.id = ${input.inboxId} and not exists (${found})`);
  return rows.length > 0;
}

/** A number for a conversation that is about to be opened; where it is not, the number is left out. */
export async function nextNumber({ app, principal }: Call): Promise<number> {
  const [row] = await app.db.asApplication<{ number: number }>(
    sql`select next_conversation_number(${principal.workspaceId}) as number`,
  );
  return row!.number;
}

async function findConversation(
  tx: Tx,
  inbox: Inbox,
  contact: Contact,
  { conversationExternalId }: ReceiveMessageInput,
): Promise<AccessedConversation | null> {
  const { em, principal } = tx;
  const { workspaceId } = principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  let conversation: Conversation | null;
  if (conversationExternalId) {
    conversation = await lockGoingOn(tx, { externalId: conversationExternalId });
    if (conversation && (conversation.inbox.id !== inbox.id || conversation.contact.id !== contact.id)) {
      throw invalid({ path: 'conversationExternalId', message: 'belongs to another inbox or another contact' });
    }
  } else {
    conversation = await em.findOne(
      Conversation,
      { inbox: [workspaceId, inbox.id], contact: [workspaceId, contact.id], mergedIntoId: null },
      { ...lock, orderBy: { lastActivityAt: 'desc' } },
    );
  }
  return conversation && { conversation, audience: audienceOf(sighted(conversation)) };
}

/** Opens a conversation of a contact in an inbox, which has its bot; the contact did it. */
export async function openConversation(
  tx: Tx,
  inbox: Inbox,
  contact: Contact,
  input: Pick<ReceiveMessageInput, 'conversationExternalId'>,
  number: number | null,
  foundBy: FoundBy,
): Promise<AccessedConversation> {
  const { em, principal, now } = tx;
  const blocked = Boolean(contact.blockedAt);
  const bot = inbox.bot?.enabled && !blocked ? inbox.bot : null;
  const conversation = em.create(Conversation, {
    workspaceId: principal.workspaceId,
    id: newId(),
    number: number ?? (await numberInside(tx)),
    subject: null,
    status: blocked ? 'RESOLVED' : 'OPEN',
    priority: 'NONE',
    pinned: false,
    spam: false,
    channel: inbox.channel,
    inbox,
    contact,
    assignee: null,
    team: inbox.defaultTeam ?? null,
    bot,
    botActive: bot !== null,
    externalId: input.conversationExternalId ?? null,
    openHandoverId: null,
    offeredAgent: null,
    offeredTeam: null,
    lastPosition: 0,
    lastMessageId: null,
    inboundCount: 0,
    handoverCount: 0,
    waitingSince: null,
    firstResponseAt: null,
    snoozedUntil: null,
    createdAt: now,
    updatedAt: now,
    lastActivityAt: now,
    resolvedAt: blocked ? now : null,
    attributes: {},
    mergedIntoId: null,
  });
  em.persist(conversation);
  const { workspaceId } = principal;
  const mergeIds = mergesOf(await standingMerges(tx, workspaceId, [contact.id]), foundBy);
  await noteWithMerges(tx, [{ mergeIds, conversationId: conversation.id }]);
  // Nobody could see it before: whoever sees it now is told of something new.
  const accessed = { conversation, audience: [] };
  recordInTranscript(tx, accessed, {
    action: 'conversation.created',
    actor: asActor(contact),
    metadata: { channel: inbox.channel },
    changes: changesSince(NOT_THERE, conversation),
  });
  return accessed;
}

async function numberInside({ em, principal }: Tx): Promise<number> {
  const [row] = await em.execute<{ number: number }[]>('select next_conversation_number(?) as number', [
    principal.workspaceId,
  ]);
  return row!.number;
}
