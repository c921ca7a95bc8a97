import { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import { accessLocked, type AccessedConversation } from '../access.js';
import type { Application, Call } from '../application.js';
import { lockUploads, takeUploads, tieFiles, type SentFile, type Upload } from '../attachments/take-uploads.js';
import { commitTogether, type OpenTransaction, type Tx } from '../commit.js';
import { AppError, invalid } from '../errors.js';
import { claimsOf, type ClaimedKey } from '../idempotency.js';
import { sql } from '../sql.js';
import { addMessage, writeMessages, type NewMessage } from './add-message.js';
import { conversationsOfMessages } from './channel-ids.js';
import { countUses, noResponse, responsesInUse, type UsedResponse } from '../canned-responses/use-canned-responses.js';
import { goneAmong } from './gone-assignee.js';
import { keepChanges, type ConversationChanges, type PlainConversation } from './plain-conversation.js';
import type { MessageRow } from './read-transcript.js';
import { changesSince, stateOf } from './transcript-entries.js';

/** An answer that is to be sent. */
export interface Answer {
  /** The id that its message gets. */
  id: string;
  conversationId: string;
  text: string;
  /** Uploads of the caller. */
  fileIds: readonly string[];
  replyToId: string | null;
  cannedResponseId: string | null;
  key: ClaimedKey | null;
  reason: string | null;
}

/** What became of one answer; `later` = its conversation is locked by somebody else, or is not there. */
export type Outcome = { row: MessageRow } | { error: AppError } | { later: true };

interface Asked {
  call: Call;
  answer: Answer;
}

interface Accepted {
  message: NewMessage;
  files: SentFile[];
  conversation: ConversationChanges;
  key: ClaimedKey | null;
}

/**
 * Sends answers to different conversations of one workspace in one transaction. One that is refused leaves the others
 * alone; a key that is known already fails them all, as a unique key does.
 * @param how `wait` = for conversations that are locked; only for an answer by itself, because two who wait for each
 *   other's locks would wait for ever
 * @returns what became of each, in their order, once it is durable.
 */
export async function sendTogether(
  app: Application,
  workspaceId: string,
  asked: readonly Asked[],
  how: { wait: boolean },
): Promise<Outcome[]> {
  let written: Promise<MessageRow[]> = Promise.resolve([]);
  const outcomes = await commitTogether(
    app,
    workspaceId,
    async (open) => {
      const conversations = await lock(app, open, workspaceId, asked, how);
      const gone = await goneFrom(open, workspaceId, conversations);
      const repliedTo = await conversationsOfMessages(
        open,
        workspaceId,
        asked.flatMap(({ answer }) => answer.replyToId ?? []),
      );
      const responses = await responsesInUse(
        open,
        workspaceId,
        asked.flatMap(({ answer }) => answer.cannedResponseId ?? []),
      );
      const uploads = await lockUploads(
        open,
        workspaceId,
        asked.flatMap(({ answer }) => answer.fileIds),
      );
      const decided = asked.map(({ call, answer }) =>
        decide(
          open.as(call),
          answer,
          { row: conversations.get(answer.conversationId), gone, repliedTo, responses, uploads },
          how,
        ),
      );
      const accepted = decided.filter((outcome) => 'message' in outcome);
      if (accepted.length > 0) {
        written = writeMessages(
          open,
          { db: app.db, workspaceId },
          accepted.map(({ message }) => message),
          {
            beside: [
              sql`changed as (${keepChanges(
                workspaceId,
                accepted.map(({ conversation }) => conversation),
              )})`,
              ...tieFiles(
                workspaceId,
                accepted.flatMap(({ files }) => files),
              ),
            ],
            first: [
              ...claimsOf(
                workspaceId,
                accepted.flatMap(({ key }) => key ?? []),
              ),
              ...countUses(
                workspaceId,
                accepted.flatMap(({ message }) => message.canned_response_id ?? []),
              ),
            ],
          },
        );
      }
      return decided;
    },
    { plansOnce: true },
  );
  const rows = new Map((await written).map((row) => [row.id, row]));
  return outcomes.map((outcome) => ('message' in outcome ? { row: rows.get(outcome.message.id)! } : outcome));
}

/** Those of the conversations that can be locked, by id. */
async function lock(
  app: Application,
  { rows }: OpenTransaction,
  workspaceId: string,
  asked: readonly Asked[],
  { wait }: { wait: boolean },
): Promise<ReadonlyMap<string, RowOf<Conversation>>> {
  const locked = await rows<RowOf<Conversation>>(sql`
    select ${app.db.columns(Conversation, 'c')} from conversation c
    where c.workspace_id = ${workspaceId} and c.id = any(${asked.map(({ answer }) => answer.conversationId)}::uuid[])
    for update ${wait ? sql`` : sql`skip locked`}`);
  return new Map(locked.map((row) => [row.id, row]));
}

/** Who of those that resolved conversations are left with is not there any more. */
async function goneFrom(
  open: OpenTransaction,
  workspaceId: string,
  conversations: ReadonlyMap<string, RowOf<Conversation>>,
): Promise<ReadonlySet<string>> {
  const left = [...conversations.values()].filter(({ status }) => status === 'RESOLVED');
  const agents = left.flatMap(({ assigneeId }) => assigneeId ?? []);
  return agents.length === 0 ? new Set() : goneAmong(open, workspaceId, [...new Set(agents)]);
}

/** What was read for all answers together. */
interface Found {
  gone: ReadonlySet<string>;
  /** The conversations of the messages that are answered. */
  repliedTo: ReadonlyMap<string, string>;
  /** The canned responses in use, of those that are sent with. */
  responses: ReadonlyMap<string, UsedResponse>;
  /** The files that wait to be sent; what one answer takes no other has. */
  uploads: Map<string, Upload>;
}

/** A message is answered where it stands; whether there is one elsewhere is not said. */
export const notOfConversation = (path: string): AppError =>
  invalid({ path, message: 'is no message of this conversation' });

function decide(
  tx: Tx,
  answer: Answer,
  { row, ...found }: { row: RowOf<Conversation> | undefined } & Found,
  { wait }: { wait: boolean },
): Accepted | Exclude<Outcome, { row: MessageRow }> {
  if (!row && !wait) return { later: true };
  try {
    return accept(tx, answer, accessLocked(tx, row, 'message.send'), found);
  } catch (error) {
    if (error instanceof AppError) return { error };
    throw error;
  }
}

function accept(
  tx: Tx,
  answer: Answer,
  accessed: AccessedConversation<PlainConversation>,
  { gone, repliedTo, responses, uploads }: Found,
): Accepted {
  const { principal, now } = tx;
  const { conversation } = accessed;
  if (answer.replyToId && repliedTo.get(answer.replyToId) !== conversation.id) throw notOfConversation('replyToId');
  const cannedResponse = answer.cannedResponseId === null ? null : responses.get(answer.cannedResponseId);
  if (cannedResponse === undefined) throw noResponse();
  const { files, content } = takeUploads(
    tx,
    { id: answer.id, conversationId: conversation.id },
    answer.fileIds,
    uploads,
  );
  const before = stateOf(conversation);
  if (principal.kind === 'AGENT') {
    // What comes back does not go to who is not there any more.
    if (conversation.status === 'RESOLVED' && gone.has(conversation.assignee?.id ?? '')) conversation.assignee = null;
    conversation.status = 'IN_PROGRESS';
    conversation.snoozedUntil = null;
    conversation.resolvedAt = null;
    conversation.botActive = false;
  }
  const message = addMessage(tx, accessed, {
    id: answer.id,
    direction: 'OUTBOUND',
    actor: { kind: principal.kind, id: principal.id, label: principal.displayName },
    text: answer.text,
    files: content,
    externalId: null,
    replyToId: answer.replyToId,
    cannedResponse,
    occurredAt: now,
    action: 'message.sent',
    changes: changesSince(before, conversation),
    reason: answer.reason,
    ...(answer.key ? { idempotencyKey: answer.key.key } : {}),
  });
  return { message, files, conversation: conversation.changes(), key: answer.key };
}
