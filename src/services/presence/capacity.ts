import type { Call } from '../application.js';
import { lockedAgent } from '../agents/write-agents.js';
import { forbidden } from '../errors.js';
import { canSetCapacity } from '../policy-of-routing.js';
import { sql } from '../sql.js';
import { Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction } from '../transaction.js';

/** More than anybody attends to at once. */
export const MAX_CAPACITY = 1_000;

/** What of an agent's conversations takes their attention, on table `c`: what is resolved, put aside, spam or deleted does not. */
export const takesAttention = sql`(c.status <> 'RESOLVED' and c.status <> 'SNOOZED' and not c.spam and c.deleted_at is null)`;

/**
 * Says up to how many conversations an agent is given by automatic assignment; people may give them more. What is so
 * already is not recorded.
 * @param input capacity null = as many as there are; 0 = none.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function setAgentCapacity(
  call: Call,
  input: { agentId: string; capacity?: number | null | undefined } & WithReason,
): Promise<string> {
  const capacity = input.capacity ?? null;
  const faults = new Faults();
  if (capacity !== null && (capacity < 0 || capacity > MAX_CAPACITY)) {
    faults.add('capacity', `must be 0 to ${MAX_CAPACITY}`);
  }
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const agent = await lockedAgent(tx, input.agentId);
    const target = { type: 'agent', id: agent.id, label: agent.displayName };
    if (!canSetCapacity(tx.principal, agent.id)) {
      throw forbidden('Only administrators and their supervisors may do this.').recordedAs({
        attempted: 'agent.set_capacity',
        target,
      });
    }
    const before = agent.capacity ?? null;
    if (before === capacity) return agent.id;
    agent.capacity = capacity;
    tx.record({
      action: 'agent.capacity_changed',
      target,
      changes: [{ field: 'capacity', before, after: capacity }],
      metadata: { to: capacity ?? 'unlimited' },
      reason: input.reason ?? null,
    });
    return agent.id;
  });
}

/** How many conversations each of these agents attends to. */
export async function openConversationsOf(
  { app, principal }: Call,
  agentIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await app.db.rows<{ id: string; open: number }>(sql`
    select k.id, (select count(*)::int from conversation c where c.workspace_id = ${principal.workspaceId}
      and c.assignee_id = k.id and ${takesAttention}) as open
    from unnest(${agentIds}::uuid[]) as k(id)`);
  return new Map(rows.map(({ id, open }) => [id, open]));
}
