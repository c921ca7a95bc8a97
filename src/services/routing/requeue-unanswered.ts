import { LockMode } from '@mikro-orm/core';
import { Agent } from '../../entities/agent.js';
import { Conversation } from '../../entities/conversation.js';
import { RoutingAssignment, RoutingPolicy } from '../../entities/routing.js';
import { Team } from '../../entities/team.js';
import { audienceOf, sighted } from '../audience.js';
import type { Tx } from '../commit.js';
import { changesSince, recordInTranscript, stateOf } from '../conversations/transcript-entries.js';
import { hoursOfTeam } from './business-hours.js';
import { wouldHaveItAgain } from './members-there.js';
import { afterOpenTime } from './open-hours.js';
import { rowLimit } from '../paging.js';
import { sql } from '../sql.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * Puts a conversation that was given to somebody back into the queue of its team, where its customer waits and nobody has
 * answered in time. Under the conversation's lock only the first that looks still finds it to be done.
 * @returns whether it was put back.
 */
export async function requeueUnanswered(tx: Tx, conversationId: string): Promise<boolean> {
  const { em, now } = tx;
  const { workspaceId } = tx.principal;
  const conversation = await em.findOne(
    Conversation,
    { workspaceId, id: conversationId },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  if (!conversation) {
    // It was deleted, and is looked at again if it is restored: in that order, by the deletion's lock.
    await tx.rows(sql`
      with deleted as materialized (
        select 1 from conversation_deletion d
        where d.workspace_id = ${workspaceId} and d.conversation_id = ${conversationId} for share)
      update routing_assignment set check_at = null
      where workspace_id = ${workspaceId} and conversation_id = ${conversationId} and exists (select 1 from deleted)`);
    return false;
  }
  const which = { workspaceId, conversation: [workspaceId, conversationId] } as never;
  const { team: givenTo } = await em.findOneOrFail(RoutingAssignment, which);
  // It stays one until this is done: a deactivated team gives nothing out, so what it has stays with who has it.
  const team = await em.findOneOrFail(
    Team,
    { workspaceId, id: givenTo.id },
    { lockMode: LockMode.PESSIMISTIC_READ, refresh: true },
  );
  // Before policy and hours are read: who changes them has it looked at again, which must not be written over.
  const given = await em.findOneOrFail(RoutingAssignment, which, {
    lockMode: LockMode.PESSIMISTIC_WRITE,
    refresh: true,
  });
  if (!given.checkAt || given.checkAt > now) return false;
  const policy = await em.findOne(RoutingPolicy, { workspaceId, team: [workspaceId, team.id] } as never);
  const seconds = policy?.enabled && !team.deactivatedAt ? (policy.requeueAfterSeconds ?? null) : null;
  if (seconds === null || !isTheirs(conversation, given) || (await isAnswered(tx, conversation, given))) {
    given.checkAt = null;
    return false;
  }
  // It wakes without being given to anybody anew.
  if (conversation.status === 'SNOOZED' || conversation.status === 'PENDING') {
    given.checkAt = soon(now, seconds);
    return false;
  }
  // Whoever is offered it has their own time; and before a customer who waits from now on has waited so long, it is
  // looked at again.
  if (conversation.openHandoverId || !conversation.waitingSince) {
    given.checkAt = new Date(now.getTime() + seconds * 1000);
    return false;
  }
  const due = await dueAt(tx, given, conversation.waitingSince, seconds);
  if (due > now) {
    given.checkAt = due;
    return false;
  }
  // It would go round for as long as nobody writes, each time by two events that stay on the record.
  if (await wouldHaveItAgain(tx, team.id, given.agent.id)) {
    given.checkAt = soon(now, seconds);
    return false;
  }
  const accessed = { conversation, audience: audienceOf(sighted(conversation)) };
  const agent = await em.findOneOrFail(Agent, { workspaceId, id: given.agent.id });
  const before = stateOf(conversation);
  conversation.assignee = null;
  conversation.status = 'OPEN';
  given.passedAgentId = agent.id;
  given.checkAt = null;
  recordInTranscript(tx, accessed, {
    action: 'conversation.requeued',
    labels: { assignee: agent.displayName, team: team.name },
    changes: changesSince(before, conversation),
    metadata: { afterSeconds: seconds },
  });
  return true;
}

/** When it is looked at again where somebody may change by the minute what is to be done. */
const soon = (now: Date, seconds: number): Date => new Date(now.getTime() + Math.min(seconds * 1000, MINUTE_MS));

/** By when it was to be answered; while the team is closed the time stands still. */
async function dueAt(
  tx: Tx,
  { team, assignedAt }: RoutingAssignment,
  waitingSince: Date,
  seconds: number,
): Promise<Date> {
  // Who was given it while nobody waited has all of the time from when somebody does.
  const since = waitingSince > assignedAt ? waitingSince : assignedAt;
  const hours = await hoursOfTeam(tx, team.id);
  if (!hours) return new Date(since.getTime() + seconds * 1000);
  // A team that opens no more is looked at again tomorrow: it may be given other hours.
  return afterOpenTime(hours, since, seconds * 1000) ?? new Date(tx.now.getTime() + DAY_MS);
}

/** Whether it is still whose it was given to, and not done with; what is spam is looked at again when it is none any more. */
const isTheirs = ({ assignee, team, status, spam }: Conversation, given: RoutingAssignment): boolean =>
  assignee?.id === given.agent.id && team?.id === given.team.id && status !== 'RESOLVED' && !spam;

/** Whether a person has written since it was given. */
async function isAnswered(tx: Tx, conversation: Conversation, given: RoutingAssignment): Promise<boolean> {
  const [answer] = await tx.rows(sql`
    select 1 as found from message m where m.workspace_id = ${tx.principal.workspaceId}
      and m.conversation_id = ${conversation.id} and m.position > ${given.position}
      and m.direction = 'OUTBOUND' and m.actor_kind = 'AGENT' limit ${rowLimit(1)}`);
  return answer !== undefined;
}
