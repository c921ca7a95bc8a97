import { InboxMember } from '../../entities/inbox.js';
import { TeamMember, TeamSupervisor } from '../../entities/team.js';
import type { Call } from '../application.js';
import { invalid } from '../errors.js';
import { refuseGrantingRole, refuseUnlessAdministrator } from '../guards.js';
import { sql } from '../sql.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { refuseOtherRoles } from './add-team.js';
import { loadMembers } from './members.js';
import { membershipEvent, type Place } from './membership-events.js';
import { lockedInbox, lockedTeam, refuseInactive } from './places.js';

/** What somebody can be in a place. */
export type Membership = 'team_member' | 'team_supervisor' | 'inbox_member';

export interface ChangeMembersInput extends WithReason {
  /** The team or the inbox. */
  id: string;
  agentIds: readonly string[];
}

/**
 * Puts agents into a team or an inbox, each with an event; who is there already stays so.
 * @returns the id of the place.
 * @throws AppError FORBIDDEN, also for a key that may do less than whom it adds; NOT_FOUND, also for an agent; VALIDATION_FAILED; CONFLICT for a place that was deactivated.
 */
export const addMembers = (call: Call, as: Membership, input: ChangeMembersInput): Promise<string> =>
  change(call, as, input, 'added');

/**
 * Takes agents out of a team or an inbox, each with an event; who is not there changes nothing.
 * @returns the id of the place.
 * @throws AppError FORBIDDEN, NOT_FOUND, also for an agent; VALIDATION_FAILED.
 */
export const removeMembers = (call: Call, as: Membership, input: ChangeMembersInput): Promise<string> =>
  change(call, as, input, 'removed');

async function change(
  call: Call,
  as: Membership,
  { id, agentIds, reason }: ChangeMembersInput,
  verb: 'added' | 'removed',
): Promise<string> {
  checkReason({ reason });
  if (agentIds.length === 0) throw invalid({ path: 'agentIds', message: 'must not be empty' });
  return withTransaction(call, async (tx) => {
    const attempted = `${as}.${verb === 'added' ? 'add' : 'remove'}`;
    refuseUnlessAdministrator(tx, attempted);
    const place = await accessPlace(tx, as, id, verb);
    // It gives sight of what is there: a key that may not make somebody this gives it to nobody.
    if (verb === 'added') {
      const role = as === 'team_supervisor' ? 'SUPERVISOR' : 'AGENT';
      refuseGrantingRole(tx, role, attempted, { type: place.noun, id, label: place.name });
    }
    const agents = await loadMembers(tx, agentIds);
    if (as === 'team_supervisor' && verb === 'added') refuseOtherRoles(agents, 'agentIds');
    const there = await membersAmong(tx, as, id, agentIds);
    const changed = agents.filter((agent) => there.has(agent.id) === (verb === 'removed'));
    for (const agent of changed) {
      if (verb === 'added') tx.em.persist(newMember(tx, as, id, agent.id));
      tx.record({ ...membershipEvent(verb, place, agent), reason: reason ?? null });
    }
    if (verb === 'removed' && changed.length > 0) {
      const gone = changed.map((agent) => agent.id);
      await tx.rows(sql`
        delete from ${sql.raw(as)} where workspace_id = ${tx.principal.workspaceId}
          and ${sql.raw(columnOf(as))} = ${id} and agent_id = any(${gone}::uuid[])`);
    }
    return id;
  });
}

const columnOf = (as: Membership): string => (as === 'inbox_member' ? 'inbox_id' : 'team_id');

/** Under its lock: who changes its members does so one after the other. */
async function accessPlace(tx: Tx, as: Membership, id: string, verb: 'added' | 'removed'): Promise<Place> {
  if (as === 'inbox_member') {
    const inbox = await lockedInbox(tx, id);
    if (verb === 'added') refuseInactive(inbox, 'inbox');
    return { noun: 'inbox', id, name: inbox.name };
  }
  const team = await lockedTeam(tx, id);
  if (verb === 'added') refuseInactive(team, 'team');
  return { noun: 'team', id, name: team.name, as: as === 'team_member' ? 'MEMBER' : 'SUPERVISOR' };
}

async function membersAmong(tx: Tx, as: Membership, id: string, agentIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.rows<{ agentId: string }>(sql`
    select m.agent_id as "agentId" from ${sql.raw(as)} m where m.workspace_id = ${tx.principal.workspaceId}
      and m.${sql.raw(columnOf(as))} = ${id} and m.agent_id = any(${agentIds}::uuid[])`);
  return new Set(rows.map(({ agentId }) => agentId));
}

function newMember({ em, principal: { workspaceId } }: Tx, as: Membership, id: string, agentId: string) {
  const agent: [string, string] = [workspaceId, agentId];
  if (as === 'inbox_member') return em.create(InboxMember, { workspaceId, inbox: [workspaceId, id], agent });
  const entity = as === 'team_member' ? TeamMember : TeamSupervisor;
  return em.create(entity, { workspaceId, team: [workspaceId, id], agent });
}
