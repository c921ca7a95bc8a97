import type { Agent } from '../../entities/agent.js';
import type { Conversation } from '../../entities/conversation.js';
import type { ConversationStatus, Priority } from '../../entities/enums.js';
import type { Label } from '../../entities/label.js';
import type { Team } from '../../entities/team.js';
import { refusalOf, type AccessedConversation } from '../access.js';
import { lockedWork } from '../agents/locked-work.js';
import { AppError, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { findLabels, recordLabels, tie } from '../labels/set-labels.js';
import type { ConversationAction } from '../policy.js';
import { lookAgainAt } from '../routing/look-again.js';
import { sql } from '../sql.js';
import type { WithReason } from '../text.js';
import type { Tx } from '../transaction.js';
import { findAssignee, findTeam, giveToAgent, giveToTeam, hasAssignee, hasTeam } from './assign-conversation.js';
import { goneAmong } from './gone-assignee.js';
import { moveTo } from './set-status.js';
import { markSpam, prioritize } from './update-conversation.js';

/** What is changed of each conversation; what is absent stays. */
export interface ConversationChange extends WithReason {
  status?: ConversationStatus | null | undefined;
  until?: Date | null | undefined;
  priority?: Priority | null | undefined;
  spam?: boolean | null | undefined;
  /** null unassigns, absent leaves as it is. */
  assigneeId?: string | null | undefined;
  teamId?: string | null | undefined;
  addLabelIds?: readonly string[] | null | undefined;
  removeLabelIds?: readonly string[] | null | undefined;
}

/** What became of one conversation. */
export type ChangeOutcome = { changed: boolean } | { error: AppError };

/**
 * Conversations that one transaction changes at the most: others wait for their locks, and every writer of the workspace
 * for its append.
 */
export const CHANGED_AT_ONCE = 32;

/** The rights that a change needs of each conversation. */
const actionsOf = ({ status, priority, spam, assigneeId, teamId, ...labels }: ConversationChange) =>
  [
    ...(assigneeId !== undefined || teamId !== undefined ? ['conversation.assign' as const] : []),
    ...(status ? ['conversation.set_status' as const] : []),
    ...(priority || spam != null || labels.addLabelIds || labels.removeLabelIds
      ? ['conversation.update' as const]
      : []),
  ] satisfies ConversationAction[];

/**
 * Changes conversations as the mutations of one do, each altogether or not at all. Locks in this order: conversations
 * with ids ascending, the team, agents with ids ascending, labels; as who changes one conversation does.
 * @param ids CHANGED_AT_ONCE at the most.
 * @param waits for those that somebody else is just changing; otherwise they are left out of what is returned.
 */
export async function changeTogether(
  tx: Tx,
  ids: readonly string[],
  change: ConversationChange,
  { waits }: { waits: boolean },
): Promise<Map<string, ChangeOutcome>> {
  const known = ids.filter(isId);
  const work = await lockedWork(tx, sql`c.id = any(${known}::uuid[])`, { limit: CHANGED_AT_ONCE, waits });
  const outcomes = new Map<string, ChangeOutcome>();
  const busy = waits ? new Set<string>() : await presentOf(tx, without(known, work));
  for (const id of without(ids, work)) if (!busy.has(id)) outcomes.set(id, { error: notFound('conversation') });

  const permitted = work.filter(({ conversation }) => {
    const [error] = actionsOf(change).flatMap((action) => refusalOf(tx, conversation, action) ?? []);
    if (error) outcomes.set(conversation.id, { error });
    return !error;
  });
  if (change.spam === false) {
    const back = permitted.filter(({ conversation }) => conversation.spam);
    if (back.length > 0)
      await lookAgainAt(
        tx,
        back.map(({ conversation }) => conversation.id),
      );
  }
  const targets = await targetsOf(tx, permitted, change);
  const ready = permitted.filter(({ conversation }) => {
    const error = faultOf(conversation, change, targets);
    if (error) outcomes.set(conversation.id, { error });
    return !error;
  });
  if (ready.length === 0) return outcomes;
  const readyIds = ready.map(({ conversation }) => conversation.id);
  const removed = await tie(tx, 'conversation', readyIds, foundOf(targets.removed), false);
  const added = await tie(tx, 'conversation', readyIds, foundOf(targets.added), true);
  const reason = change.reason ?? null;
  for (const accessed of ready) {
    const { conversation } = accessed;
    const { id, lastPosition } = conversation;
    if (!hasTeam(conversation, change.teamId)) await giveToTeam(tx, accessed, foundOf(targets.team), reason);
    if (!hasAssignee(conversation, change.assigneeId))
      await giveToAgent(tx, accessed, foundOf(targets.assignee), reason);
    // After the assignment, which may bring back what was asked to be PENDING.
    if (change.status) await moveTo(tx, accessed, { status: change.status, until: change.until }, reason);
    if (change.priority) prioritize(tx, accessed, change.priority, reason);
    if (change.spam != null) await markSpam(tx, accessed, change.spam, reason);
    recordLabels(tx, accessed, removed.get(id) ?? [], false, reason);
    recordLabels(tx, accessed, added.get(id) ?? [], true, reason);
    // Each event takes a line of the transcript.
    outcomes.set(id, { changed: conversation.lastPosition !== lastPosition });
  }
  return outcomes;
}

const without = (ids: readonly string[], work: readonly AccessedConversation[]): string[] => {
  const found = new Set(work.map(({ conversation }) => conversation.id));
  return ids.filter((id) => !found.has(id));
};

/** Those of the conversations that there are, whoever holds them. */
async function presentOf({ rows, principal }: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const found = await rows<{ id: string }>(sql`
    select c.id from conversation c where c.workspace_id = ${principal.workspaceId} and c.id = any(${ids}::uuid[])`);
  return new Set(found.map(({ id }) => id));
}

/** Something that a change names, or why it cannot be had. */
type Target<T> = { found: T } | { error: AppError };

interface Targets {
  team: Target<Team | null>;
  assignee: Target<Agent | null>;
  removed: Target<Label[]>;
  added: Target<Label[]>;
}

const NOBODY = { found: null };

/** What a change names, under locks, once for all; looked for only where one of the conversations needs it. */
async function targetsOf(
  tx: Tx,
  work: readonly AccessedConversation[],
  { status, teamId, assigneeId, addLabelIds, removeLabelIds }: ConversationChange,
): Promise<Targets> {
  const given = teamId != null && work.some(({ conversation }) => !hasTeam(conversation, teamId));
  const assigned = assigneeId != null && work.some(({ conversation }) => !hasAssignee(conversation, assigneeId));
  const team = given ? await attempted(findTeam(tx, teamId)) : NOBODY;
  await lockAgents(tx, [
    ...(assigned ? [assigneeId] : []),
    ...work.flatMap(({ conversation }) =>
      status && status !== 'RESOLVED' && conversation.status === 'RESOLVED' ? (conversation.assignee?.id ?? []) : [],
    ),
  ]);
  const assignee = assigned ? await attempted(findAssignee(tx, assigneeId, 'assigneeId')) : NOBODY;
  const labels = (ids: readonly string[] | null | undefined, present: boolean, path: string) =>
    ids && work.length > 0 ? attempted(findLabels(tx, ids, present, path)) : { found: [] };
  const removed = await labels(removeLabelIds, false, 'removeLabelIds');
  return { team, assignee, removed, added: await labels(addLabelIds, true, 'addLabelIds') };
}

/**
 * Those who are given something, or may have gone from what comes back, locked in one order before any of them is looked
 * at: whoever gives out what waits locks several, too.
 */
async function lockAgents(tx: Tx, ids: readonly string[]): Promise<void> {
  const several = [...new Set(ids)].filter(isId);
  if (several.length > 1) await goneAmong(tx, tx.principal.workspaceId, several);
}

async function attempted<T>(finding: Promise<T>): Promise<Target<T>> {
  try {
    return { found: await finding };
  } catch (error) {
    if (error instanceof AppError) return { error };
    throw error;
  }
}

/** Why one of the conversations cannot be changed, as the mutations of one say it. */
function faultOf(conversation: Conversation, { teamId, assigneeId }: ConversationChange, targets: Targets) {
  const needed = [
    ...(hasTeam(conversation, teamId) ? [] : [targets.team]),
    ...(hasAssignee(conversation, assigneeId) ? [] : [targets.assignee]),
    targets.removed,
    targets.added,
  ];
  return needed.flatMap((target) => ('error' in target ? target.error : []))[0];
}

/** What was found; whoever needs it was told before where it was not. */
function foundOf(target: Targets['team']): Team | null;
function foundOf(target: Targets['assignee']): Agent | null;
function foundOf(target: Targets['added']): Label[];
function foundOf(target: Target<unknown>): unknown {
  if ('error' in target) throw target.error;
  return target.found;
}
