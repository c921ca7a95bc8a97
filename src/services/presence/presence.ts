import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { Agent } from '../../entities/agent.js';
import type { PresenceStatus } from '../../entities/enums.js';
import { Presence } from '../../entities/presence.js';
import type { Application, Call } from '../application.js';
import { commit, type Tx } from '../commit.js';
import { sql } from '../database.js';
import { forbidden } from '../errors.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { Faults, MAX_REASON } from '../text.js';
import { withTransaction } from '../transaction.js';

/** Whether an agent is there, as callers see it. */
export interface PresenceRow {
  agentId: string;
  status: PresenceStatus;
  since: Date;
  reason: string | null;
  automatic: boolean;
  /** Up to how many conversations automatic assignment gives them; null = as many as there are. */
  capacity: number | null;
}

/** What an agent may say of themselves; OFFLINE is what closing every socket says. */
export type ChosenStatus = Exclude<PresenceStatus, 'OFFLINE'>;

/**
 * Says how the calling agent is: away or busy until they say otherwise or leave; ONLINE gives it back to the sockets.
 * @throws AppError FORBIDDEN for keys and bots, VALIDATION_FAILED
 */
export async function setPresence(
  call: Call,
  input: { status: PresenceStatus; reason?: string | null | undefined },
): Promise<string> {
  const faults = new Faults();
  if (input.status === 'OFFLINE') faults.add('status', 'cannot be chosen: sign out or close the sockets');
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  if (call.principal.kind !== 'AGENT') throw forbidden('Only people have a presence.');
  const agentId = call.principal.id!;
  await withTransaction(call, (tx) =>
    changePresence(tx, agentId, {
      status: input.status,
      automatic: input.status === 'ONLINE',
      reason: input.reason ?? null,
    }),
  );
  return agentId;
}

/**
 * A socket of an agent was opened, or the last one closed, as the leases now say. Coming makes ONLINE, but leaves what
 * the agent has chosen; going makes OFFLINE whatever was chosen.
 */
export async function socketsChanged(app: Application, workspaceId: string, agentId: string): Promise<void> {
  const request = { id: newId(), ipAddress: null, userAgent: null };
  await commit({ app, principal: systemPrincipal(workspaceId), request }, async (tx) => {
    const there = await hasSockets(tx.em, workspaceId, agentId, tx.now);
    const known = await lockPresence(tx, agentId);
    if (there === (known !== null && known.status !== 'OFFLINE')) return;
    await changePresence(tx, agentId, { status: there ? 'ONLINE' : 'OFFLINE', automatic: true, reason: null });
  });
}

/** The presence of these agents; who was never there is OFFLINE since they joined. */
export async function presencesOf({ app, principal }: Call, agentIds: readonly string[]): Promise<PresenceRow[]> {
  return app.db.rows<PresenceRow>(sql`
    select a.id as "agentId", coalesce(p.status, 'OFFLINE') as status, coalesce(p.since, a.created_at) as since,
      p.reason, coalesce(p.automatic, true) as automatic, a.capacity
    from agent a left join presence p on p.workspace_id = a.workspace_id and p.agent_id = a.id
    where a.workspace_id = ${principal.workspaceId} and a.id = any(${agentIds}::uuid[])`);
}

async function hasSockets(em: SqlEntityManager, workspaceId: string, agentId: string, now: Date): Promise<boolean> {
  const [row] = await em.execute<{ there: boolean }[]>(
    `select exists (select 1 from socket_lease where workspace_id = ? and agent_id = ? and sockets > 0
       and expires_at > ?) as there`,
    [workspaceId, agentId, now],
  );
  return row!.there;
}

/** The agent's row, locked, so that two nodes never both see the last socket go. */
async function lockPresence({ em, principal }: Tx, agentId: string): Promise<Presence | null> {
  const { workspaceId } = principal;
  await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`${workspaceId}/presence/${agentId}`]);
  return em.findOne(Presence, { workspaceId, agent: [workspaceId, agentId] } as never, { refresh: true });
}

async function changePresence(
  tx: Tx,
  agentId: string,
  to: { status: PresenceStatus; automatic: boolean; reason: string | null },
): Promise<void> {
  const { em, now, principal } = tx;
  const { workspaceId } = principal;
  const agent = await em.findOneOrFail(Agent, { workspaceId, id: agentId });
  const known = await lockPresence(tx, agentId);
  const before = known?.status ?? 'OFFLINE';
  if (before === to.status && (known?.reason ?? null) === to.reason && (known?.automatic ?? true) === to.automatic)
    return;
  if (known) Object.assign(known, { ...to, since: now });
  else em.persist(em.create(Presence, { workspaceId, agent, ...to, since: now }));
  tx.record({
    action: 'agent.presence_changed',
    actor: { kind: 'AGENT', id: agent.id, label: agent.displayName },
    target: { type: 'agent', id: agent.id, label: agent.displayName },
    changes: [{ field: 'presence', before, after: to.status }],
    metadata: { to: to.status, automatic: to.automatic },
    reason: to.reason,
  });
}
