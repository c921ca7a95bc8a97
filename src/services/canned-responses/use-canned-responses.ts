import type { CannedResponse } from '../../entities/canned-response.js';
import type { RowOf } from '../../entities/row.js';
import type { OpenTransaction } from '../commit.js';
import { invalid, type AppError } from '../errors.js';
import type { Part } from '../record/append.js';
import { sql } from '../sql.js';

/** What answers an id that is none of a canned response in use. */
export const noResponse = (): AppError =>
  invalid({ path: 'cannedResponseId', message: 'there is no such canned response in use' });

/** A canned response that an answer is sent with. */
export type UsedResponse = Pick<RowOf<CannedResponse>, 'id' | 'shortcut'>;

/** Those of these canned responses that are in use, by id. */
export async function responsesInUse(
  { rows }: OpenTransaction,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, UsedResponse>> {
  if (ids.length === 0) return new Map();
  const found = await rows<UsedResponse>(sql`
    select t.id, t.shortcut from canned_response t
    where t.workspace_id = ${workspaceId} and t.id = any(${ids}::uuid[]) and t.deactivated_at is null`);
  return new Map(found.map((row) => [row.id, row]));
}

/**
 * Counts what is sent, as part of the statement that stores it: so late, and yet before the record's head is locked, as
 * whoever changes a canned response locks it. In order of id, else two who send with the same two would wait for each other.
 */
export function countUses(workspaceId: string, ids: readonly string[]): Part[] {
  if (ids.length === 0) return [];
  const uses = Object.entries(Object.groupBy(ids, (id) => id)).map(([id, each]) => ({ id, times: each!.length }));
  return [
    {
      name: 'counted',
      write: sql`
        with used as materialized (
          select r.id, n.times from canned_response r
          join jsonb_to_recordset(${JSON.stringify(uses)}::jsonb) as n (id uuid, times int) on n.id = r.id
          where r.workspace_id = ${workspaceId} order by r.id for no key update of r)
        update canned_response r set use_count = r.use_count + used.times from used
        where r.workspace_id = ${workspaceId} and r.id = used.id
        returning 1 as done`,
    },
  ];
}
