import type { Call } from '../application.js';
import { sql } from '../database.js';
import { refuseGrantingRole, refuseUnlessAdministrator } from '../guards.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { releaseAll } from './release-all.js';
import { releaseWork } from './release-work.js';
import { keepAdministrator, lockedAgent, targetOf } from './write-agents.js';

/**
 * Lets an agent in no longer: their sessions end, their sockets are closed, and what they were working on goes back to
 * its team or to nobody. Their name stays on everything. Who is not active already loses what they still had.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for the last administrator.
 */
export async function deactivateAgent(call: Call, input: { agentId: string } & WithReason): Promise<string> {
  checkReason(input);
  const reason = input.reason ?? null;
  const { agent, why } = await withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'agent.deactivate');
    // Whoever is just giving them something has done so, or finds them gone.
    const found = await lockedAgent(tx, input.agentId);
    const { id, displayName, role } = found;
    let causationId: string | null = null;
    if (found.active) {
      if (role === 'ADMIN') await keepAdministrator(tx, found);
      found.active = false;
      const sessions = await endSessions(tx, id);
      causationId = tx.record({
        action: 'agent.deactivated',
        target: targetOf(found),
        changes: [{ field: 'active', before: true, after: false }],
        metadata: { role, sessions },
        reason,
      });
    }
    const released = { agent: { id, displayName }, why: { reason, causationId } };
    await releaseWork(tx, released.agent, released.why, { waits: false });
    return released;
  });
  await releaseAll(call, agent, why);
  return agent.id;
}

/**
 * Lets an agent in again, with the role, teams and inboxes that they had. Who is active already stays so.
 * @throws AppError FORBIDDEN, also for a role that the caller, a key, may not give; NOT_FOUND, VALIDATION_FAILED
 */
export async function reactivateAgent(call: Call, input: { agentId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'agent.reactivate');
    const agent = await lockedAgent(tx, input.agentId);
    refuseGrantingRole(tx, agent.role, 'agent.reactivate', targetOf(agent));
    if (agent.active) return agent.id;
    // One that was being opened while they were let go.
    await endSessions(tx, agent.id);
    agent.active = true;
    tx.record({
      action: 'agent.reactivated',
      severity: agent.role === 'ADMIN' ? 'CRITICAL' : 'WARNING',
      target: targetOf(agent),
      changes: [{ field: 'active', before: false, after: true }],
      metadata: { role: agent.role },
      reason: input.reason ?? null,
    });
    return agent.id;
  });
}

/** Else they would come back to life with their agent. @returns how many. */
async function endSessions(tx: Tx, agentId: string): Promise<number> {
  const ended = await tx.rows(sql`
    update session set revoked_at = ${tx.now} where workspace_id = ${tx.principal.workspaceId}
      and agent_id = ${agentId} and revoked_at is null returning 1 as done`);
  return ended.length;
}
