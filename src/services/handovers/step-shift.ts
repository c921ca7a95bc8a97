import { LockMode } from '@mikro-orm/core';
import { Agent } from '../../entities/agent.js';
import { ShiftHandover } from '../../entities/shift-handover.js';
import { Team } from '../../entities/team.js';
import { lockedWork } from '../agents/locked-work.js';
import type { Call } from '../application.js';
import { commit, type Tx } from '../commit.js';
import { newId } from '../ids.js';
import { isAttended } from '../presence/attended.js';
import { sql } from '../sql.js';
import { expiryOf, offer } from './offer.js';

/** Conversations that one transaction offers at the most: others wait for their locks. */
const BATCH = 100;

/**
 * Takes one shift handover one transaction further: the next batch of handovers, and with the last one that it is
 * completed. What is to be offered was decided when it began, so it does not matter who goes on with it. Safe in several
 * processes at once: its row is locked.
 * @returns whether there is more to do.
 */
export function stepShift(call: Call, id: string): Promise<boolean> {
  const { workspaceId } = call.principal;
  return commit(call, async (tx) => {
    const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
    const shift = await tx.em.findOneOrFail(ShiftHandover, { workspaceId, id }, lock);
    if (shift.completedAt) return false;
    const ids = shift.pending as string[];
    const batch = ids.slice(0, BATCH);
    const offered = batch.length === 0 ? 0 : await offerBatch(tx, shift, batch);
    shift.pending = ids.slice(BATCH);
    shift.handedOver += offered;
    shift.skipped += batch.length - offered;
    if (shift.pending.length > 0) return true;
    await complete(tx, shift);
    return false;
  });
}

async function offerBatch(tx: Tx, shift: ShiftHandover, ids: readonly string[]): Promise<number> {
  const { workspaceId } = tx.principal;
  const work = await lockedWork(tx, sql`c.id = any(${ids}::uuid[])`, { limit: BATCH, waits: true });
  const stays = { lockMode: LockMode.PESSIMISTIC_READ } as const;
  const toAgent = shift.toAgent
    ? await tx.em.findOneOrFail(Agent, { workspaceId, id: shift.toAgent.id }, { ...stays, refresh: true })
    : null;
  const toTeam = shift.toTeam
    ? await tx.em.findOneOrFail(Team, { workspaceId, id: shift.toTeam.id }, { ...stays, refresh: true })
    : null;
  // Who was let go meanwhile is offered nothing more.
  if (toAgent ? !toAgent.active || toAgent.role === 'AUDITOR' : toTeam!.deactivatedAt) return 0;
  const theirs = work.filter(
    ({ conversation: { assignee, status, spam, openHandoverId } }) =>
      assignee?.id === shift.agent.id && status !== 'RESOLVED' && !spam && !openHandoverId,
  );
  if (theirs.length === 0) return 0;
  const unattended = !(await isAttended(tx, toAgent, toTeam));
  const expiresAt = await expiryOf(tx, shift.expiresInSeconds);
  for (const accessed of theirs) {
    offer(tx, accessed, {
      id: newId(),
      toAgent,
      toTeam,
      toBot: null,
      from: { kind: shift.byKind, id: shift.byId ?? null },
      reason: 'SHIFT_END',
      comment: shift.comment ?? null,
      summary: shift.summary ?? null,
      unattended,
      expiresAt,
      batchId: shift.id,
      causationId: shift.id,
    });
  }
  return theirs.length;
}

async function complete(tx: Tx, shift: ShiftHandover): Promise<void> {
  const { workspaceId } = tx.principal;
  const agent = await tx.em.findOneOrFail(Agent, { workspaceId, id: shift.agent.id });
  const toAgent = shift.toAgent ? await tx.em.findOneOrFail(Agent, { workspaceId, id: shift.toAgent.id }) : null;
  const toTeam = shift.toTeam ? await tx.em.findOneOrFail(Team, { workspaceId, id: shift.toTeam.id }) : null;
  shift.completedAt = tx.now;
  // The handovers say it, where the erasure of a contact reaches it.
  shift.comment = null;
  shift.summary = null;
  tx.record({
    action: 'shift_handover.completed',
    ...shiftEvent({ id: shift.id, agent, toAgent, toTeam }),
    metadata: { batchId: shift.id, handedOver: shift.handedOver, skipped: shift.skipped },
    causationId: shift.id,
  });
}

/** What both events of a shift handover say. */
export const shiftEvent = (shift: { id: string; agent: Agent; toAgent: Agent | null; toTeam: Team | null }) => ({
  target: { type: 'agent', id: shift.agent.id, label: shift.agent.displayName },
  related: [{ type: 'shift_handover', id: shift.id }],
  ...(shift.toTeam ? { teamId: shift.toTeam.id } : {}),
  labels: { receiver: shift.toAgent?.displayName ?? shift.toTeam!.name },
});
