import type { Conversation } from '../entities/conversation.js';
import type { RowOf } from '../entities/row.js';
import type { ConversationState } from './conversations/plain-conversation.js';

/** The ids that decide who may see a conversation. */
export type Sighted = Pick<
  RowOf<Conversation>,
  'inboxId' | 'teamId' | 'assigneeId' | 'botId' | 'offeredAgentId' | 'offeredTeamId'
>;

/**
 * The audience keys of a conversation, sorted: the inbox, its team, its assignee and its bot, and while a handover is
 * open those it is offered to, who must be able to read what they are asked to take. Kept in each event as it was
 * before, so that whoever loses sight can be told.
 */
export function audienceOf(row: Sighted): string[] {
  const keys = [`inbox:${row.inboxId}`];
  if (row.teamId) keys.push(`team:${row.teamId}`);
  if (row.offeredTeamId && row.offeredTeamId !== row.teamId) keys.push(`team:${row.offeredTeamId}`);
  if (row.assigneeId) keys.push(`agent:${row.assigneeId}`);
  if (row.offeredAgentId && row.offeredAgentId !== row.assigneeId) keys.push(`agent:${row.offeredAgentId}`);
  if (row.botId) keys.push(`bot:${row.botId}`);
  return keys.toSorted();
}

/** The same, of what was loaded to be changed. */
export const sighted = (conversation: ConversationState): Sighted => ({
  inboxId: conversation.inbox.id,
  teamId: conversation.team?.id ?? null,
  assigneeId: conversation.assignee?.id ?? null,
  botId: conversation.bot?.id ?? null,
  offeredAgentId: conversation.offeredAgent?.id ?? null,
  offeredTeamId: conversation.offeredTeam?.id ?? null,
});
