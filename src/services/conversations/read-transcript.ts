import type { TranscriptEntryKind } from '../../entities/enums.js';
import { Message, TranscriptEntry } from '../../entities/message.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { connection, encodePageCursor, pageOf, type Connection, type Page, type PageRequest } from '../paging.js';
import { readEvents } from '../record/read.js';
import { readEvent } from '../record/history.js';
import { sentence } from '../record/sentences.js';

export type TranscriptEntryRow = RowOf<TranscriptEntry>;
export type MessageRow = RowOf<Message>;

/** The story of a conversation that the caller has been let see, in its own order; the newest page unless asked. */
export async function readTranscript(
  { app, principal }: Call,
  conversationId: string,
  kinds: readonly TranscriptEntryKind[] | null | undefined,
  request: PageRequest,
): Promise<Connection<TranscriptEntryRow>> {
  const page = pageOf('POSITION', request, 'last');
  const { condition, order } = byPosition(page);
  const kind = kinds ? sql`c.kind = any(${kinds}::text[])` : sql`true`;
  const rows = await app.db.rows<TranscriptEntryRow>(sql`
    select ${app.db.columns(TranscriptEntry, 'c')} from transcript_entry c
    where c.workspace_id = ${principal.workspaceId} and c.conversation_id = ${conversationId} and ${kind} and ${condition}
    order by ${order} limit ${page.size + 1}`);
  return connection(page, rows, (row) => encodePageCursor('POSITION', [String(row.position)]));
}

/** What was said in a conversation that the caller has been let see; the newest page unless asked. */
export async function readMessages(
  { app, principal }: Call,
  conversationId: string,
  request: PageRequest,
): Promise<Connection<MessageRow>> {
  const page = pageOf('POSITION', request, 'last');
  const { condition, order } = byPosition(page);
  const rows = await app.db.rows<MessageRow>(sql`
    select ${app.db.columns(Message, 'c')} from message c
    where c.workspace_id = ${principal.workspaceId} and c.conversation_id = ${conversationId} and ${condition}
    order by ${order} limit ${page.size + 1}`);
  return connection(page, rows, (row) => encodePageCursor('POSITION', [String(row.position)]));
}

/** Positions are given out once, so they alone are the key. */
function byPosition(page: Page): { condition: Sql; order: Sql } {
  const [position] = page.from ?? [];
  return {
    condition:
      position === undefined
        ? sql`true`
        : page.backwards
          ? sql`c.position < ${position}::bigint`
          : sql`c.position > ${position}::bigint`,
    order: page.backwards ? sql`c.position desc` : sql`c.position asc`,
  };
}

/** The sentences of transcript events, by event id: from the record, without what only its readers may see. */
export async function readTranscriptSentences(
  { app, principal }: Call,
  eventIds: readonly string[],
): Promise<Map<string, string>> {
  const sentences = new Map<string, string>();
  for (const row of await readEvents(app.db, principal.workspaceId, eventIds)) {
    const event = readEvent(row, principal.workspaceId, { unmasked: false });
    sentences.set(
      event.id,
      sentence(event.action!, {
        actor: event.actor!.label,
        target: event.target?.label ?? '',
        reason: null,
        labels: event.labels,
        metadata: event.metadata ?? {},
      }),
    );
  }
  return sentences;
}
