import { allMergedInto } from '../contacts/merged.js';
import { sql, type Database } from '../database.js';
import { firstSince } from '../record/read.js';

/** A time in which another contact was taken for one who is erased, as sequences. */
export interface Shared {
  contactId: string;
  from: number;
  to: number;
}

/** Whose data goes. */
export interface Erased {
  /** The contact and all who were merged into them. */
  contactIds: readonly string[];
  /** What was recorded of either while two were one is of both. */
  shared: readonly Shared[];
  /** The events with what others filtered by that names them. */
  filters: readonly number[];
}

/** What two merged contacts had in common ends a little later than it is said to: clocks differ. */
const MARGIN_MS = 60_000;

/** Whose data goes with that of a contact. Found again at each step: who was erased is neither merged nor taken apart. */
export async function erasedOf(
  db: Pick<Database, 'rows'>,
  workspaceId: string,
  contactId: string,
  filters: readonly number[],
): Promise<Erased> {
  const contactIds = await allMergedInto(db, workspaceId, [contactId]);
  const rows = await db.rows<{
    other: string;
    from: number | null;
    to: number | null;
    mergedAt: Date;
    undoneAt: Date;
  }>(sql`
    select k.other, f.sequence as "from", t.sequence as "to", m.merged_at as "mergedAt", m.undone_at as "undoneAt"
    from contact_merge m cross join lateral (
      select case when m.into_id = any(${contactIds}::uuid[]) then m.contact_id else m.into_id end as other) k
    left join record_body f on f.workspace_id = m.workspace_id and f.event_id = m.merged_event_id
    left join record_body t on t.workspace_id = m.workspace_id and t.event_id = m.undone_event_id
    where m.workspace_id = ${workspaceId} and m.undone_at is not null
      and (m.into_id = any(${contactIds}::uuid[]) or m.contact_id = any(${contactIds}::uuid[]))`);
  const shared: Shared[] = [];
  for (const { other, from, to, mergedAt, undoneAt } of rows) {
    if (contactIds.includes(other)) continue;
    const until = new Date(undoneAt.getTime() + MARGIN_MS);
    shared.push({
      contactId: other,
      from: from ?? (await firstSince(db, workspaceId, mergedAt)) ?? 0,
      to: to ?? (await firstSince(db, workspaceId, until)) ?? Number.MAX_SAFE_INTEGER,
    });
  }
  return { contactIds, shared, filters };
}

/** Whether somebody in an event is one whose data goes. */
export const isErased = ({ contactIds, shared }: Erased, id: string | null | undefined, sequence: number): boolean =>
  id != null &&
  (contactIds.includes(id) ||
    shared.some(({ contactId, from, to }) => contactId === id && sequence >= from && sequence <= to));
