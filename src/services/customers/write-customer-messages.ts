import { LockMode } from '@mikro-orm/core';
import { Contact } from '../../entities/contact.js';
import { Conversation } from '../../entities/conversation.js';
import { Inbox } from '../../entities/inbox.js';
import { Message } from '../../entities/message.js';
import type { Call } from '../application.js';
import { audienceOf, sighted } from '../audience.js';
import { upwards } from '../contacts/merged.js';
import { asActor } from '../contacts/new-contact.js';
import { addMessage, writeMessages, type Beside } from '../conversations/add-message.js';
import type { ToAdd } from '../conversations/add-received.js';
import { bringBack } from '../conversations/bring-back.js';
import { lockGoingOn } from '../conversations/merged-conversations.js';
import { keepChanges, type ConversationState } from '../conversations/plain-conversation.js';
import { nextNumber, openConversation } from '../conversations/receive-message.js';
import { conflict, notFound, unauthenticated } from '../errors.js';
import { claimOwnKey, isKnownKey } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { sql } from '../sql.js';
import { Faults, MAX_TEXT } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { chatAtOnce } from './chat-at-once.js';
import { customerOf, refuseForeign, type Customer } from './customer.js';
import { goOn, type Chat } from './go-on.js';

export interface StartConversationInput {
  text: string;
  idempotencyKey: string;
}

export interface SendCustomerMessageInput extends StartConversationInput {
  conversationId: string;
}

/** What a customer has written. */
export interface Written {
  conversationId: string;
  messageId: string;
}

/**
 * Begins a conversation of a customer in their web chat.
 * @returns it with its message; for a repeated idempotencyKey those of the first time.
 * @throws AppError FORBIDDEN for every other caller; VALIDATION_FAILED, CONFLICT, RATE_LIMITED
 */
export async function startConversation(call: Call, input: StartConversationInput): Promise<Written> {
  const customer = customerOf(call.principal);
  validate(input);
  const isRepeated = await isKnownKey(call, 'startConversation', input.idempotencyKey);
  if (!isRepeated) await call.app.customerLimits.admitConversation(call.principal);
  // Of a statement of its own, before the transaction: nobody waits for somebody else's commit.
  const number = isRepeated ? null : await nextNumber(call);
  return withTransaction(call, async (tx) => {
    const messageId = newId();
    const known = await claimOwnKey(tx, 'startConversation', input, messageId);
    if (known) return written(tx, known);
    const { inbox, contact, foundBy } = await accessChat(tx, customer);
    const accessed = await openConversation(tx, inbox, contact, {}, number, foundBy);
    return write(tx, input, { messageId, accessed, ...saidBy(contact), changes: [] }, stored);
  });
}

/**
 * Says something more in a customer's own conversation; one that was resolved is taken up again.
 * @returns the message; for a repeated idempotencyKey the first one.
 * @throws AppError FORBIDDEN for every other caller; NOT_FOUND, VALIDATION_FAILED, CONFLICT, RATE_LIMITED
 */
export async function sendCustomerMessage(call: Call, input: SendCustomerMessageInput): Promise<Written> {
  const customer = customerOf(call.principal);
  validate(input);
  if (!isId(input.conversationId)) throw notFound('conversation');
  if (!(await isKnownKey(call, 'sendCustomerMessage', input.idempotencyKey)))
    await call.app.customerLimits.admitMessage(call.principal);
  return withTransaction(call, async (tx) => {
    const messageId = newId();
    const [known, usual] = await Promise.all([
      claimOwnKey(tx, 'sendCustomerMessage', input, messageId),
      chatAtOnce(tx, customer, input.conversationId),
    ]);
    if (known) return written(tx, known);
    if (usual) {
      return write(tx, input, { messageId, ...usual }, (conversation) => ({
        beside: [sql`changed as (${keepChanges(tx.principal.workspaceId, [conversation.changes()])})`],
      }));
    }
    const chat = await accessChat(tx, customer);
    const { contact } = chat;
    const conversation = await lockGoingOn(tx, { id: input.conversationId });
    if (!conversation) {
      const next = await goOn(tx, chat, input.conversationId);
      const changes = next.isNew ? [] : await bringBack(tx, next.accessed, contact);
      return write(tx, input, { messageId, accessed: next.accessed, ...saidBy(contact), changes }, stored);
    }
    const { id, number } = conversation;
    const at = {
      contactId: conversation.contact.id,
      inboxId: conversation.inbox.id,
      teamId: conversation.team?.id ?? null,
    };
    refuseForeign({ ...customer, contactId: contact.id }, { id, number, ...at }, 'message.send');
    const accessed = { conversation, audience: audienceOf(sighted(conversation)) };
    const changes = await bringBack(tx, accessed, contact);
    return write(tx, input, { messageId, accessed, ...saidBy(contact), changes }, stored);
  });
}

