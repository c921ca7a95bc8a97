import type { Conversation } from '../../entities/conversation.js';
import { sql, type Sql } from '../sql.js';

/**
 * What waits for a member of a team: conversations of the team that nobody has, neither a bot, and no spam, and those
 * that are offered to it. Each with since when: since the customer waits, or else since it was opened.
 * @param workspaceId, teamId as they stand in the statement.
 * @param offered a further condition on what is offered, on table `c`.
 */
export const queueOf = (workspaceId: Sql, teamId: Sql, offered: Sql = sql`true`): Sql => sql`
  select c.id, coalesce(c.waiting_since, c.created_at) as since from conversation c
    where c.workspace_id = ${workspaceId} and c.team_id = ${teamId} and c.assignee_id is null
      and c.status in ('OPEN', 'IN_PROGRESS') and not c.bot_active and c.open_handover_id is null
      and not c.spam and c.deleted_at is null
  union all
  select c.id, coalesce(c.waiting_since, c.created_at) as since from conversation c
    where c.workspace_id = ${workspaceId} and c.offered_team_id = ${teamId} and ${offered}`;

/** The same of one that was loaded. */
export const isQueued = (conversation: Conversation, teamId: string): boolean =>
  conversation.offeredTeam
    ? conversation.offeredTeam.id === teamId
    : conversation.team?.id === teamId &&
      !conversation.assignee &&
      (conversation.status === 'OPEN' || conversation.status === 'IN_PROGRESS') &&
      !conversation.botActive &&
      !conversation.openHandoverId &&
      !conversation.spam;

/** Since when it waits. */
export const waitsSince = ({ waitingSince, createdAt }: Conversation): Date => waitingSince ?? createdAt;
