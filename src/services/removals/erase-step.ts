import type { Tx } from '../commit.js';
import { sql } from '../database.js';
import { rowLimit } from '../paging.js';
import { isCustomAction } from '../record/actions/custom.js';
import type { ErasedPlaces } from '../record/announcements.js';
import type { RecordBody } from '../record/envelope.js';
import { announceDisclosures, BATCH, placesWhere, type Disclosing } from './disclosures.js';
import { eraseTexts } from './erase-texts.js';
import { erasedOf, isErased, type Erased } from './erased.js';
import type { Announced, Run } from './run-steps.js';

/** What names a second contact besides the one that it is about. */
const OF_MERGING: ReadonlySet<string> = new Set(['contact.merged', 'contact.unmerged']);

/** What every event of an erasure is about. */
const target = (contactId: string) => ({ type: 'contact', id: contactId, label: 'a contact' });

/** Announces the next disclosures that are of the contact. @returns null when there are none left. */
export async function announceErasure(tx: Tx, run: Run): Promise<Announced | null> {
  const contactId = run.contactId!;
  const erased = await erasedOf(tx, run.workspaceId, contactId, (run.filters ?? []).map(Number));
  const rows = await tx.rows<Disclosing>(ofContact(run.workspaceId, erased, run.position));
  if (rows.length === 0) return null;
  const about = { target: target(contactId), contactId };
  return announceDisclosures(tx, run, rows, about, (row, names) => placesOf(row, erased, names));
}

/** The next events that the contact did, that belong to them, whose target they are, or that repeat what names them. */
export const ofContact = (workspaceId: string, { contactIds, shared, filters }: Erased, after: number) => {
  const next = sql`and b.sequence > ${after} order by b.sequence limit ${rowLimit(BATCH)}`;
  const ways = [
    sql`b.contact_id = any(${contactIds}::uuid[])`,
    sql`b.actor_id = any(${contactIds}::uuid[])`,
    sql`b.target_type = 'contact' and b.target_id = any(${contactIds}::text[])`,
    sql`b.sequence = any(${filters}::bigint[])`,
    ...shared.flatMap(({ contactId, from, to }) =>
      [
        sql`b.contact_id = ${contactId}::uuid`,
        sql`b.actor_id = ${contactId}::uuid`,
        sql`b.target_type = 'contact' and b.target_id = ${contactId}`,
      ].map((way) => sql`${way} and b.sequence between ${from} and ${to}`),
    ),
  ];
  return sql`
    select found.sequence, found.body, found.disclosures from (${sql.join(
      ways.map((way) => sql`(select b.* from record_body b where b.workspace_id = ${workspaceId} and ${way} ${next})`),
      sql` union `,
    )}) found order by found.sequence limit ${rowLimit(BATCH)}`;
};

/** Which disclosures of an event are the contact's: their names, their profile, from where they did it, and what was remarked. */
export const placesOf = (row: Disclosing, erased: Erased, names: Set<string> = new Set()): ErasedPlaces =>
  placesWhere(row, names, (body, name) => isOfContact(body, name, row.sequence, erased));

function isOfContact(body: RecordBody, name: string, sequence: number, erased: Erased): boolean {
  const isOne = (id: string | null | undefined) => isErased(erased, id, sequence);
  const isActor = body.actor.kind === 'CONTACT' && isOne(body.actor.id);
  const isTarget = body.target?.type === 'contact' && isOne(body.target.id);
  const isRelated = body.related?.some(({ type, id }) => type === 'contact' && isOne(id)) ?? false;
  const isCustom = isCustomAction(body.action);
  // What a workspace keeps with a conversation may be anything about whose it is.
  const isAttribute = body.action === 'conversation.attribute_changed';
  const isFiltering = erased.filters.includes(sequence);
  if (name === 'actor.label' || name.startsWith('net.')) return isActor;
  if (name === 'target.label') return isTarget || isCustom;
  if (name.startsWith('changes.')) return isTarget || isAttribute || (isFiltering && isFilter(body, name));
  // Free text of people and other systems about the contact.
  if (name === 'labels.text') return isCustom || body.action === 'audit.annotated';
  if (name === 'reason') return isCustom;
  // What a channel says of a failure may repeat the address.
  if (name === 'labels.failure') return true;
  // Other names in a sentence are those of agents, teams, labels and conversations.
  return name.startsWith('labels.contact') && (isRelated || !OF_MERGING.has(body.action));
}

/** Whether a disclosure is what somebody filtered by. */
const isFilter = (body: RecordBody, name: string): boolean =>
  body.changes?.[Number(name.split('.')[1])]?.field === 'filter';

/** Notes the lines of transcripts whose sentences lose a name, so that whoever follows them is told. Before it goes. */
export const markLines = (tx: Tx, run: Run): Promise<unknown> =>
  tx.rows(sql`
    update transcript_entry t set removal_id = ${run.id}
    from record_body a, unnest(string_to_array(a.body::jsonb -> 'metadata' ->> 'disclosures', ' ')) r, record_body b
    where t.workspace_id = ${run.workspaceId} and t.id = b.event_id and t.kind = 'EVENT'
      and a.workspace_id = ${run.workspaceId} and a.event_id = any(${run.pending}::uuid[])
      and b.workspace_id = ${run.workspaceId} and b.sequence = split_part(r, ':', 1)::bigint`);

/** Removes the next texts of the contact's conversations; when none are left the erasure is done. @returns whether there is more. */
export async function completeErasure(tx: Tx, run: Run): Promise<boolean> {
  const contactId = run.contactId!;
  const { workspaceId } = run;
  // Nothing is of who was merged but of who goes on for them: their conversations are theirs.
  const conversations = sql`select c.id from conversation c where c.workspace_id = ${workspaceId} and c.contact_id = ${contactId}`;
  if (await eraseTexts(tx, run, conversations)) return true;
  tx.record({
    action: 'contact.erased',
    target: target(contactId),
    contactId,
    metadata: { run: run.id, disclosures: run.announced, messages: run.messages, notes: run.notes },
  });
  return false;
}
