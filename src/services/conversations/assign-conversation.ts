import { LockMode } from '@mikro-orm/core';
import { Agent } from '../../entities/agent.js';
import type { Conversation } from '../../entities/conversation.js';
import { Team } from '../../entities/team.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import { invalid } from '../errors.js';
import { isId } from '../ids.js';
import { Faults, MAX_REASON } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { changesSince, recordInTranscript, stateOf } from './transcript-entries.js';

export interface AssignConversationInput {
  conversationId: string;
  /** null unassigns, undefined leaves as it is. */
  assigneeId?: string | null | undefined;
  teamId?: string | null | undefined;
  reason?: string | null | undefined;
}

/**
 * Gives a conversation to an agent, a team, both or nobody. An agent takes it over from its bot. What is so already
 * changes nothing and records nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN; VALIDATION_FAILED for an agent or team that cannot take it.
 */
export async function assignConversation(call: Call, input: AssignConversationInput): Promise<string> {
  const faults = new Faults();
  if (input.assigneeId === undefined && input.teamId === undefined)
    faults.add('assigneeId', 'give an assigneeId, a teamId or both');
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const accessed = await accessConversation(tx, input.conversationId, 'conversation.assign');
    const { conversation } = accessed;
    const reason = input.reason ?? null;
    const { teamId, assigneeId } = input;
    if (!hasTeam(conversation, teamId))
      await giveToTeam(tx, accessed, teamId === null ? null : await findTeam(tx, teamId!), reason);
    if (!hasAssignee(conversation, assigneeId)) {
      const assignee = assigneeId === null ? null : await findAssignee(tx, assigneeId!, 'assigneeId');
      await giveToAgent(tx, accessed, assignee, reason);
    }
    return conversation.id;
  });
}

/** Whether a conversation is this team's already, or none's for null; absent leaves it as it is. */
export const hasTeam = ({ team }: Conversation, teamId: string | null | undefined): boolean =>
  teamId === undefined || teamId === (team?.id ?? null);

/** Whether this agent has it already, or nobody for null; absent leaves it as it is. */
export const hasAssignee = ({ assignee }: Conversation, assigneeId: string | null | undefined): boolean =>
  assigneeId === undefined || assigneeId === (assignee?.id ?? null);

/** Gives a conversation whose lock is held to another team, or to none. */
export async function giveToTeam(
  tx: Tx,
  accessed: AccessedConversation,
  team: Team | null,
  reason: string | null,
): Promise<void> {
  const { conversation } = accessed;
  const left = conversation.team
    ? await tx.em.findOneOrFail(Team, { workspaceId: tx.principal.workspaceId, id: conversation.team.id })
    : null;
  const before = stateOf(conversation);
  conversation.team = team;
  recordInTranscript(tx, accessed, {
    action: team ? 'conversation.team_assigned' : 'conversation.team_unassigned',
    labels: { team: (team ?? left)!.name },
    changes: changesSince(before, conversation),
    reason,
  });
}

/** Gives a conversation whose lock is held to another agent, who takes it over from its bot, or to nobody. */
export async function giveToAgent(
  tx: Tx,
  accessed: AccessedConversation,
  assignee: Agent | null,
  reason: string | null,
): Promise<void> {
  const { conversation } = accessed;
  const left = conversation.assignee
    ? await tx.em.findOneOrFail(Agent, { workspaceId: tx.principal.workspaceId, id: conversation.assignee.id })
    : null;
  const before = stateOf(conversation);
  if (assignee) {
    conversation.assignee = assignee;
    conversation.botActive = false;
  } else conversation.release();
  recordInTranscript(tx, accessed, {
    action: assignee ? 'conversation.assigned' : 'conversation.unassigned',
    labels: { assignee: (assignee ?? left)!.displayName },
    changes: changesSince(before, conversation),
    reason,
  });
}

/**
 * A team that gets conversations, and stays one until this is done.
 * @throws AppError VALIDATION_FAILED when there is no such team.
 */
export async function findTeam(tx: Tx, id: string, path = 'teamId'): Promise<Team> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_READ } as const;
  const team = isId(id) ? await tx.em.findOne(Team, { workspaceId, id }, lock) : null;
  if (!team || team.deactivatedAt) throw invalid({ path, message: 'there is no such team' });
  return team;
}

/**
 * An agent who can have conversations, and stays so until this is done: whoever deactivates them waits, and then finds
 * what they were given.
 * @throws AppError VALIDATION_FAILED
 */
export async function findAssignee(tx: Tx, id: string, path: string): Promise<Agent> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_READ } as const;
  const agent = isId(id) ? await tx.em.findOne(Agent, { workspaceId, id }, lock) : null;
  if (!agent?.active || agent.role === 'AUDITOR')
    throw invalid({ path, message: 'there is no such agent who can take it' });
  return agent;
}
