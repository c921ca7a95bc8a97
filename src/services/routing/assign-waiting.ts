import { LockMode } from '@mikro-orm/core';
import { Agent } from '../../entities/agent.js';
import { Handover } from '../../entities/handover.js';
import { RoutingAssignment, RoutingPolicy } from '../../entities/routing.js';
import { Team } from '../../entities/team.js';
import type { AccessedConversation } from '../access.js';
import { lockedWork } from '../agents/locked-work.js';
import type { Tx } from '../commit.js';
import { changesSince, recordInTranscript, stateOf } from '../conversations/transcript-entries.js';
import { acceptForTeam } from '../handovers/settle-handover.js';
import { rowLimit } from '../paging.js';
import { takesAttention } from '../presence/capacity.js';
import { sql } from '../sql.js';
import { hoursOfTeam } from './business-hours.js';
import { choose, hasRoom, type Candidate } from './choose.js';
import { lockRouting } from './look-again.js';
import { membersThere } from './members-there.js';
import { isOpenAt } from './open-hours.js';
import { isQueued, queueOf, waitsSince } from './queue.js';

/** Conversations that one transaction gives out at the most. */
const AT_ONCE = 50;

interface Member extends Candidate {
  agent: Agent;
}

/**
 * Gives a batch of what waits for a team to its members who are ONLINE and have room, who waits longest first; nothing
 * outside of the team's hours. Locks in
 * this order: assigning in this workspace, the team, its policy, its members, and of the conversations those that nobody
 * holds, since who holds one may wait for a member. So nothing is given twice, and nobody gets more than they take.
 * @returns how many were given.
 */
export async function assignWaiting(tx: Tx, teamId: string): Promise<number> {
  const { em } = tx;
  const { workspaceId } = tx.principal;
  const hours = await hoursOfTeam(tx, teamId);
  if (hours && !isOpenAt(hours, tx.now)) return 0;
  await lockRouting(tx);
  const team = await em.findOne(Team, { workspaceId, id: teamId }, { lockMode: LockMode.PESSIMISTIC_READ });
  if (!team || team.deactivatedAt) return 0;
  const policy = await em.findOne(RoutingPolicy, { workspaceId, team: [workspaceId, teamId] } as never, {
    lockMode: LockMode.PESSIMISTIC_WRITE,
  });
  if (!policy?.enabled) return 0;
  const members = await freeMembers(tx, teamId);
  if (members.length === 0) return 0;
  const waiting = await lockedQueue(tx, teamId, members);
  const known = await assignmentsOf(tx, waiting);
  const offers = await offersOf(tx, waiting);
  let given = 0;
  for (const accessed of waiting) {
    const { conversation } = accessed;
    const assignment = known.get(conversation.id);
    const handover = offers.get(conversation.id) ?? null;
    const chosen = choose(policy.strategy, members, policy.lastAgentId ?? null, {
      // Who offers it does not want it back.
      never: [conversation.assignee?.id ?? null, handover?.fromKind === 'AGENT' ? (handover.fromId ?? null) : null],
      passed: assignment?.passedAgentId ?? null,
    });
    if (!chosen) continue;
    if (!(await give(tx, accessed, handover, chosen, policy))) continue;
    policy.lastAgentId = chosen.id;
    const checkAt =
      policy.requeueAfterSeconds == null ? null : new Date(tx.now.getTime() + policy.requeueAfterSeconds * 1000);
    const values = {
      team,
      agent: chosen.agent,
      position: conversation.lastPosition,
      assignedAt: tx.now,
      checkAt,
      passedAgentId: null,
    };
    if (assignment) em.assign(assignment, values);
    else em.persist(em.create(RoutingAssignment, { workspaceId, conversation, ...values }));
    given += 1;
  }
  return given;
}

