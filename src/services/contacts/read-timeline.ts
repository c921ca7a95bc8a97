import type { TranscriptEntryKind } from '../../entities/enums.js';
import { TranscriptEntry } from '../../entities/message.js';
import type { Call } from '../application.js';
import { intoOne } from '../conversations/merged-conversations.js';
import { seenCondition } from '../conversations/read-conversations.js';
import { shownKinds, type TranscriptEntryRow } from '../conversations/read-transcript.js';
import { sql } from '../database.js';
import { sightOfConversations } from '../guards.js';
import {
  connections,
  encodePageCursor,
  keyset,
  limitOf,
  pageOf,
  type Connection,
  type PageRequest,
} from '../paging.js';

/** How a page of a timeline is asked for. */
export interface TimelinePage extends PageRequest {
  /** Only these kinds of lines. */
  kinds: readonly TranscriptEntryKind[] | null | undefined;
}

/** Whose conversations a timeline puts together, of the id `k.id`: all of a contact, or one with those merged into it. */
const PUT_TOGETHER = {
  contact: () => ({ from: sql`conversation c`, of: sql`c.contact_id = k.id` }),
  conversation: (workspaceId: string) => ({
    from: sql`(${intoOne(sql`k.id`, sql`${workspaceId}`)}) one join conversation c on c.id = one.id`,
    of: sql`true`,
  }),
} as const;

/**
 * What was said and done in all conversations of contacts, or in conversations and those merged into them, that the
 * caller may see, by whose it is, in order of time; of each the newest page unless asked.
 * @throws AppError FORBIDDEN for who sees no conversations at all, VALIDATION_FAILED.
 */
export async function timelinesOf(
  { app, principal }: Call,
  noun: keyof typeof PUT_TOGETHER,
  ids: readonly string[],
  { kinds, ...request }: TimelinePage,
): Promise<Map<string, Connection<TranscriptEntryRow>>> {
  const sight = sightOfConversations(principal);
  const page = pageOf('TIMELINE', request, 'last');
  const { from, of } = PUT_TOGETHER[noun](principal.workspaceId);
  const { condition, order } = keyset(page, sql`t.occurred_at`, sql`t.id`, 'timestamptz', false);
  const { order: sorted } = keyset(page, sql`line."occurredAt"`, sql`line."id"`, 'timestamptz', false);
  // Each conversation gives as much as the page holds and no more, by an index, however long it is.
  const rows = await app.db.rows<TranscriptEntryRow & { ofId: string }>(sql`
    select k.id as "ofId", found.* from unnest(${ids}::uuid[]) as k(id) cross join lateral (
      select line.* from ${from} cross join lateral (
        select ${app.db.columns(TranscriptEntry, 't')} from transcript_entry t
        where t.workspace_id = c.workspace_id and t.conversation_id = c.id
          and t.kind = any(${shownKinds(principal, kinds)}::text[]) and ${condition}
        order by ${order} limit ${limitOf(page)}) line
      where c.workspace_id = ${principal.workspaceId} and ${of} and ${seenCondition(sight)}
      order by ${sorted} limit ${limitOf(page)}) found`);
  return connections(page, rows, {
    ofIds: ids,
    ownerOf: ({ ofId }) => ofId,
    cursorOf: (row) => encodePageCursor('TIMELINE', [row.occurredAt.toISOString(), row.id]),
  });
}
