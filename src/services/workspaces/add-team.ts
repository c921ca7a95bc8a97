import type { Role } from '../../entities/enums.js';
import { Team, TeamMember, TeamSupervisor } from '../../entities/team.js';
import { invalid } from '../errors.js';
import { newId } from '../ids.js';
import { Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import type { Tx } from '../transaction.js';
import { loadMembers } from './members.js';
import { membershipEvent } from './membership-events.js';

export interface NewTeam extends WithReason {
  /** Where it is known before. */
  id?: string;
  name: string;
  memberIds?: readonly string[];
  /** Agents of the role SUPERVISOR. */
  supervisorIds?: readonly string[];
}

/**
 * Creates a team with its members and supervisors.
 * @returns its id.
 * @throws AppError VALIDATION_FAILED; NOT_FOUND for an agent who is not there.
 */
export async function addTeam(tx: Tx, input: NewTeam): Promise<string> {
  const { em } = tx;
  const { workspaceId } = tx.principal;
  const name = input.name.trim();
  const faults = new Faults();
  faults.text('name', name, MAX_REMARK);
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  const members = await loadMembers(tx, input.memberIds ?? []);
  const supervisors = await loadMembers(tx, input.supervisorIds ?? []);
  refuseOtherRoles(supervisors, 'supervisorIds');

  const team = em.create(Team, {
    workspaceId,
    id: input.id ?? newId(),
    name,
    createdAt: tx.now,
    deactivatedAt: null,
  });
  em.persist(team);
  for (const agent of members) em.persist(em.create(TeamMember, { workspaceId, team, agent }));
  for (const agent of supervisors) em.persist(em.create(TeamSupervisor, { workspaceId, team, agent }));
  await em.flush();

  const target = { type: 'team', id: team.id, label: name };
  tx.record({ action: 'team.created', target, teamId: team.id, reason: input.reason ?? null });
  const place = { noun: 'team' as const, id: team.id, name };
  for (const agent of members) tx.record(membershipEvent('added', { ...place, as: 'MEMBER' }, agent));
  for (const agent of supervisors) tx.record(membershipEvent('added', { ...place, as: 'SUPERVISOR' }, agent));
  return team.id;
}

/** Any other role would be listed as a supervisor and see nothing by it. @throws AppError VALIDATION_FAILED */
export function refuseOtherRoles(supervisors: readonly { role: Role }[], path: string): void {
  if (supervisors.every(({ role }) => role === 'SUPERVISOR')) return;
  throw invalid({ path, message: 'must be agents of the role SUPERVISOR' });
}
