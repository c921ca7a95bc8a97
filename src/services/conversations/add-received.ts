import type { AccessedConversation } from '../access.js';
import { lockUploads, takeUploads, tieFiles } from '../attachments/take-uploads.js';
import type { FieldChange, Party } from '../record/event.js';
import type { Tx } from '../transaction.js';
import { addMessage, writeMessages, type Beside } from './add-message.js';
import { conversationsOfMessages, messageOfChannel } from './channel-ids.js';
import type { ConversationState } from './plain-conversation.js';
import type { ReceivedContact } from './received-contact.js';

export interface ReceiveMessageInput {
  inboxId: string;
  externalId: string;
  contact: ReceivedContact;
  conversationExternalId?: string | null | undefined;
  /** The channel's own id of the message that it answers. */
  replyToExternalId?: string | null | undefined;
  /** Needed without files. */
  text?: string | null | undefined;
  /** Uploads of the same key. */
  attachmentIds?: readonly string[] | null | undefined;
  occurredAt?: Date | null | undefined;
}

export interface ReceivedMessage {
  messageId: string;
  conversationId: string;
  /** The channel had delivered it before; nothing was written. */
  duplicate: boolean;
  /** Its contact is blocked. */
  contactBlocked: boolean;
}

/** A received message, with where it goes. */
export interface ToAdd<C extends ConversationState> {
  messageId: string;
  accessed: AccessedConversation<C>;
  /** Its contact. */
  actor: Party;
  /** The contact is blocked. */
  blocked: boolean;
  /** What else of the conversation it changes. */
  changes: FieldChange[];
}

/**
 * Adds a received message, with its files, to a conversation whose lock is held, and writes it last.
 * @param keep stores what else is to be stored: before the message, or beside it by what it returns
 * @throws AppError VALIDATION_FAILED for files that are not the caller's to send here
 */
export async function addReceived<C extends ConversationState>(
  tx: Tx,
  input: ReceiveMessageInput,
  { messageId, accessed, actor, blocked, changes }: ToAdd<C>,
  keep: (conversation: C) => Promise<Beside> | Beside,
): Promise<ReceivedMessage> {
  const { workspaceId } = tx.principal;
  const conversationId = accessed.conversation.id;
  const fileIds = input.attachmentIds ?? [];
  const uploads = await lockUploads(tx, workspaceId, fileIds);
  const { files, content } = takeUploads(tx, { id: messageId, conversationId }, fileIds, uploads);
  const message = addMessage(tx, accessed, {
    id: messageId,
    direction: 'INBOUND',
    actor,
    text: input.text ?? '',
    files: content,
    externalId: input.externalId,
    replyToId: await repliedTo(tx, accessed, input.replyToExternalId),
    occurredAt: input.occurredAt ?? tx.now,
    action: 'message.received',
    blocked,
    changes,
  });
  const { beside = [], first = [] } = await keep(accessed.conversation);
  void writeMessages(tx, { db: tx.call.app.db, workspaceId }, [message], {
    beside: [...beside, ...tieFiles(workspaceId, files)],
    first,
  });
  return { messageId, conversationId, duplicate: false, contactBlocked: blocked };
}

/**
 * The message that the customer answers, where it is one of this conversation. They may answer what is older than the
 * inbox, or stands elsewhere: that must not keep what they wrote from being taken.
 */
async function repliedTo(
  tx: Tx,
  { conversation }: AccessedConversation<ConversationState>,
  externalId: string | null | undefined,
): Promise<string | null> {
  const id = externalId ? await messageOfChannel(tx, conversation.inbox.id, externalId) : null;
  if (id === null) return null;
  const found = await conversationsOfMessages(tx, tx.principal.workspaceId, [id]);
  return found.get(id) === conversation.id ? id : null;
}
