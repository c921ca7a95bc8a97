import { TranscriptEntry } from '../../entities/message.js';
import type { Call } from '../application.js';
import { readConversation } from '../conversations/read-conversations.js';
import type { TranscriptEntryRow } from '../conversations/read-transcript.js';
import { notFound } from '../errors.js';
import { audienceOf } from '../audience.js';
import { sql } from '../database.js';
import { lookups } from '../lookups.js';
import { rowLimit } from '../paging.js';
import { canReadNotes, covers } from '../policy.js';
import { transcriptViewed } from '../reveal.js';
import { findAction } from '../record/actions.js';
import type { RecordRow } from '../record/read.js';
import { changeOf, lastOfEach } from './changed.js';
import { headCursor, resyncRequired } from './cursor.js';
import { openSharedStream } from './open-stream.js';
import type { Delivered, StreamDefinition } from './stream-definition.js';

/** One frame of `transcriptChanges`. */
export interface TranscriptChange {
  changeType: 'ADDED' | 'UPDATED' | 'CURSOR';
  entryId: string | null;
  entry: TranscriptEntryRow | null;
  cursor: string;
}

/** Events that are about a message or a note, and whether they add it or change it. */
const ABOUT_ENTRIES: Readonly<Record<string, 'ADDED' | 'UPDATED'>> = {
  'message.received': 'ADDED',
  'message.sent': 'ADDED',
  'message.imported': 'ADDED',
  'message.edited': 'UPDATED',
  'message.deleted': 'UPDATED',
  'message.dispatched': 'UPDATED',
  'message.delivered': 'UPDATED',
  'message.read': 'UPDATED',
  'message.failed': 'UPDATED',
  'message.translated': 'UPDATED',
  'speech.transcribed': 'UPDATED',
  'note.created': 'ADDED',
  'note.edited': 'UPDATED',
};

/** What is put beside a message, for those who work on it: the message says what it said. */
export const BESIDE_MESSAGES: ReadonlySet<string> = new Set(['speech.transcribed', 'message.translated']);

/** Events that say that a run has taken from lines what was to go. */
const ENDS_REMOVAL: ReadonlySet<string> = new Set(['contact.erased', 'retention.run_completed']);
/** If more lines than this have lost something, a fresh query is cheaper. */
const MAX_EMPTIED = 1_000;

/** What an event does to a line of a transcript. */
export interface Step {
  row: RecordRow;
  entryId: string;
  changeType: 'ADDED' | 'UPDATED';
}

/**
 * The transcript of one conversation, line by line as it is written and changed. Ends with NOT_FOUND when the caller
 * may no longer see the conversation.
 * @throws AppError NOT_FOUND, VALIDATION_FAILED, RESYNC_REQUIRED
 */
export async function transcriptChanges(
  call: Call,
  conversationId: string,
  afterEvent: string | null | undefined,
): Promise<AsyncGenerator<TranscriptChange, void, void>> {
  const admit = async () => {
    const opened = await readConversation(call, conversationId);
    // Opening and resuming is the reading; what is delivered then is not one more each time.
    await call.app.accessLog.record(call, [transcriptViewed(opened, true)]);
  };
  const definition: StreamDefinition<TranscriptChange, Loaded | null> = {
    perViewer: false,
    needsContent: true,
    load: async (caller, events, { replaying }) => {
      const steps = await stepsOf(caller, conversationId, events);
      return steps.length === 0
        ? null
        : load(caller, conversationId, replaying ? lastOfEach(steps, (step) => step.entryId) : steps);
    },
    decide: (loaded, { conversations, principal }) => {
      if (!loaded) return [];
      if (!loaded.audience || !covers(conversations, loaded.audience)) throw notFound('conversation');
      return loaded.lines
        .filter(({ entry }) => entry.kind !== 'NOTE' || canReadNotes(principal))
        .map(({ delivered }) => delivered);
    },
    cursorFrame: (cursor) => ({ changeType: 'CURSOR', entryId: null, entry: null, cursor }),
  };
  return openSharedStream(call, afterEvent, definition, admit);
}

interface Loaded {
  /** Who sees the conversation now; null once it is gone. */
  audience: readonly string[] | null;
  lines: { entry: TranscriptEntryRow; delivered: Delivered<TranscriptChange> }[];
}

async function load(caller: Call, conversationId: string, steps: readonly Step[]): Promise<Loaded> {
  const { app, principal } = caller;
  const [conversation] = await lookups.conversations(caller, [conversationId]);
  const ids = [...new Set(steps.map((step) => step.entryId))];
  const rows = await app.db.byIds(TranscriptEntry, principal.workspaceId, ids);
  const entries = new Map(rows.map((row) => [row.id, row]));
  return {
    audience: conversation ? audienceOf(conversation) : null,
    lines: steps.flatMap(({ row, entryId, changeType }) => {
      const entry = entries.get(entryId);
      if (!entry) return [];
      const frame = (cursor: string): TranscriptChange => ({ changeType, entryId, entry, cursor });
      return [{ entry, delivered: { sequence: row.sequence, frame } }];
    }),
  };
}

/** What these events do to the lines of a conversation, in order. @throws AppError RESYNC_REQUIRED for too many lines. */
export async function stepsOf(caller: Call, conversationId: string, events: readonly RecordRow[]): Promise<Step[]> {
  const ends = events.filter(({ action }) => action !== null && ENDS_REMOVAL.has(action));
  const emptied = await emptiedLines(caller, conversationId, ends);
  return events.flatMap((row) => emptied.get(row) ?? stepOf(row, conversationId));
}

/** The lines of the conversation from which the runs that ended with these events took something. */
async function emptiedLines(
  { app, principal }: Call,
  conversationId: string,
  ends: readonly RecordRow[],
): Promise<Map<RecordRow, Step[]>> {
  if (ends.length === 0) return new Map();
  const runs = new Map(ends.map((row) => [String(changeOf(row).metadata?.['run']), row]));
  const lines = await app.db.rows<{ entryId: string; run: string }>(sql`
    select t.id as "entryId", t.removal_id as "run" from transcript_entry t
    where t.workspace_id = ${principal.workspaceId} and t.conversation_id = ${conversationId}
      and t.removal_id = any(${[...runs.keys()]}::uuid[]) order by t.position limit ${rowLimit(MAX_EMPTIED + 1)}`);
  if (lines.length > MAX_EMPTIED) {
    throw resyncRequired('Too many lines have lost what they said.', await headCursor(app.db, principal.workspaceId));
  }
  const steps = new Map<RecordRow, Step[]>(ends.map((row) => [row, []]));
  for (const { entryId, run } of lines) {
    const row = runs.get(run)!;
    steps.get(row)!.push({ row, entryId, changeType: 'UPDATED' });
  }
  return steps;
}

/** What an event does to the transcript, if anything: its own line, or the line of a message or note. */
function stepOf(row: RecordRow, conversationId: string): Step[] {
  if (row.conversationId !== conversationId || row.action === null) return [];
  const changeType = ABOUT_ENTRIES[row.action];
  if (changeType) return [{ row, entryId: row.targetId!, changeType }];
  return findAction(row.action)?.inTranscript ? [{ row, entryId: row.eventId!, changeType: 'ADDED' }] : [];
}
