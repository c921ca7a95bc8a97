import { Message } from '../../entities/message.js';
import type { Call } from '../application.js';
import type { MessageRow } from '../conversations/read-transcript.js';
import { customerOf, isOwn } from '../customers/customer.js';
import { findCustomerConversation } from '../customers/read-customer-conversations.js';
import { notFound } from '../errors.js';
import { lookups } from '../lookups.js';
import { lastOfEach } from './changed.js';
import { headCursor, resyncRequired } from './cursor.js';
import { openSharedStream } from './open-stream.js';
import { refuseChanged, rightsOf } from './rights.js';
import type { Delivered, StreamDefinition } from './stream-definition.js';
import { BESIDE_MESSAGES, stepsOf, type Step } from './transcript-changes.js';

/** One frame of `customerTranscriptChanges`. */
export interface CustomerTranscriptChange {
  changeType: 'ADDED' | 'UPDATED' | 'CURSOR';
  messageId: string | null;
  message: MessageRow | null;
  cursor: string;
}

interface Loaded {
  /** Whose it is now, and where; null once it is gone. */
  conversation: { contactId: string; inboxId: string } | null;
  said: Delivered<CustomerTranscriptChange>[];
}

/**
 * What is said in a customer's own conversation. Lines are read from messages alone: what is no message, such as a note,
 * has no row there, so that no mistake of what is shown can show it. Ends with NOT_FOUND when it is theirs no longer.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED, RESYNC_REQUIRED
 */
export async function customerTranscriptChanges(
  call: Call,
  conversationId: string,
  afterEvent: string | null | undefined,
): Promise<AsyncGenerator<CustomerTranscriptChange, void, void>> {
  const admit = async () => {
    await findCustomerConversation(call, conversationId);
  };
  const definition: StreamDefinition<CustomerTranscriptChange, Loaded | null> = {
    perViewer: true,
    needsContent: true,
    load: async (caller, events, { replaying }) => {
      if (events.some((row) => row.conversationId === conversationId && row.action === 'conversation.merged_into'))
        throw resyncRequired(
          'This conversation goes on in another one.',
          await headCursor(caller.app.db, caller.principal.workspaceId),
        );
      const steps = await stepsOf(
        caller,
        conversationId,
        events.filter(({ action }) => action === null || !BESIDE_MESSAGES.has(action)),
      );
      if (steps.length === 0) return null;
      return load(caller, conversationId, replaying ? lastOfEach(steps, (step) => step.entryId) : steps);
    },
    decide: (loaded, { principal }) => {
      if (!loaded) return [];
      if (!loaded.conversation || !isOwn(customerOf(principal), loaded.conversation)) throw notFound('conversation');
      return loaded.said;
    },
    cursorFrame: (cursor) => ({ changeType: 'CURSOR', messageId: null, message: null, cursor }),
  };
  return openSharedStream(call, afterEvent, definition, admit);
}

async function load(caller: Call, conversationId: string, steps: readonly Step[]): Promise<Loaded> {
  const { app, principal } = caller;
  const [conversation] = await lookups.conversations(caller, [conversationId]);
  // Two contacts may have become one, or two again, since it was last asked who this is: they are told to look again.
  if (conversation && !isOwn(customerOf(principal), conversation)) {
    const now = await app.principals.fresh(principal);
    await refuseChanged(app, rightsOf(principal), now);
  }
  const ids = [...new Set(steps.map((step) => step.entryId))];
  const rows = await app.db.byIds(Message, principal.workspaceId, ids);
  const messages = new Map(rows.map((row) => [row.id, row]));
  return {
    conversation: conversation ?? null,
    said: steps.flatMap(({ row, entryId: messageId, changeType }) => {
      const message = messages.get(messageId);
      if (message?.conversationId !== conversationId) return [];
      const frame = (cursor: string): CustomerTranscriptChange => ({ changeType, messageId, message, cursor });
      return [{ sequence: row.sequence, frame }];
    }),
  };
}