function validate({ text }: StartConversationInput): void {
  const faults = new Faults();
  faults.text('text', text, MAX_TEXT);
  faults.refuse();
}

/** How often it is looked again who a customer is: each time somebody has just merged them, or taken them apart. */
const MOST_LOOKS = 5;

/**
 * The chat that a customer is in, once more under a lock: what ends their token, or makes somebody else of them, waits
 * for this to be done, or this finds it done.
 * @throws AppError UNAUTHENTICATED
 */
async function accessChat(tx: Tx, { tokenContactId, inboxId }: Customer): Promise<Chat> {
  const { em } = tx;
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_READ, refresh: true } as const;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const id = (await pathOf(tx, tokenContactId)).at(-1)!;
    const contact = await em.findOne(Contact, { workspaceId, id, erasedAt: null }, lock);
    // Under the lock of who goes on nobody is merged into them, or taken out of them.
    const path = await pathOf(tx, tokenContactId);
    if (contact && path.at(-1) !== id) continue;
    const inbox = await em.findOne(Inbox, { workspaceId, id: inboxId, deactivatedAt: null }, lock);
    if (!contact || !inbox) break;
    await em.populate(inbox, ['bot']);
    return { inbox, contact, foundBy: { contactIds: path, identityId: null } };
  }
  throw unauthenticated('This token is worth nothing any more. Ask for a new one.');
}

/** The contact that a token names, who goes on for them, and so on; the last is who they are now. */
async function pathOf({ rows, principal }: Tx, tokenContactId: string): Promise<string[]> {
  const found = await rows<{ id: string; intoId: string | null }>(sql`
    ${upwards(sql`${principal.workspaceId}`, sql`c.id = ${tokenContactId}`)} select up.id, up.into_id as "intoId" from up`);
  const into = new Map(found.map(({ id, intoId }) => [id, intoId]));
  const path = [tokenContactId];
  for (let next = into.get(tokenContactId); next; next = into.get(next)) path.push(next);
  return path;
}

const saidBy = (contact: Contact) => ({ actor: asActor(contact), blocked: Boolean(contact.blockedAt) });

/** Stores a conversation that may be new, and must be there before what belongs to it. */
async function stored(_: Conversation, { em }: Tx): Promise<Beside> {
  await em.flush();
  return {};
}

/** @param keep stores the conversation: before the message, or beside it by what it returns */
async function write<C extends ConversationState>(
  tx: Tx,
  { text, idempotencyKey }: StartConversationInput,
  { messageId, accessed, actor, blocked, changes }: ToAdd<C>,
  keep: (conversation: C, tx: Tx) => Promise<Beside> | Beside,
): Promise<Written> {
  const message = addMessage(tx, accessed, {
    id: messageId,
    direction: 'INBOUND',
    actor,
    text,
    files: [],
    externalId: null,
    replyToId: null,
    occurredAt: tx.now,
    action: 'message.received',
    blocked,
    changes,
    idempotencyKey,
  });
  const beside = await keep(accessed.conversation, tx);
  void writeMessages(tx, { db: tx.call.app.db, workspaceId: tx.principal.workspaceId }, [message], beside);
  return { conversationId: accessed.conversation.id, messageId };
}

async function written({ em, principal }: Tx, messageId: string): Promise<Written> {
  const { workspaceId } = principal;
  const message = await em.findOneOrFail(Message, { workspaceId, id: messageId });
  const conversationId = message.conversation.id;
  // Sent again under another key it would be there twice, should the conversation be restored.
  if ((await em.count(Conversation, { workspaceId, id: conversationId })) === 0)
    throw conflict('This message was taken. Its conversation is not there any more.', { conversationId, messageId });
  return { conversationId, messageId };
}
