import type { Tx } from '../commit.js';
import { sql } from '../database.js';
import { rowLimit } from '../paging.js';
import { isCustomAction } from '../record/actions/custom.js';
import { announceDisclosures, BATCH, placesWhere, type Disclosing } from './disclosures.js';
import { eraseTexts } from './erase-texts.js';
import type { Announced, Run } from './run-steps.js';

/** Announces the next disclosures of what was said and done in the conversation. @returns null when there are none left. */
export async function announcePurge(tx: Tx, run: Run): Promise<Announced | null> {
  const conversationId = run.conversationId!;
  const rows = await tx.rows<Disclosing>(sql`
    select b.sequence, b.body, b.disclosures from record_body b
    where b.workspace_id = ${run.workspaceId} and b.conversation_id = ${conversationId}::uuid and b.sequence > ${run.position}
    order by b.sequence limit ${rowLimit(BATCH)}`);
  if (rows.length === 0) return null;
  const about = { target: { type: 'conversation', id: conversationId, label: 'a conversation' }, conversationId };
  return announceDisclosures(tx, run, rows, about, (row, names) => placesWhere(row, names, isOfConversation));
}

/**
 * Which disclosures of an event of the conversation go with what it held: as in erasing a contact those of its customer,
 * and all that was written into it. Who worked on it, and why, stays.
 */
function isOfConversation({ action, actor, target }: Parameters<Parameters<typeof placesWhere>[2]>[0], name: string) {
  const isCustom = isCustomAction(action);
  if (name === 'actor.label' || name.startsWith('net.')) return actor.kind === 'CONTACT';
  if (name === 'target.label') return target?.type === 'contact' || isCustom;
  if (name.startsWith('changes.')) return true;
  if (name === 'labels.text') return isCustom || action === 'audit.annotated';
  if (name === 'reason') return isCustom;
  return name === 'labels.failure' || name.startsWith('labels.contact');
}

/** Removes the next of what the conversation held; when nothing is left its tombstone says so. @returns whether there is more. */
export async function completePurge(tx: Tx, run: Run): Promise<boolean> {
  const { workspaceId } = run;
  const conversationId = run.conversationId!;
  if (await eraseTexts(tx, run, sql`select ${conversationId}::uuid`)) return true;
  await tx.rows(sql`
    update handover set comment = null, summary = null, settlement_reason = null
    where workspace_id = ${workspaceId} and conversation_id = ${conversationId}`);
  // It waits for nobody any more, so that nothing that looks for what waits reads past it.
  await tx.rows(sql`
    update conversation set subject = null, attributes = '{}', status = 'RESOLVED', bot_active = false, snoozed_until = null,
      waiting_since = null, resolved_at = coalesce(resolved_at, ${tx.now}), updated_at = ${tx.now}
    where workspace_id = ${workspaceId} and id = ${conversationId}`);
  await tx.rows(sql`
    delete from search_entry where workspace_id = ${workspaceId} and conversation_id = ${conversationId}`);
  await tx.rows(sql`
    update conversation_deletion set reason = null, external_id = null, purged_at = ${tx.now}
    where workspace_id = ${workspaceId} and conversation_id = ${conversationId}`);
  return false;
}
