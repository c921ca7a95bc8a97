import { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { sightOfConversations } from '../guards.js';
import { seenCondition } from './read-conversations.js';

/** What was merged into each of these conversations itself, as far as the caller may see it, oldest first, 250 each at most. */
export function mergedConversations(
  { app, principal }: Call,
  ids: readonly string[],
): Promise<(RowOf<Conversation> & { ofId: string })[]> {
  const sight = sightOfConversations(principal);
  return app.db.rows(sql`
    select k.id as "ofId", found.* from unnest(${ids}::uuid[]) as k(id)
    cross join lateral (
      select ${app.db.columns(Conversation, 'c')} from conversation c
      where c.workspace_id = ${principal.workspaceId} and c.merged_into_id = k.id and ${seenCondition(sight)}
      order by c.created_at, c.id limit ${LIST_CAP}) found`);
}
