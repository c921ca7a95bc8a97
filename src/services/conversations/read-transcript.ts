import type { TranscriptEntryKind } from '../../entities/enums.js';
import { Message, TranscriptEntry } from '../../entities/message.js';
import { Note, TextRevision } from '../../entities/note.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { forbidden } from '../errors.js';
import { canReadNotes } from '../policy.js';
import { connection, encodePageCursor, pageOf, type Connection, type Page, type PageRequest } from '../paging.js';
import { readEvents } from '../record/read.js';
import { readEvent } from '../record/history.js';
import { sentence } from '../record/sentences.js';

export type TranscriptEntryRow = RowOf<TranscriptEntry>;
export type MessageRow = RowOf<Message>;
export type NoteRow = RowOf<Note>;
export type RevisionRow = RowOf<TextRevision>;

/** The story of a conversation that the caller has been let see, in its own order; the newest page unless asked. */
export async function readTranscript(
  { app, principal }: Call,
  conversationId: string,
  kinds: readonly TranscriptEntryKind[] | null | undefined,
  request: PageRequest,
): Promise<Connection<TranscriptEntryRow>> {
  const page = pageOf('POSITION', request, 'last');
  const { condition, order } = byPosition(page);
  // Who reads no notes gets a transcript as if there were none: no line, no place in a page.
  const shown = (['MESSAGE', 'NOTE', 'EVENT'] as const).filter(
    (kind) => (kinds?.includes(kind) ?? true) && (kind !== 'NOTE' || canReadNotes(principal)),
  );
  const kind = sql`c.kind = any(${shown}::text[])`;
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

/**
 * What people noted about a conversation that the caller has been let see; the newest page unless asked.
 * @throws AppError FORBIDDEN for who reads no notes.
 */
export async function readNotes(
  { app, principal }: Call,
  conversationId: string,
  request: PageRequest,
): Promise<Connection<NoteRow>> {
  if (!canReadNotes(principal)) throw forbidden('You may not read notes.');
  const page = pageOf('POSITION', request, 'last');
  const { condition, order } = byPosition(page);
  const rows = await app.db.rows<NoteRow>(sql`
    select ${app.db.columns(Note, 'c')} from note c
    where c.workspace_id = ${principal.workspaceId} and c.conversation_id = ${conversationId} and ${condition}
    order by ${order} limit ${page.size + 1}`);
  return connection(page, rows, (row) => encodePageCursor('POSITION', [String(row.position)]));
}

/** What these messages or notes said before, oldest first, 250 each at most. */
export const revisionsOf = ({ app, principal }: Call, entryIds: readonly string[]): Promise<RevisionRow[]> =>
  app.db.rows<RevisionRow>(sql`
    select found.* from unnest(${entryIds}::uuid[]) as k(id)
    cross join lateral (
      select ${app.db.columns(TextRevision, 't')} from text_revision t
      where t.workspace_id = ${principal.workspaceId} and t.entry_id = k.id order by t.number limit ${LIST_CAP}) found`);

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
