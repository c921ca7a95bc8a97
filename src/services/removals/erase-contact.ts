import type { Call } from '../application.js';
import { showDeleted } from '../conversations/deleted.js';
import { knownByOf, lockAdded, lockContacts } from '../contacts/contact-locks.js';
import { allMergedInto, refuseMerged } from '../contacts/merged.js';
import { sql, type Database } from '../database.js';
import { notFound } from '../errors.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { isId, newId } from '../ids.js';
import { recordingDenials } from '../record-denial.js';
import { Faults, MAX_REMARK } from '../text.js';
import { withTransaction } from '../transaction.js';
import { erasedOf } from './erased.js';
import { ofContact, placesOf } from './erase-step.js';
import { emptyExportFilters, filtersNaming } from './filters-of-contact.js';
import { finishRun } from './run-steps.js';

export interface EraseContactInput {
  contactId: string;
  reason: string;
  /** Only counts what would go. */
  dryRun?: boolean | null | undefined;
}

/** What goes, or has gone. */
export interface Erasure {
  contactId: string;
  /** Null for a dry run, and where everything had gone before. */
  runId: string | null;
  disclosures: number;
  messages: number;
  notes: number;
  /** False while the rest is still being removed, which goes on by itself. */
  completed: boolean;
}

/** Steps that the caller waits for; the rest is done by the sweep. */
const STEPS = 20;

/**
 * Takes everything personal of a contact out of the workspace: the profile at once, then, each announced on the record
 * before, the disclosures of the contact, and what was written in their conversations. Goes on by itself after a crash.
 * Who was merged into them is erased with them.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for who was merged into another contact; UNAVAILABLE
 *   while something arrives from an address that was just added.
 */
export async function eraseContact(call: Call, input: EraseContactInput): Promise<Erasure> {
  const faults = new Faults();
  faults.text('reason', input.reason, MAX_REMARK);
  faults.refuse();
  await recordingDenials(call, async () => refuseUnlessAdministrator(call, 'contact.erase'));
  const { workspaceId } = call.principal;
  const { app } = call;
  const { contactId } = input;
  if (!isId(contactId)) throw notFound('contact');
  if (input.dryRun) return wouldErase(app.db, workspaceId, contactId);
  // All that was ever filtered by and searched for takes its time, and must not be read under the contact's locks.
  const searched = await filtersNaming(app.db, workspaceId, await allMergedInto(app.db, workspaceId, [contactId]));
  const runId = await withTransaction(call, async (tx) => {
    // What is arriving from them is on the record before this goes on; what arrives later finds nobody.
    const known = await knownByOf(tx, workspaceId, await allMergedInto(tx, workspaceId, [contactId]));
    await lockContacts(tx, workspaceId, known);
    const [contact] = await tx.rows<{ mergedIntoId: string | null }>(sql`
      select c.merged_into_id as "mergedIntoId" from contact c
      where c.workspace_id = ${workspaceId} and c.id = ${contactId} for update`);
    if (!contact) throw notFound('contact');
    refuseMerged({ id: contactId, ...contact });
    // With who was merged into them, as it is under the locks.
    const contactIds = await allMergedInto(tx, workspaceId, [contactId]);
    await lockAdded(tx, workspaceId, known, contactIds);
    const id = newId();
    // Theirs are also the deleted ones, in the search of which they are named.
    await showDeleted(tx);
    // Before the profile is emptied, which says what would name them.
    const filters = await filtersNaming(tx, workspaceId, contactIds, searched);
    await emptyExportFilters(tx, workspaceId, filters);
    // Whoever writes from these addresses from now on is somebody we do not know.
    await tx.rows(sql`
      update contact set name = null, email = null, phone = null, external_id = null, about = null, avatar_url = null,
        attributes = '{}', block_reason = null, erased_at = coalesce(erased_at, ${tx.now}), updated_at = ${tx.now} where workspace_id = ${workspaceId} and id = any(${contactIds}::uuid[])`);
    await tx.rows(sql`
      update contact_identity set address = '[erased] ' || id, verified = false
      where workspace_id = ${workspaceId} and contact_id = any(${contactIds}::uuid[])`);
    await tx.rows(sql`
      update conversation set external_id = null, attributes = '{}', updated_at = ${tx.now}
      where workspace_id = ${workspaceId} and contact_id = ${contactId}`);
    await tx.rows(sql`
      update conversation_deletion d set external_id = null from conversation c
      where d.workspace_id = ${workspaceId} and c.workspace_id = d.workspace_id and c.id = d.conversation_id
        and c.contact_id = ${contactId} and d.external_id is not null`);
    await tx.rows(sql`
      insert into removal_run (workspace_id, id, kind, contact_id, filters, position, pending, announced, messages, notes, started_at)
      values (${workspaceId}, ${id}, 'ERASURE', ${contactId}, ${filters.sequences}::bigint[], -1, '{}', 0, 0, 0, ${tx.now})`);
    tx.record({
      action: 'erasure.requested',
      target: { type: 'contact', id: contactId, label: 'a contact' },
      contactId,
      metadata: { run: id },
      reason: input.reason,
    });
    return id;
  });
  const completed = await finishRun(app, workspaceId, runId, STEPS).catch((error: unknown) => {
    // It is on the record and in the table of runs: the sweep takes it up.
    app.log.warn({ err: error, runId }, 'an erasure was interrupted; it goes on by itself');
    return false;
  });
  const [run] = await app.db.rows<{ disclosures: number; messages: number; notes: number }>(sql`
    select r.announced as disclosures, r.messages, r.notes from removal_run r
    where r.workspace_id = ${workspaceId} and r.id = ${runId}`);
  return { contactId, runId, ...run!, completed };
}

/** Counts also what is in deleted conversations, which reading statements see by the table's full name alone. */
async function wouldErase(db: Database, workspaceId: string, contactId: string): Promise<Erasure> {
  const [found] = await db.rows<{ messages: number; notes: number; mergedIntoId: string | null }>(sql`
    select c.merged_into_id as "mergedIntoId", (select count(*)::int from message m join public.conversation v on v.workspace_id = m.workspace_id and v.id = m.conversation_id
        where m.workspace_id = ${workspaceId} and v.contact_id = c.id and m.salt <> '') as messages,
      (select count(*)::int from note n join public.conversation v on v.workspace_id = n.workspace_id and v.id = n.conversation_id
        where n.workspace_id = ${workspaceId} and v.contact_id = c.id and n.salt <> '') as notes
    from contact c where c.workspace_id = ${workspaceId} and c.id = ${contactId}`);
  if (!found) throw notFound('contact');
  const { mergedIntoId, ...texts } = found;
  refuseMerged({ id: contactId, mergedIntoId });
  const { sequences } = await filtersNaming(db, workspaceId, await allMergedInto(db, workspaceId, [contactId]));
  const erased = await erasedOf(db, workspaceId, contactId, sequences);
  let disclosures = 0;
  for (let position = -1; ;) {
    const rows = await db.rows<{ sequence: number; body: string; disclosures: string[] }>(
      ofContact(workspaceId, erased, position),
    );
    if (rows.length === 0) break;
    for (const row of rows) disclosures += placesOf(row, erased).places.length;
    position = rows.at(-1)!.sequence;
  }
  return { contactId, runId: null, disclosures, ...texts, completed: false };
}
