import { LockMode } from '@mikro-orm/core';
import { Agent } from '../../entities/agent.js';
import type { Role } from '../../entities/enums.js';
import { TeamSupervisor } from '../../entities/team.js';
import type { Call } from '../application.js';
import { conflict, notFound } from '../errors.js';
import { refuseGrantingRole, refuseUnlessAdministrator } from '../guards.js';
import { isId } from '../ids.js';
import { rowLimit } from '../paging.js';
import { checkPicture } from '../picture.js';
import type { FieldChange } from '../record/event.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { membershipEvent } from '../workspaces/membership-events.js';
import { releaseAll } from './release-all.js';
import { releaseWork, type Why } from './release-work.js';
import { severityOf } from './write-invitations.js';

export interface UpdateAgentInput extends WithReason {
  agentId: string;
  displayName?: string | null | undefined;
  /** null takes it away, undefined leaves it as it is. */
  avatarUrl?: string | null | undefined;
}

/**
 * Changes how an agent is shown: by an administrator, or by themself. What changes nothing is not recorded.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function updateAgent(call: Call, input: UpdateAgentInput): Promise<string> {
  const displayName = input.displayName?.trim();
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REASON);
  if (displayName !== undefined) faults.text('displayName', displayName, MAX_REMARK);
  checkPicture(faults, input.avatarUrl);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    if (tx.principal.kind !== 'AGENT' || tx.principal.id !== input.agentId) {
      refuseUnlessAdministrator(tx, 'agent.update');
    }
    const agent = await lockedAgent(tx, input.agentId);
    const before = { displayName: agent.displayName, avatarUrl: agent.avatarUrl ?? null };
    const after = {
      displayName: displayName ?? before.displayName,
      avatarUrl: input.avatarUrl === undefined ? before.avatarUrl : input.avatarUrl,
    };
    const changes = (['displayName', 'avatarUrl'] as const)
      .filter((field) => before[field] !== after[field])
      .map((field): FieldChange => ({ field, before: before[field], after: after[field] }));
    if (changes.length === 0) return agent.id;
    tx.em.assign(agent, after);
    tx.record({ action: 'agent.updated', target: targetOf(agent), changes, reason: input.reason ?? null });
    return agent.id;
  });
}

/**
 * Gives an agent another role. Who was a supervisor watches over no team any more, who becomes an auditor has no
 * conversations any more, and the same request once more goes on with that. The role they have already changes nothing else.
 * @throws AppError FORBIDDEN, also for a role that the caller, a key, may not give; NOT_FOUND, VALIDATION_FAILED;
 *   CONFLICT for the last administrator.
 */
export async function changeAgentRole(
  call: Call,
  input: { agentId: string; role: Role } & WithReason,
): Promise<string> {
  checkReason(input);
  const { role } = input;
  const reason = input.reason ?? null;
  const released = await withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'agent.change_role');
    const agent = await lockedAgent(tx, input.agentId);
    refuseGrantingRole(tx, role, 'agent.change_role', targetOf(agent));
    const before = agent.role;
    // Who became an auditor may still have what a request that was interrupted left with them.
    if (before === role) return role === 'AUDITOR' ? release(tx, agent, { causationId: null, reason }) : null;
    if (before === 'ADMIN' && agent.active) await keepAdministrator(tx, agent);
    agent.role = role;
    const causationId = tx.record({
      action: 'agent.role_changed',
      ...severityOf(role),
      target: targetOf(agent),
      changes: [{ field: 'role', before, after: role }],
      metadata: { from: before, to: role },
      reason,
    });
    if (before === 'SUPERVISOR') await endSupervising(tx, agent, { causationId, reason });
    return role === 'AUDITOR' ? release(tx, agent, { causationId, reason }) : null;
  });
  if (released) await releaseAll(call, released.agent, released.why);
  return input.agentId;
}

/** Releases what can be released at once of who was let go; `releaseAll` does the rest. */
async function release(tx: Tx, { id, displayName }: Agent, why: Why) {
  const agent = { id, displayName };
  await releaseWork(tx, agent, why, { waits: false });
  return { agent, why };
}

/**
 * Loads an agent under their lock.
 * @throws AppError NOT_FOUND
 */
export async function lockedAgent(tx: Tx, id: string): Promise<Agent> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const agent = isId(id) ? await tx.em.findOne(Agent, { workspaceId, id }, lock) : null;
  if (!agent) throw notFound('agent');
  return agent;
}

/** An agent as the target of an event. */
export const targetOf = ({ id, displayName }: Agent) => ({ type: 'agent', id, label: displayName });

/**
 * Refuses to take the last administrator away. Two who go at once are seen one after the other.
 * @throws AppError CONFLICT
 */
export async function keepAdministrator(tx: Tx, agent: Agent): Promise<void> {
  const { workspaceId } = tx.principal;
  await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`${workspaceId}/administrators`}, 0))`);
  const [other] = await tx.rows(sql`
    select 1 as found from agent a where a.workspace_id = ${workspaceId} and a.role = 'ADMIN' and a.active
      and a.id <> ${agent.id} limit ${rowLimit(1)}`);
  if (other) return;
  throw conflict('They are the last administrator. Make somebody else one before.', {
    agentId: agent.id,
    role: agent.role,
    active: agent.active,
  });
}

/** Who is no supervisor watches over nothing: else they would be listed as one, and be it again with the role. */
async function endSupervising(
  tx: Tx,
  agent: Agent,
  { causationId, reason }: { causationId: string; reason: string | null },
): Promise<void> {
  const { workspaceId } = tx.principal;
  const supervised = await tx.em.find(TeamSupervisor, { workspaceId, agent }, { populate: ['team'] });
  for (const { team } of supervised) {
    await tx.rows(sql`
      delete from team_supervisor where workspace_id = ${workspaceId} and team_id = ${team.id} and agent_id = ${agent.id}`);
    const place = { noun: 'team' as const, id: team.id, name: team.name, as: 'SUPERVISOR' as const };
    tx.record({ ...membershipEvent('removed', place, agent), causationId, reason });
  }
}
