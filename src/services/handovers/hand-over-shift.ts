import { Agent } from '../../entities/agent.js';
import { ShiftHandover } from '../../entities/shift-handover.js';
import type { Call } from '../application.js';
import { findAssignee, findTeam } from '../conversations/assign-conversation.js';
import { AppError, conflict, forbidden, notFound } from '../errors.js';
import { claimOwnKey } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { rowLimit } from '../paging.js';
import { conversationSight } from '../policy.js';
import { canHandOverShift } from '../policy-of-routing.js';
import { isAttended } from '../presence/attended.js';
import { sql } from '../sql.js';
import { Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { checkExpiry } from './offer.js';
import { audienceCondition } from './read-handovers.js';
import { shiftEvent, stepShift } from './step-shift.js';

export interface HandOverShiftInput extends WithReason {
  agentId: string;
  toAgentId?: string | null | undefined;
  toTeamId?: string | null | undefined;
  summary?: string | null | undefined;
  expiresInSeconds?: number | null | undefined;
  idempotencyKey?: string | null | undefined;
}

/** More than anybody works on. */
const MAX_CONVERSATIONS = 10_000;
/** So long who asked is kept waiting, in milliseconds; the rest is done without them. */
const PATIENCE_MS = 5_000;

/**
 * Offers all open conversations of an agent to another one or to a team: those that the caller may see, and that are
 * not offered to anybody already. That it begins is recorded first, with how many there are; then follow the handovers
 * in batches, and that it is completed. What is interrupted is gone on with, by the same request or by itself.
 * @returns the id of the shift handover, which the handovers have as their batchId; of the one under way for the same
 *   receiver; for a repeated idempotencyKey the first one's.
 * @throws AppError NOT_FOUND (agent), FORBIDDEN, VALIDATION_FAILED; CONFLICT while one to somebody else is under way;
 *   LIMIT_EXCEEDED for more than 10,000 conversations.
 */
export async function handOverShift(call: Call, input: HandOverShiftInput): Promise<string> {
  validate(input);
  const id = await withTransaction(call, (tx) => start(tx, input));
  const began = performance.now();
  while (await stepShift(call, id)) if (performance.now() - began > PATIENCE_MS) break;
  return id;
}

function validate(input: HandOverShiftInput): void {
  const faults = new Faults();
  if ([input.toAgentId, input.toTeamId].filter(Boolean).length !== 1) {
    faults.add('toAgentId', 'give exactly one of toAgentId and toTeamId');
  }
  if (input.toAgentId && input.toAgentId === input.agentId) faults.add('toAgentId', 'is who hands over');
  faults.optionalText('summary', input.summary, MAX_REMARK);
  faults.optionalText('reason', input.reason, MAX_REASON);
  checkExpiry(faults, input.expiresInSeconds);
  faults.refuse();
}

async function start(tx: Tx, input: HandOverShiftInput): Promise<string> {
  const { em, now, principal } = tx;
  const { workspaceId } = principal;
  const agent = await accessShift(tx, input.agentId);
  const underWay = await shiftUnderWay(tx, agent.id);
  // What the key stands for from now on is what is answered: the one under way, where there is one.
  const id = underWay?.id ?? newId();
  const known = await claimOwnKey(tx, 'handOverShift', input, id);
  if (known) return known;
  if (underWay) return sameShift(underWay, input);
  const toAgent = input.toAgentId ? await findAssignee(tx, input.toAgentId, 'toAgentId') : null;
  const toTeam = input.toTeamId ? await findTeam(tx, input.toTeamId, 'toTeamId') : null;
  const pending = await openWork(tx, agent.id);
  const unattended = !(await isAttended(tx, toAgent, toTeam));
  em.persist(
    em.create(ShiftHandover, {
      workspaceId,
      id,
      agent,
      toAgent,
      toTeam,
      byKind: principal.kind,
      byId: principal.id,
      comment: input.reason ?? null,
      summary: input.summary ?? null,
      expiresInSeconds: input.expiresInSeconds ?? null,
      unattended,
      pending,
      conversations: pending.length,
      handedOver: 0,
      skipped: 0,
      startedAt: now,
      completedAt: null,
    }),
  );
  tx.record({
    // The events that it causes name it, whoever goes on with it.
    id,
    action: 'shift_handover.started',
    ...shiftEvent({ id, agent, toAgent, toTeam }),
    metadata: {
      batchId: id,
      kind: toAgent ? 'TO_AGENT' : 'TO_TEAM',
      conversations: pending.length,
      unattended,
    },
    reason: input.reason ?? null,
    ...(input.idempotencyKey ? { idempotencyKey: input.idempotencyKey } : {}),
  });
  return id;
}

/** @throws AppError NOT_FOUND, FORBIDDEN */
async function accessShift({ em, principal }: Tx, agentId: string): Promise<Agent> {
  const { workspaceId } = principal;
  const agent = isId(agentId) ? await em.findOne(Agent, { workspaceId, id: agentId }) : null;
  if (!agent) throw notFound('agent');
  if (canHandOverShift(principal, agentId)) return agent;
  throw forbidden('You may not hand over what they are working on.').recordedAs({
    attempted: 'shift.hand_over',
    target: { type: 'agent', id: agent.id, label: agent.displayName },
  });
}

/** The one that is under way for an agent; of two that begin at once, the second waits here and finds the first. */
async function shiftUnderWay(tx: Tx, agentId: string): Promise<ShiftHandover | null> {
  const { workspaceId } = tx.principal;
  await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`${workspaceId}/shift/${agentId}`}, 0))`);
  return tx.em.findOne(ShiftHandover, { workspaceId, agent: [workspaceId, agentId], completedAt: null } as never);
}

/** @throws AppError CONFLICT */
function sameShift(shift: ShiftHandover, input: HandOverShiftInput): string {
  const [toAgentId, toTeamId] = [shift.toAgent?.id ?? null, shift.toTeam?.id ?? null];
  if (toAgentId === (input.toAgentId ?? null) && toTeamId === (input.toTeamId ?? null)) return shift.id;
  throw conflict('Their work is just being handed over to somebody else.', {
    shiftHandoverId: shift.id,
    toAgentId,
    toTeamId,
  });
}

/** What an agent has that the caller may see, that is no spam, and that nobody is offered yet. */
async function openWork(tx: Tx, agentId: string): Promise<string[]> {
  const { principal } = tx;
  const found = await tx.rows<{ id: string }>(sql`
    select c.id from conversation c where c.workspace_id = ${principal.workspaceId} and c.assignee_id = ${agentId}
      and c.status <> 'RESOLVED' and not c.spam and c.deleted_at is null and c.open_handover_id is null and ${audienceCondition(conversationSight(principal))}
    order by c.id limit ${rowLimit(MAX_CONVERSATIONS + 1)}`);
  if (found.length <= MAX_CONVERSATIONS) return found.map(({ id }) => id);
  throw new AppError('LIMIT_EXCEEDED', `A shift has at most ${MAX_CONVERSATIONS} open conversations.`, {
    limit: 'conversations',
    value: MAX_CONVERSATIONS,
    asked: found.length,
  });
}
