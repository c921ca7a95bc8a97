import type { Call } from '../application.js';
import { conflict } from '../errors.js';
import { claimOwnKey } from '../idempotency.js';
import { newId } from '../ids.js';
import { rowLimit } from '../paging.js';
import { LIST_CAP } from '../directory.js';
import { refuseGrantingRole, refuseUnlessAdministrator, workspaceTarget } from '../guards.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import { withTransaction } from '../transaction.js';
import { addTeam } from '../workspaces/add-team.js';
import { lockedTeam, refuseFull, refuseInactive } from '../workspaces/places.js';

export interface CreateTeamInput extends WithReason {
  name: string;
  memberIds?: readonly string[] | null | undefined;
  supervisorIds?: readonly string[] | null | undefined;
  idempotencyKey?: string | null | undefined;
}

/**
 * Creates a team.
 * @throws AppError FORBIDDEN, also for a key that may do less than whom it adds; VALIDATION_FAILED; NOT_FOUND (agent); CONFLICT for another request under a known key;
 *   LIMIT_EXCEEDED at 250 teams.
 */
export async function createTeam(call: Call, input: CreateTeamInput): Promise<string> {
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'team.create');
    const at = workspaceTarget(tx.principal.workspaceId);
    if (input.memberIds?.length) refuseGrantingRole(tx, 'AGENT', 'team.create', at);
    if (input.supervisorIds?.length) refuseGrantingRole(tx, 'SUPERVISOR', 'team.create', at);
    const id = newId();
    const known = await claimOwnKey(tx, 'createTeam', input, id);
    if (known) return known;
    await refuseFull(tx, 'team');
    const { name, memberIds, supervisorIds, reason } = input;
    return addTeam(tx, { id, name, memberIds: memberIds ?? [], supervisorIds: supervisorIds ?? [], reason });
  });
}

/**
 * Gives a team another name. The one it has already changes nothing.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for one that was deactivated.
 */
export async function updateTeam(call: Call, input: { teamId: string; name: string } & WithReason): Promise<string> {
  const name = input.name.trim();
  const faults = new Faults();
  faults.text('name', name, MAX_REMARK);
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'team.update');
    const team = await lockedTeam(tx, input.teamId);
    refuseInactive(team, 'team');
    const before = team.name;
    if (before === name) return team.id;
    team.name = name;
    tx.record({
      action: 'team.updated',
      target: { type: 'team', id: team.id, label: name },
      teamId: team.id,
      changes: [{ field: 'name', before, after: name }],
      reason: input.reason ?? null,
    });
    return team.id;
  });
}

/**
 * Gives a team nothing new any more. What it has stays with it, and its members go on seeing that.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT while an inbox puts new conversations into it.
 */
export async function deactivateTeam(call: Call, input: { teamId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'team.deactivate');
    const team = await lockedTeam(tx, input.teamId);
    if (team.deactivatedAt) return team.id;
    const inboxes = await tx.rows<{ id: string }>(sql`
      select i.id from inbox i where i.workspace_id = ${tx.principal.workspaceId} and i.default_team_id = ${team.id}
        and i.deactivated_at is null order by i.id limit ${rowLimit(LIST_CAP)}`);
    if (inboxes.length > 0) {
      throw conflict('Inboxes put their new conversations into this team. Give them another one before.', {
        teamId: team.id,
        inboxIds: inboxes.map(({ id }) => id),
      });
    }
    team.deactivatedAt = tx.now;
    tx.record({
      action: 'team.deactivated',
      target: { type: 'team', id: team.id, label: team.name },
      teamId: team.id,
      changes: [{ field: 'active', before: true, after: false }],
      reason: input.reason ?? null,
    });
    return team.id;
  });
}