/** The members who may be given something, under their locks, so that nobody gives them anything meanwhile. */
async function freeMembers(tx: Tx, teamId: string): Promise<Member[]> {
  const { workspaceId } = tx.principal;
  const there = await tx.rows<{ id: string }>(sql`
    select a.id from ${membersThere(workspaceId, teamId)}
    order by a.id for no key update of a for share of p`);
  if (there.length === 0) return [];
  const ids = there.map(({ id }) => id);
  // A statement of its own: what was given them while their locks were waited for counts too.
  const counts = await tx.rows<{ id: string; open: number }>(sql`
    select c.assignee_id as id, count(*)::int as open from conversation c
    where c.workspace_id = ${workspaceId} and c.assignee_id = any(${ids}::uuid[]) and ${takesAttention}
    group by c.assignee_id`);
  const open = new Map(counts.map((row) => [row.id, row.open]));
  const agents = await tx.em.find(Agent, { workspaceId, id: { $in: ids } }, { orderBy: { id: 'asc' } });
  return agents
    .map((agent) => ({ agent, id: agent.id, capacity: agent.capacity ?? null, open: open.get(agent.id) ?? 0 }))
    .filter(hasRoom);
}

/** The longest waiting that one of the members can be given, in the order of waiting. */
async function lockedQueue(tx: Tx, teamId: string, members: readonly Member[]): Promise<AccessedConversation[]> {
  const { workspaceId } = tx.principal;
  const ids = members.map(({ id }) => id);
  // What only who offers it could be given would keep all others waiting.
  const forSomebodyElse = sql`not (${ids}::uuid[] <@ array[c.assignee_id, (
    select h.from_id from handover h
    where h.workspace_id = c.workspace_id and h.id = c.open_handover_id and h.from_kind = 'AGENT')])`;
  const queue = queueOf(sql`${workspaceId}`, sql`${teamId}`, forSomebodyElse);
  const locked = await lockedWork(
    tx,
    sql`c.id in (select q.id from (${queue}) q order by q.since, q.id limit ${rowLimit(AT_ONCE)})`,
    { limit: AT_ONCE, waits: false },
  );
  return locked
    .filter(({ conversation }) => isQueued(conversation, teamId))
    .toSorted(
      (a, b) =>
        waitsSince(a.conversation).getTime() - waitsSince(b.conversation).getTime() ||
        (a.conversation.id < b.conversation.id ? -1 : 1),
    );
}

async function assignmentsOf(
  tx: Tx,
  waiting: readonly AccessedConversation[],
): Promise<Map<string, RoutingAssignment>> {
  const { workspaceId } = tx.principal;
  if (waiting.length === 0) return new Map();
  const conversation = { $in: waiting.map(({ conversation: { id } }) => [workspaceId, id]) };
  const found = await tx.em.find(RoutingAssignment, { workspaceId, conversation } as never);
  return new Map(found.map((assignment) => [assignment.conversation.id, assignment]));
}

/** The handovers by which they are offered, by the conversation. */
async function offersOf(tx: Tx, waiting: readonly AccessedConversation[]): Promise<Map<string, Handover>> {
  const ids = waiting.flatMap(({ conversation }) => conversation.openHandoverId ?? []);
  if (ids.length === 0) return new Map();
  const found = await tx.em.find(Handover, { workspaceId: tx.principal.workspaceId, id: { $in: ids } });
  return new Map(found.map((handover) => [handover.conversation.id, handover]));
}

/** @returns false for an offer whose deadline has passed, which is ended by others. */
async function give(
  tx: Tx,
  accessed: AccessedConversation,
  handover: Handover | null,
  to: Member,
  policy: RoutingPolicy,
): Promise<boolean> {
  const { conversation } = accessed;
  if (handover) {
    if (!handover.isOpen() || handover.expiresAt <= tx.now) return false;
    await acceptForTeam(tx, { ...accessed, handover });
  }
  const before = stateOf(conversation);
  conversation.assignee = to.agent;
  recordInTranscript(tx, accessed, {
    action: 'conversation.auto_assigned',
    labels: { assignee: to.agent.displayName },
    changes: changesSince(before, conversation),
    metadata: { strategy: policy.strategy },
  });
  to.open += 1;
  return true;
}
