import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { sightOfConversations } from '../guards.js';
import { rowLimit } from '../paging.js';
import { filterConditions, validateConversationFilter, type ConversationFilter } from './conversation-filter.js';
import { scanEach, seenCondition, ways } from './read-conversations.js';

/** How many conversations there are; the last three of those that are not RESOLVED. */
export interface ConversationCounts {
  open: number;
  inProgress: number;
  pending: number;
  snoozed: number;
  resolved: number;
  unassigned: number;
  mine: number;
  unread: number;
}

/** What is counted to at the most: that many, or more. */
const COUNT_CAP = 10_001;

/**
 * Counts the conversations that the caller may see and that pass the filter, in one statement that stops counting at
 * 10,001 of each. What is resolved only grows, so it is read by the ways that the caller sees it by; what is not is one
 * small index for all.
 * @throws AppError FORBIDDEN for who sees no conversations at all, VALIDATION_FAILED.
 */
export async function countConversations(
  { app, principal }: Call,
  filter: ConversationFilter,
): Promise<ConversationCounts> {
  validateConversationFilter(filter);
  const sight = sightOfConversations(principal);
  const scan = (...conditions: Sql[]): Sql => sql`
    select c.id from conversation c
    where ${sql.join([sql`c.workspace_id = ${principal.workspaceId}`, ...conditions], sql` and `)} limit ${rowLimit(COUNT_CAP)}`;
  const counted = (rows: Sql): Sql => sql`(select count(*)::int from (${rows}) found)`;

  // What goes on elsewhere is resolved. Of the others it is not asked: that would fetch rows of which an index says enough.
  const atWork = filterConditions({ ...filter, merged: filter.merged || 'either' }, principal);
  const unresolved = (condition: Sql): Sql => counted(scan(condition, seenCondition(sight), ...atWork));
  const isResolved = sql.join([sql`c.status = 'RESOLVED'`, ...filterConditions(filter, principal)], sql` and `);
  const resolved = sight.everything
    ? scan(isResolved)
    : sql`select id from (${sql.join(
        ways(sight).map((way) => sql`(${scanEach(way, (each) => scan(each, isResolved))})`),
        sql` union `,
      )}) seen limit ${rowLimit(COUNT_CAP)}`;
  const isUnresolved = sql`c.status <> 'RESOLVED'`;
  const isMine = principal.kind === 'AGENT' ? sql`c.assignee_id = ${principal.id}::uuid` : sql`false`;
  const [isUnread] = filterConditions({ unread: true, spam: 'either', merged: 'either' }, principal) as [Sql];
  const [counts] = await app.db.rows<ConversationCounts>(sql`
    select ${unresolved(sql`c.status = 'OPEN'`)} as "open",
      ${unresolved(sql`c.status = 'IN_PROGRESS'`)} as "inProgress",
      ${unresolved(sql`c.status = 'PENDING'`)} as "pending",
      ${unresolved(sql`c.status = 'SNOOZED'`)} as "snoozed",
      ${counted(resolved)} as "resolved",
      ${unresolved(sql`${isUnresolved} and c.assignee_id is null`)} as "unassigned",
      ${unresolved(sql`${isUnresolved} and ${isMine}`)} as "mine",
      ${unresolved(sql`${isUnresolved} and ${isUnread}`)} as "unread"`);
  return counts!;
}
