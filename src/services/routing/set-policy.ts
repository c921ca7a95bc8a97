import type { RoutingStrategy } from '../../entities/enums.js';
import { RoutingPolicy } from '../../entities/routing.js';
import type { Call } from '../application.js';
import { refuseUnlessAdministrator } from '../guards.js';
import type { FieldChange } from '../record/event.js';
import { lockRouting, lookAgain } from './look-again.js';
import { sql } from '../sql.js';
import { Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction } from '../transaction.js';
import { lockedTeam, refuseInactive } from '../workspaces/places.js';

/** How a team's conversations are given out, as callers see it. */
export interface RoutingSettings {
  enabled: boolean;
  strategy: RoutingStrategy;
  /** null = never. */
  requeueAfterSeconds: number | null;
}

export interface SetRoutingPolicyInput extends WithReason {
  teamId: string;
  enabled: boolean;
  strategy?: RoutingStrategy | null | undefined;
  requeueAfterSeconds?: number | null | undefined;
}

/** An answer is waited for from 10 seconds to 7 days. */
const REQUEUE_SECONDS = { min: 10, max: 604_800 };
const NOT_SET: RoutingSettings = { enabled: false, strategy: 'ROUND_ROBIN', requeueAfterSeconds: null };
const settings = ['enabled', 'strategy', 'requeueAfterSeconds'] as const;

const settingsOf = ({ enabled, strategy, requeueAfterSeconds }: RoutingSettings | RoutingPolicy): RoutingSettings => ({
  enabled,
  strategy,
  requeueAfterSeconds: requeueAfterSeconds ?? null,
});

/**
 * Says how what waits for a team is given to its members. What is so already is not recorded. What was given out before
 * is looked at by the new time, where it is still to be answered.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for a team that was deactivated.
 */
export async function setRoutingPolicy(call: Call, input: SetRoutingPolicyInput): Promise<string> {
  const seconds = input.requeueAfterSeconds ?? null;
  const faults = new Faults();
  if (seconds !== null && (seconds < REQUEUE_SECONDS.min || seconds > REQUEUE_SECONDS.max)) {
    faults.add('requeueAfterSeconds', `must be ${REQUEUE_SECONDS.min} to ${REQUEUE_SECONDS.max}`);
  }
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'routing_policy.update');
    const { em, now, principal } = tx;
    const { workspaceId } = principal;
    await lockRouting(tx);
    const team = await lockedTeam(tx, input.teamId);
    refuseInactive(team, 'team');
    const known = await em.findOne(RoutingPolicy, { workspaceId, team: [workspaceId, team.id] } as never);
    const before = known ? settingsOf(known) : NOT_SET;
    const after: RoutingSettings = {
      enabled: input.enabled,
      strategy: input.strategy ?? before.strategy,
      requeueAfterSeconds: seconds,
    };
    const changes = settings
      .filter((setting) => before[setting] !== after[setting])
      .map((field): FieldChange => ({ field, before: before[field], after: after[field] }));
    if (changes.length === 0) return team.id;
    if (known) em.assign(known, { ...after, changedAt: now });
    else {
      em.persist(em.create(RoutingPolicy, { workspaceId, team, ...after, lastAgentId: null, changedAt: now }));
    }
    await em.flush();
    await lookAgain(tx, team.id);
    tx.record({
      action: 'routing_policy.updated',
      target: { type: 'team', id: team.id, label: team.name },
      teamId: team.id,
      changes,
      reason: input.reason ?? null,
    });
    return team.id;
  });
}

/** How the conversations of these teams are given out. */
export async function routingOf(
  { app, principal }: Call,
  teamIds: readonly string[],
): Promise<Map<string, RoutingSettings>> {
  const rows = await app.db.rows<RoutingSettings & { teamId: string }>(sql`
    select p.team_id as "teamId", p.enabled, p.strategy, p.requeue_after_seconds as "requeueAfterSeconds"
    from routing_policy p where p.workspace_id = ${principal.workspaceId} and p.team_id = any(${teamIds}::uuid[])`);
  const known = new Map(rows.map(({ teamId, ...policy }) => [teamId, policy]));
  return new Map(teamIds.map((id) => [id, known.get(id) ?? NOT_SET]));
}
