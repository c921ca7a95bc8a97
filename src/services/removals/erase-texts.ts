import { eraseFiles } from '../attachments/remove-attachments.js';
import type { Tx } from '../commit.js';
import { sql, type Sql } from '../database.js';
import { rowLimit } from '../paging.js';
import { BATCH } from './disclosures.js';
import { eraseSpeech, eraseTranslations, type Gone } from './erase-beside.js';
import type { Run } from './run-steps.js';

/** In place of what was written: the salt dies with the text, so that its digest on the record tells nothing. */
const GONE = '[erased]';

/**
 * Removes the next of what was written and sent in conversations, and counts it for the run. @returns whether there may be
 * more.
 */
export async function eraseTexts(tx: Tx, run: Run, conversations: Sql): Promise<boolean> {
  const { workspaceId } = run;
  const entries = sql`select t.id from transcript_entry t
    where t.workspace_id = ${workspaceId} and t.conversation_id in (${conversations})`;
  if (await eraseFiles(tx, conversations, run.id)) return true;
  const speech = await eraseSpeech(tx, conversations, BATCH);
  const translations = await eraseTranslations(tx, conversations, BATCH);
  // Revisions first: they are found by the entries that they belong to.
  const [revisions] = await tx.rows<Gone>(sql`
    with gone as (update text_revision set text = ${GONE}, salt = '', reason = null
      where (workspace_id, entry_id, number) in (select r.workspace_id, r.entry_id, r.number from text_revision r
        where r.workspace_id = ${workspaceId} and r.salt <> '' and r.entry_id in (${entries}) limit ${rowLimit(BATCH)}) returning entry_id as id)
    select count(*)::int as n, coalesce(array_agg(distinct id), '{}') as ids from gone`);
  const [messages] = await tx.rows<Gone>(sql`
    with gone as (update message set text = null, salt = '', external_id = null, failure_reason = null, deleted_at = coalesce(deleted_at, ${tx.now})
      where (workspace_id, id) in (select m.workspace_id, m.id from message m
        where m.workspace_id = ${workspaceId} and m.salt <> '' and m.conversation_id in (${conversations}) limit ${rowLimit(BATCH)}) returning id)
    select count(*)::int as n, coalesce(array_agg(distinct id), '{}') as ids from gone`);
  const [notes] = await tx.rows<Gone>(sql`
    with gone as (update note set text = ${GONE}, salt = ''
      where (workspace_id, id) in (select n.workspace_id, n.id from note n
        where n.workspace_id = ${workspaceId} and n.salt <> '' and n.conversation_id in (${conversations}) limit ${rowLimit(BATCH)}) returning id)
    select count(*)::int as n, coalesce(array_agg(distinct id), '{}') as ids from gone`);
  const texts = [messages!, notes!, revisions!, speech, translations];
  if (texts.some(({ n }) => n > 0)) {
    const ids = texts.flatMap((gone) => gone.ids);
    await tx.rows(sql`
      update transcript_entry set removal_id = ${run.id} where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])`);
    await tx.rows(sql`
      update removal_run set messages = messages + ${messages!.n}, notes = notes + ${notes!.n}
      where workspace_id = ${workspaceId} and id = ${run.id}`);
    return true;
  }
  return false;
}
