import { LockMode } from '@mikro-orm/core';
import { Conversation } from '../../entities/conversation.js';
import { conflict, unavailable, type AppError } from '../errors.js';
import { rowLimit } from '../paging.js';
import { sql, type Sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/** Why nothing more is done in a conversation that goes on in another one. */
export const mergedConflict = ({
  id,
  mergedIntoId,
}: {
  id: string;
  mergedIntoId?: string | null | undefined;
}): AppError =>
  conflict('This conversation was merged into another one, where it goes on.', { conversationId: id, mergedIntoId });

/** A conversation, over `id`, and all that was merged into it, as a SELECT of ids. */
export const intoOne = (id: Sql, workspaceId: Sql): Sql => sql`
  with recursive one(id) as (
    select ${id} union all
    select m.id from one join conversation m on m.workspace_id = ${workspaceId} and m.merged_into_id = one.id)
  select one.id from one`;

/** The `id` of what goes on for the conversation that is known by this, over `c`, as a SELECT. */
export const goesOnIn = (workspaceId: Sql, known: Sql): Sql => sql`
  with recursive up(id, into_id, step) as (
    select c.id, c.merged_into_id, 0 from conversation c where c.workspace_id = ${workspaceId} and ${known}
    union all select c.id, c.merged_into_id, up.step + 1 from up
      join conversation c on c.workspace_id = ${workspaceId} and c.id = up.into_id)
  select up.id from up order by up.step desc limit ${rowLimit(1)}`;

/** How often it is looked again where a conversation goes on: each time somebody has just merged it, or taken it apart. */
const MOST_LOOKS = 5;

/**
 * Locks the conversation that is known by this, or the one that it goes on in, for what arrives for it: while that is
 * being done neither is merged, nor taken apart from the other.
 * @returns null where nothing is known by it.
 * @throws AppError UNAVAILABLE where it is merged and taken apart all the time.
 */
export async function lockGoingOn(tx: Tx, by: { id: string } | { externalId: string }): Promise<Conversation | null> {
  const { em, principal } = tx;
  const { workspaceId } = principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const;
  const found = await em.findOne(Conversation, { workspaceId, mergedIntoId: null, ...by }, lock);
  if (found) return found;
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const id = await goingOnIn(tx, by);
    if (id === null) return null;
    const conversation = await em.findOne(Conversation, { workspaceId, id }, lock);
    if ((await goingOnIn(tx, by)) === id) return conversation;
  }
  throw unavailable('This conversation is being merged at this moment. Try again.');
}

/** The id of what goes on for the conversation that is known by this; without a lock, it may be another one at once. */
async function goingOnIn({ rows, principal }: Tx, by: { id: string } | { externalId: string }): Promise<string | null> {
  const { workspaceId } = principal;
  const known = 'id' in by ? sql`c.id = ${by.id}` : sql`c.external_id = ${by.externalId}`;
  const [last] = await rows<{ id: string }>(goesOnIn(sql`${workspaceId}`, known));
  return last?.id ?? null;
}

/**
 * Refuses that of two conversations that were merged one gets another contact, and the other does not. The caller holds
 * the locks of those that do.
 * @throws AppError CONFLICT
 */
export async function refuseTornApart({ rows, principal }: Tx, ids: readonly string[]): Promise<void> {
  const { workspaceId } = principal;
  const [torn] = await rows<{ id: string; mergedIntoId: string }>(sql`
    select c.id, c.merged_into_id as "mergedIntoId" from conversation c
    where c.workspace_id = ${workspaceId} and c.merged_into_id is not null
      and (c.id = any(${ids}::uuid[]) or c.merged_into_id = any(${ids}::uuid[]))
      and (c.id = any(${ids}::uuid[])) <> (c.merged_into_id = any(${ids}::uuid[]))
    order by c.id limit ${rowLimit(1)}`);
  if (!torn) return;
  throw conflict(
    'Two of their conversations were merged, and one of these would stay behind: take them apart before.',
    {
      conversationId: torn.id,
      mergedIntoId: torn.mergedIntoId,
    },
  );
}
