import type { TranscriptEntryKind } from '../../entities/enums.js';
import { TranscriptEntry } from '../../entities/message.js';
import type { Call } from '../application.js';
import { seenCondition } from '../conversations/read-conversations.js';
import { shownKinds, type TranscriptEntryRow } from '../conversations/read-transcript.js';
import { sql } from '../database.js';
import { forbidden } from '../errors.js';
import { connection, encodePageCursor, keyset, limitOf, pageOf, type Connection, type PageRequest } from '../paging.js';
import { conversationSight } from '../policy.js';

/**
 * What was said and done in all conversations of a contact that the caller may see, in order of time; the newest page
 * unless asked.
 * @throws AppError FORBIDDEN for who sees no conversations at all, VALIDATION_FAILED.
 */
export async function readTimeline(
  { app, principal }: Call,
  contactId: string,
  kinds: readonly TranscriptEntryKind[] | null | undefined,
  request: PageRequest,
): Promise<Connection<TranscriptEntryRow>> {
  const sight = conversationSight(principal);
  if (!sight.everything && sight.keys.length === 0) throw forbidden('You may not see conversations.');
  const page = pageOf('TIMELINE', request, 'last');
  const { condition, order } = keyset(page, sql`t.occurred_at`, sql`t.id`, 'timestamptz', false);
  const { order: sorted } = keyset(page, sql`found."occurredAt"`, sql`found."id"`, 'timestamptz', false);
  // Each conversation gives as much as the page holds and no more, by an index, however long it is.
  const rows = await app.db.rows<TranscriptEntryRow>(sql`
    select found.* from conversation c cross join lateral (
      select ${app.db.columns(TranscriptEntry, 't')} from transcript_entry t
      where t.workspace_id = c.workspace_id and t.conversation_id = c.id
        and t.kind = any(${shownKinds(principal, kinds)}::text[]) and ${condition}
      order by ${order} limit ${limitOf(page)}) found
    where c.workspace_id = ${principal.workspaceId} and c.contact_id = ${contactId} and ${seenCondition(sight)}
    order by ${sorted} limit ${limitOf(page)}`);
  return connection(page, rows, (row) => encodePageCursor('TIMELINE', [row.occurredAt.toISOString(), row.id]));
}
