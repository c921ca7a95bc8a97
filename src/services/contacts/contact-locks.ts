import type { Channel } from '../../entities/enums.js';
import { unavailable } from '../errors.js';
import { sql } from '../sql.js';
import { addressOf } from './addresses.js';
import type { Tx } from '../transaction.js';

/** By what somebody is known: an id of another system, or an address of a channel as it is kept. */
export interface KnownBy {
  externalId?: string | null | undefined;
  channel?: Channel;
  address?: string | null | undefined;
}

/**
 * Holds until the end of the transaction what these contacts are known by, whether they are there yet or not, so that
 * two who come at once never make two of them. Everybody takes these locks in one order, before any row's.
 */
export async function lockContacts(
  { rows }: Pick<Tx, 'rows'>,
  workspaceId: string,
  known: readonly KnownBy[],
): Promise<void> {
  const names = locksOf(workspaceId, known);
  if (names.length === 0) return;
  await rows(sql`select pg_advisory_xact_lock(hashtextextended(l.name, 0)) from unnest(${names}::text[]) as l(name)`);
}

/** The same for who is known by an id and by an address in an inbox, whose channel is not known yet. */
export async function lockContactOfInbox(
  { rows }: Pick<Tx, 'rows'>,
  workspaceId: string,
  inboxId: string,
  { externalId, address }: Pick<KnownBy, 'externalId' | 'address'>,
): Promise<void> {
  const names = locksOf(workspaceId, [{ externalId }]);
  // After that of the id, as they are sorted everywhere.
  await rows(sql`
    select pg_advisory_xact_lock(hashtextextended(l.name, 0)) from unnest(${names}::text[] || array(
      select ${`${workspaceId}/identity:`} || i.channel || ':' || ${addressOf(sql`i.channel`, address)}
      from inbox i where i.workspace_id = ${workspaceId} and i.id = ${inboxId})) as l(name)
    where l.name is not null`);
}

/**
 * Holds what has been added to what these contacts are known by, since that was read and locked: called with their rows
 * locked, so that nothing more is added. Without waiting, for whoever has such a lock may wait for the rows.
 * @throws AppError UNAVAILABLE where something is arriving from there at this moment.
 */
export async function lockAdded(
  tx: Pick<Tx, 'rows'>,
  workspaceId: string,
  held: readonly KnownBy[],
  ids: readonly string[],
): Promise<void> {
  const before = new Set(locksOf(workspaceId, held));
  const added = locksOf(workspaceId, await knownByOf(tx, workspaceId, ids)).filter((name) => !before.has(name));
  if (added.length === 0) return;
  const taken = await tx.rows<{ done: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(l.name, 0)) as done from unnest(${added}::text[]) as l(name)`,
  );
  if (taken.every(({ done }) => done)) return;
  throw unavailable('Something is arriving from this contact at this moment. Try again.');
}

/** By what these contacts are known now; it may be more by the time that its locks are held. */
export const knownByOf = (
  { rows }: Pick<Tx, 'rows'>,
  workspaceId: string,
  ids: readonly string[],
): Promise<KnownBy[]> =>
  rows<KnownBy & object>(sql`
    select null as "externalId", i.channel, i.address from contact_identity i
    where i.workspace_id = ${workspaceId} and i.contact_id = any(${ids}::uuid[])
    union all select c.external_id, null, null from contact c
    where c.workspace_id = ${workspaceId} and c.id = any(${ids}::uuid[])`);

/** The names of these locks, in the order in which everybody takes them. */
function locksOf(workspaceId: string, known: readonly KnownBy[]): string[] {
  const locks = known.flatMap(({ externalId, channel, address }) => [
    ...(externalId ? [`contact:${externalId}`] : []),
    ...(address ? [`identity:${channel}:${address}`] : []),
  ]);
  return [...new Set(locks)].toSorted().map((lock) => `${workspaceId}/${lock}`);
}
