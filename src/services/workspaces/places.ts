import { LockMode } from '@mikro-orm/core';
import { Inbox } from '../../entities/inbox.js';
import { Team } from '../../entities/team.js';
import { LIST_CAP } from '../directory.js';
import { AppError, conflict, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { sql } from '../sql.js';
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
export function refuseInactive({ id, deactivatedAt }: Team | Inbox, noun: 'team' | 'inbox'): void {
  if (!deactivatedAt) return;
  throw conflict(`This ${noun} was deactivated.`, { [`${noun}Id`]: id, deactivatedAt: deactivatedAt.toISOString() });
}

/** All that are in use fit into the list. @throws AppError LIMIT_EXCEEDED */
export async function refuseFull(tx: Tx, noun: 'team' | 'inbox'): Promise<void> {
  const [{ count }] = (await tx.rows<{ count: number }>(sql`
    select count(*)::int as count from ${sql.raw(noun)}
    where workspace_id = ${tx.principal.workspaceId} and deactivated_at is null`)) as [{ count: number }];
  if (count < LIST_CAP) return;
  const limit = noun === 'team' ? 'teams' : 'inboxes';
  throw new AppError('LIMIT_EXCEEDED', `A workspace has at most ${LIST_CAP} ${limit}.`, {
    limit,
    value: LIST_CAP,
    asked: count + 1,
  });
}
