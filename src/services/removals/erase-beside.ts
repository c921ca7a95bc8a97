import type { Tx } from '../commit.js';
import { sql, type Sql } from '../sql.js';
import { rowLimit } from '../paging.js';

/** The texts that one step has removed, and the lines of transcripts that they were of. */
export interface Gone {
  n: number;
  ids: string[];
}

/** Empties the next of what was written down of the recordings of these conversations, also what was replaced since. */
export async function eraseSpeech(tx: Tx, conversations: Sql, batch: number): Promise<Gone> {
  const { workspaceId } = tx.principal;
  const [gone] = await tx.rows<Gone>(sql`
    with gone as (update speech set segments = '[]', words = '', salt = '', replaced_at = coalesce(replaced_at, ${tx.now})
      where (workspace_id, id) in (select s.workspace_id, s.id from attachment a
        join speech s on s.workspace_id = a.workspace_id and s.attachment_id = a.id
        where a.workspace_id = ${workspaceId} and a.conversation_id in (${conversations}) and s.salt <> ''
        limit ${rowLimit(batch)}) returning attachment_id)
    select count(*)::int as n, coalesce(array_agg(distinct a.message_id), '{}') as ids from gone
    join attachment a on a.workspace_id = ${workspaceId} and a.id = gone.attachment_id`);
  return gone!;
}

/** Empties the next translations of what was said in these conversations, also those of what was said before. */
export async function eraseTranslations(tx: Tx, conversations: Sql, batch: number): Promise<Gone> {
  const { workspaceId } = tx.principal;
  const [gone] = await tx.rows<Gone>(sql`
    with gone as (update translation set text = '', salt = '', withdrawn_at = coalesce(withdrawn_at, ${tx.now})
      where (workspace_id, id) in (select t.workspace_id, t.id from message m
        join translation t on t.workspace_id = m.workspace_id and t.message_id = m.id
        where m.workspace_id = ${workspaceId} and m.conversation_id in (${conversations}) and t.salt <> ''
        limit ${rowLimit(batch)}) returning message_id)
    select count(*)::int as n, coalesce(array_agg(distinct gone.message_id), '{}') as ids from gone`);
  return gone!;
}
