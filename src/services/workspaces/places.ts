import { LockMode } from '@mikro-orm/core';
import { Inbox } from '../../entities/inbox.js';
import { Team } from '../../entities/team.js';
import { LIST_CAP } from '../directory.js';
import { AppError, conflict, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { sql, type Sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/** @throws AppError NOT_FOUND */
export async function lockedTeam(tx: Tx, id: string): Promise<Team> {
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const team = isId(id) ? await tx.em.findOne(Team, { workspaceId: tx.principal.workspaceId, id }, lock) : null;
  if (!team) throw notFound('team');
  return team;
}

/** @throws AppError NOT_FOUND */
export async function lockedInbox(tx: Tx, id: string): Promise<Inbox> {
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const inbox = isId(id) ? await tx.em.findOne(Inbox, { workspaceId: tx.principal.workspaceId, id }, lock) : null;
  if (!inbox) throw notFound('inbox');
  return inbox;
}

/** What is not used any more is not changed. @throws AppError CONFLICT */
export function refuseInactive(
  { id, deactivatedAt }: { id: string; deactivatedAt?: Date | null | undefined },
  noun: string,
): void {
  if (!deactivatedAt) return;
  const key = noun.replace(/ ./g, (start) => start.slice(1).toUpperCase());
  throw conflict(`This ${noun} was deactivated.`, { [`${key}Id`]: id, deactivatedAt: deactivatedAt.toISOString() });
}

/** All that are in use fit into the list. @throws AppError LIMIT_EXCEEDED */
export const refuseFull = (tx: Tx, noun: 'team' | 'inbox'): Promise<void> =>
  refuseBeyond(tx, {
    limit: noun === 'team' ? 'teams' : 'inboxes',
    value: LIST_CAP,
    there: sql`from ${sql.raw(noun)} t where t.workspace_id = ${tx.principal.workspaceId} and t.deactivated_at is null`,
  });

/**
 * Refuses one more of what a workspace has a bounded number of. Who makes one holds the limit until it is there, so that
 * those who come at once do not pass together.
 * @param of what they are, most of them, and `from … where …` of those that are there
 * @throws AppError LIMIT_EXCEEDED
 */
export async function refuseBeyond(
  tx: Tx,
  { limit, value, there }: { limit: string; value: number; there: Sql },
): Promise<void> {
  await holdLimit(tx, limit);
  // A statement of its own: what those before have made is seen once the lock is held.
  const [{ count }] = (await tx.rows<{ count: number }>(sql`select count(*)::int as count ${there}`)) as [
    { count: number },
  ];
  if (count < value) return;
  const words = limit.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  throw new AppError('LIMIT_EXCEEDED', `A workspace has at most ${value} ${words}.`, {
    limit,
    value,
    asked: count + 1,
  });
}

/** Has others who make one more of these wait until this one is there, or is not. */
export async function holdLimit(tx: Tx, limit: string): Promise<void> {
  const lock = `${tx.principal.workspaceId}/limit/${limit}`;
  await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`);
}
