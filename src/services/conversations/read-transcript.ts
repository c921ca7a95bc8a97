import type { TranscriptEntryKind } from '../../entities/enums.js';
import { TranscriptEntry, type Message } from '../../entities/message.js';
import { TextRevision, type Note } from '../../entities/note.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { forbidden, notFound } from '../errors.js';
import { canReadNotes } from '../policy.js';
import {
  connection,
  encodePageCursor,
  limitOf,
  pageOf,
  type Connection,
  type Page,
  type PageRequest,
} from '../paging.js';
import type { Principal } from '../principal.js';
import type { Shape } from '../reading/noun.js';
import { nouns } from '../reading/nouns.js';
import { shapedSelect } from '../reading/shaped-select.js';
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
  const kind = sql`c.kind = any(${shownKinds(principal, kinds)}::text[])`;
  const rows = await app.db.rows<TranscriptEntryRow>(sql`
    select ${app.db.columns(TranscriptEntry, 'c')} from transcript_entry c
    where c.workspace_id = ${principal.workspaceId} and c.conversation_id = ${conversationId} and ${kind} and ${condition}
    order by ${order} limit ${limitOf(page)}`);
  return connection(page, rows, (row) => encodePageCursor('POSITION', [String(row.position)]));
}

/** The kinds of lines that somebody is shown: who reads no notes gets what there is as if there were none. */
export const shownKinds = (
  principal: Principal,
  kinds: readonly TranscriptEntryKind[] | null | undefined,
): TranscriptEntryKind[] =>
  (['MESSAGE', 'NOTE', 'EVENT'] as const).filter(
    (kind) => (kinds?.includes(kind) ?? true) && (kind !== 'NOTE' || canReadNotes(principal)),
  );

/** What was said in a conversation that the caller has been let see; the newest page unless asked. */
export const readMessages = (
  call: Call,
  conversationId: string,
  request: PageRequest,
): Promise<Connection<MessageRow>> => readPageOf(call, 'messages', conversationId, request);

/**
 * What people noted about a conversation that the caller has been let see; the newest page unless asked.
 * @throws AppError FORBIDDEN for who reads no notes.
 */
export async function readNotes(
  call: Call,
  conversationId: string,
  request: PageRequest,
): Promise<Connection<NoteRow>> {
  if (!canReadNotes(call.principal)) throw forbidden('You may not read notes.');
  return readPageOf(call, 'notes', conversationId, request);
}

/** One of the pages that a conversation has, by itself. @throws AppError VALIDATION_FAILED */
async function readPageOf<R>(
  { app, principal }: Call,
  name: 'messages' | 'notes',
  conversationId: string,
  request: PageRequest,
): Promise<Connection<R>> {
  pageOf('POSITION', request, 'last');
  const { list, joins, read } = shapedSelect<Record<typeof name, Connection<R>>>(
    app.db,
    nouns.Conversation,
    { shape: alone[name], pages: { [name]: request } },
    principal,
    'c',
  );
  const [values] = await app.db.arrays(
    sql`select ${list} from conversation c ${joins} where c.workspace_id = ${principal.workspaceId} and c.id = ${conversationId}`,
  );
  // Deleted since the caller was let see it.
  if (!values) throw notFound('conversation');
  return read(values)[name];
}

const only = (name: string): Shape => ({
  fields: new Set(),
  relations: new Map([[name, { fields: null, relations: new Map() }]]),
});
const alone = { messages: only('messages'), notes: only('notes') };

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
