import { Contact } from '../../entities/contact.js';
import type { Database } from '../database.js';
import { conflict } from '../errors.js';
import { sql, type Sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/** Merges that stand, with all that were merged below these contacts, as `below`. */
const below = (workspaceId: string, ids: readonly string[]): Sql => sql`
  with recursive below(id, contact_id) as (
    select m.id, m.contact_id from contact_merge m
      where m.workspace_id = ${workspaceId} and m.into_id = any(${ids}::uuid[]) and m.undone_at is null
    union all select m.id, m.contact_id from below b join contact_merge m on m.into_id = b.contact_id
      where m.workspace_id = ${workspaceId} and m.undone_at is null)`;

/** These contacts, and all who were merged into them. */
export async function allMergedInto(
  db: Pick<Database, 'rows'>,
  workspaceId: string,
  ids: readonly string[],
): Promise<string[]> {
  const merged = await db.rows<{ id: string }>(sql`${below(workspaceId, ids)} select b.contact_id as id from below b`);
  return [...new Set([...ids, ...merged.map(({ id }) => id)])];
}

/** The contacts that fulfil a condition on `c`, and who goes on for those who were merged, step by step, as `up`. */
export const upwards = (workspaceId: Sql, condition: Sql): Sql => sql`
  with recursive up(id, into_id) as (
    select c.id, c.merged_into_id from contact c where c.workspace_id = ${workspaceId} and (${condition})
    union select c.id, c.merged_into_id from up join contact c on c.workspace_id = ${workspaceId} and c.id = up.into_id)`;

/** How somebody was found: as which contacts, each merged into the next, or by which address. */
export interface FoundBy {
  contactIds: readonly string[];
  identityId: string | null;
}

/** A merge that stands, and what came with who was merged. */
export interface StandingMerge {
  id: string;
  contactId: string;
  identityIds: readonly string[];
}

/** All merges that stand below these contacts. */
export const standingMerges = (
  { rows }: Pick<Database, 'rows'>,
  workspaceId: string,
  ids: readonly string[],
): Promise<StandingMerge[]> =>
  rows<StandingMerge>(sql`
    ${below(workspaceId, ids)}
    select m.id, m.contact_id as "contactId", m.identity_ids as "identityIds" from contact_merge m
    where m.workspace_id = ${workspaceId} and m.id in (select b.id from below b)`);

/** Those of them by which somebody was found who alone is known like this: what comes from there goes back with them. */
export const mergesOf = (merges: readonly StandingMerge[], { contactIds, identityId }: FoundBy): string[] =>
  merges
    .filter((merge) => contactIds.includes(merge.contactId) || (identityId && merge.identityIds.includes(identityId)))
    .map(({ id }) => id);

/** Who a contact is now, and as whom they were found on the way. */
export async function goneInto({ em, principal }: Tx, found: Contact): Promise<{ contact: Contact; path: string[] }> {
  const path = [found.id];
  let contact = found;
  while (contact.mergedIntoId) {
    contact = await em.findOneOrFail(Contact, { workspaceId: principal.workspaceId, id: contact.mergedIntoId });
    path.push(contact.id);
  }
  return { contact, path };
}

/** Something that a contact has gained, and the merges that it goes back with. */
export interface Gained {
  mergeIds: readonly string[];
  conversationId?: string;
  identityId?: string;
}

/**
 * Notes with the merges what is of who was merged alone: what comes from an address or an external id of theirs since. If
 * the merge was wrong it goes with them.
 */
export async function noteWithMerges(
  { rows, principal }: Pick<Tx, 'rows' | 'principal'>,
  gained: readonly Gained[],
): Promise<void> {
  const noted = gained.flatMap(({ mergeIds, conversationId = null, identityId = null }) =>
    mergeIds.map((mergeId) => ({ mergeId, conversationId, identityId })),
  );
  if (noted.length === 0) return;
  const { workspaceId } = principal;
  const ids = [...new Set(noted.map(({ mergeId }) => mergeId))];
  // In one order, as everywhere: two who note something with the same merges at once wait for each other.
  await rows(sql`
    select 1 as locked from contact_merge m
    where m.workspace_id = ${workspaceId} and m.id = any(${ids}::uuid[]) order by m.id for update`);
  await rows(sql`
    with noted as (
      select * from jsonb_to_recordset(${JSON.stringify(noted)}::jsonb)
        as n ("mergeId" uuid, "conversationId" uuid, "identityId" uuid))
    update contact_merge m set
      conversation_ids = m.conversation_ids || array(
        select n."conversationId" from noted n where n."mergeId" = m.id and n."conversationId" is not null),
      identity_ids = m.identity_ids || array(
        select n."identityId" from noted n where n."mergeId" = m.id and n."identityId" is not null)
    where m.workspace_id = ${workspaceId} and m.id = any(${ids}::uuid[])`);
}

/** @throws AppError CONFLICT for who is another contact by now. */
export function refuseMerged({ id, mergedIntoId }: { id: string; mergedIntoId?: string | null | undefined }): void {
  if (mergedIntoId) throw conflict('This contact was merged into another one.', { contactId: id, mergedIntoId });
}
