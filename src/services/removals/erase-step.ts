import { eraseFiles } from '../attachments/remove-attachments.js';
import type { Tx } from '../commit.js';
import { sql } from '../database.js';
import { rowLimit } from '../paging.js';
import { isCustomAction } from '../record/actions/custom.js';
import { erasureLists, type ErasedPlaces } from '../record/announcements.js';
import { digestOf, readDisclosure } from '../record/disclosure.js';
import type { RecordBody } from '../record/envelope.js';
import { eraseSpeech, eraseTranslations, type Gone } from './erase-beside.js';
import { erasedOf, isErased, type Erased } from './erased.js';
import type { Announced, Run } from './run-steps.js';

/** Events that one step looks at, and texts that one step removes. */
const BATCH = 500;
/** In place of what was written: the salt dies with the text, so that its digest on the record tells nothing. */
const GONE = '[erased]';

/** What tells of erasing is what stays. */
const OF_ERASING: ReadonlySet<string> = new Set(['erasure.requested', 'audit.erased', 'contact.erased']);

/** What names a second contact besides the one that it is about. */
const OF_MERGING: ReadonlySet<string> = new Set(['contact.merged', 'contact.unmerged']);

/** What every event of an erasure is about. */
const target = (contactId: string) => ({ type: 'contact', id: contactId, label: 'a contact' });

/** Announces the next disclosures that are of the contact. @returns null when there are none left. */
export async function announceErasure(tx: Tx, run: Run): Promise<Announced | null> {
  const contactId = run.contactId!;
  const erased = await erasedOf(tx, run.workspaceId, contactId, (run.filters ?? []).map(Number));
  const rows = await tx.rows<{ sequence: number; body: string; disclosures: string[] }>(
    ofContact(run.workspaceId, erased, run.position),
  );
  if (rows.length === 0) return null;
  const names = new Set<string>();
  const places = rows.map((row) => placesOf(row, erased, names)).filter((one) => one.places.length > 0);
  const lists = erasureLists(places);
  const eventIds = lists.map(({ list, count }) =>
    tx.record({
      action: 'audit.erased',
      target: target(contactId),
      contactId,
      metadata: { run: run.id, disclosures: list, names: [...names].toSorted(), count },
    }),
  );
  return { eventIds, position: rows.at(-1)!.sequence, count: lists.reduce((sum, { count }) => sum + count, 0) };
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
export function placesOf(
  row: { sequence: number; body: string; disclosures: readonly string[] },
  erased: Erased,
  names: Set<string> = new Set(),
): ErasedPlaces {
  const body = JSON.parse(row.body) as RecordBody;
  const isOne = (id: string | null | undefined) => isErased(erased, id, row.sequence);
  const isActor = body.actor.kind === 'CONTACT' && isOne(body.actor.id);
  const isTarget = body.target?.type === 'contact' && isOne(body.target.id);
  const isRelated = body.related?.some(({ type, id }) => type === 'contact' && isOne(id)) ?? false;
  const isCustom = isCustomAction(body.action);
  // What a workspace keeps with a conversation may be anything about whose it is.
  const isAttribute = body.action === 'conversation.attribute_changed';
  const isFiltering = erased.filters.includes(row.sequence);
  const isOwn = (name: string): boolean => {
    if (OF_ERASING.has(body.action)) return false;
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
  };
  const places = row.disclosures.flatMap((encoded) => {
    const { name } = readDisclosure(encoded);
    if (!isOwn(name)) return [];
    names.add(name);
    const place = (body._sd ?? []).indexOf(digestOf(encoded));
    return place < 0 ? [] : [place];
  });
  return { sequence: row.sequence, places: places.toSorted((one, other) => one - other) };
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
  const removed = { messages: run.messages + messages!.n, notes: run.notes + notes!.n };
  const texts = [messages!, notes!, revisions!, speech, translations];
  if (texts.some(({ n }) => n > 0)) {
    const ids = texts.flatMap((gone) => gone.ids);
    await tx.rows(sql`
      update transcript_entry set removal_id = ${run.id} where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])`);
    await tx.rows(sql`
      update removal_run set messages = ${removed.messages}, notes = ${removed.notes}
      where workspace_id = ${workspaceId} and id = ${run.id}`);
    return true;
  }
  tx.record({
    action: 'contact.erased',
    target: target(contactId),
    contactId,
    metadata: { run: run.id, disclosures: run.announced, ...removed },
  });
  return false;
}
