import { TranscriptEntry } from '../../entities/message.js';
import type { Call } from '../application.js';
import { readConversation } from '../conversations/read-conversations.js';
import type { TranscriptEntryRow } from '../conversations/read-transcript.js';
import { notFound } from '../errors.js';
import { audienceOf } from '../audience.js';
import { lookups } from '../lookups.js';
import { canReadNotes, covers } from '../policy.js';
import { transcriptViewed } from '../reveal.js';
import { findAction } from '../record/actions.js';
import type { RecordRow } from '../record/read.js';
import { lastOfEach } from './changed.js';
import { openSharedStream } from './open-stream.js';
import type { Delivered } from './stream-definition.js';

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
  'message.edited': 'UPDATED',
  'message.deleted': 'UPDATED',
  'note.created': 'ADDED',
  'note.edited': 'UPDATED',
};

interface Step {
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
  const opened = await readConversation(call, conversationId);
  // Opening and resuming is the reading; what is delivered then is not one more each time.
  await call.app.accessLog.record(call, [transcriptViewed(opened, true)]);
  return openSharedStream<TranscriptChange, Loaded | null>(call, afterEvent, {
    perViewer: false,
    needsContent: true,
    load: async (caller, events, { replaying }) => {
      const steps = events.flatMap((row) => stepOf(row, conversationId));
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
  });
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

/** What an event does to the transcript, if anything: its own line, or the line of a message or note. */
function stepOf(row: RecordRow, conversationId: string): Step[] {
  if (row.conversationId !== conversationId || row.action === null) return [];
  const changeType = ABOUT_ENTRIES[row.action];
  if (changeType) return [{ row, entryId: row.targetId!, changeType }];
  return findAction(row.action)?.inTranscript ? [{ row, entryId: row.eventId!, changeType: 'ADDED' }] : [];
}
