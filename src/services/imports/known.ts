import { Contact } from '../../entities/contact.js';
import { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import type { BoundTransaction } from '../bound-transaction.js';
import { mergesOf, standingMerges, upwards } from '../contacts/merged.js';
import type { Database } from '../database.js';
import { inboxKeys, keptKey } from '../idempotency.js';
import { sql } from '../sql.js';
import { addressName, addressOf, channelOf } from './contact-address.js';
import { namedIn, teamIn } from './handover-line.js';
import type { ImportedConversation } from './import-line.js';
import type { ImportTarget } from './import-target.js';

/**
 * What keys are claimed for. Messages share theirs with those that a channel delivers: whichever comes first, the other
 * finds it.
 */
export const CLAIMED_FOR = {
  CONVERSATION: 'importConversation',
  MESSAGE: 'receiveMessage',
  NOTE: 'importNote',
  HANDOVER: 'importHandover',
} as const;
export type Claimed = keyof typeof CLAIMED_FOR;

/** What is there already of what a batch says, brought up to date while the batch is worked through. */
export interface Known {
  /** Ids by what they were claimed for and the key as it is kept. */
  claimed: Map<string, string>;
  /** By id; those that were not made by an import are among them. */
  conversations: Map<string, KnownConversation>;
  conversationsByExternalId: Map<string, KnownConversation>;
  /** The conversations of the messages that are known, by the messages' ids. */
  conversationOfMessage: Map<string, string>;
  contacts: Map<string, RowOf<Contact>>;
  contactsByExternalId: Map<string, RowOf<Contact>>;
  /** By channel and address. */
  contactsByAddress: Map<string, RowOf<Contact>>;
  /** The merges that what comes from there goes back with, by the external id, or by the channel and address. */
  mergesByExternalId: Map<string, string[]>;
  mergesByAddress: Map<string, string[]>;
  /** By e-mail. */
  agents: Map<string, Named>;
  /** By name. */
  teams: Map<string, Named>;
  /** Ids by name. */
  labels: Map<string, string>;
}

/** Somebody, and what they are called. */
export interface Named {
  id: string;
  name: string;
}

/** A conversation as its row says, and when its last message was written. */
export interface KnownConversation {
  row: RowOf<Conversation>;
  lastMessageAt: Date | null;
}

/** The key that something of an import is known by. */
export const claimKeyOf = ({ inbox }: ImportTarget, key: string): string => keptKey(inboxKeys(inbox.id), key);
export const claimName = (kind: Claimed, kept: string): string => `${CLAIMED_FOR[kind]} ${kept}`;

/**
 * Reads what is there of what these conversations say. Where it is read to be changed, contacts are locked and then
 * conversations, by their ids as everywhere.
 */
export async function readKnown(
  rows: BoundTransaction['rowsAnew'],
  db: Database,
  target: ImportTarget,
  conversations: readonly ImportedConversation[],
  { locked }: { locked: boolean },
): Promise<Known> {
  const { workspaceId } = target;
  const addresses = conversations.flatMap((one) => {
    const address = addressOf(one, target);
    return address === null ? [] : [{ channel: channelOf(one, target), address }];
  });
  const externalIds = unique(conversations.map(({ contact }) => contact.externalId));
  const addressed = sql`unnest(${addresses.map(({ channel }) => channel)}::text[],
    ${addresses.map(({ address }) => address)}::text[]) as a(channel, address)
    join contact_identity i on i.workspace_id = ${workspaceId} and i.channel = a.channel and i.address = a.address`;
  if (locked) {
    // What people write into a profile meanwhile waits, or is read below.
    await rows(sql`
      ${upwards(
        sql`${workspaceId}`,
        // One list of ids: what is said with OR is found by reading everybody.
        sql`c.id in (
          select k.id from contact k where k.workspace_id = ${workspaceId} and k.external_id = any(${externalIds})
          union all select i.contact_id from ${addressed})`,
      )}
      select 1 as locked from contact c where c.workspace_id = ${workspaceId} and c.id in (select up.id from up)
      order by c.id for no key update of c`);
  }

  const wanted = conversations.flatMap(({ externalId, entries }) => [
    { kind: 'CONVERSATION' as Claimed, key: externalId },
    ...entries,
  ]);
  // What waits for nothing else is asked together.
  const [claims, names] = await Promise.all([
    rows<{ mutation: string; key: string; resultId: string }>(sql`
      select w.mutation, w.key, k.result_id as "resultId"
      from unnest(${wanted.map(({ kind }) => CLAIMED_FOR[kind])}::text[],
        ${wanted.map(({ key }) => claimKeyOf(target, key))}::text[]) as w(mutation, key)
      -- One by one, by the whole key, of which there is one: joined as a table, all keys of the inbox might be read.
      cross join lateral (
        select k.result_id from idempotency_key k where k.workspace_id = ${workspaceId}
          and k.owner = ${inboxKeys(target.inbox.id)} and k.mutation = w.mutation and k.key = w.key limit 1) k`),
    readNames(rows, workspaceId, conversations),
  ]);
  const claimed = new Map(claims.map(({ mutation, key, resultId }) => [`${mutation} ${key}`, resultId]));

  const ids = claims.filter(({ mutation }) => mutation === CLAIMED_FOR.CONVERSATION).map(({ resultId }) => resultId);
  const messageIds = claims.filter(({ mutation }) => mutation === CLAIMED_FOR.MESSAGE).map(({ resultId }) => resultId);
  const [found, messages] = await Promise.all([
    rows<RowOf<Conversation> & { lastMessageAt: Date | null }>(sql`
      select ${db.columns(Conversation, 'c')}, (select m.occurred_at from message m
        where m.workspace_id = c.workspace_id and m.id = c.last_message_id) as "lastMessageAt"
      from conversation c where c.workspace_id = ${workspaceId}
        and (c.id = any(${ids}::uuid[]) or c.external_id = any(${unique(conversations.map((one) => one.externalId))}))
      order by c.id ${locked ? sql`for update of c` : sql``}`),
    messageIds.length === 0
      ? []
      : rows<{ id: string; conversationId: string }>(sql`
          select m.id, m.conversation_id as "conversationId" from message m
          where m.workspace_id = ${workspaceId} and m.id = any(${messageIds}::uuid[])`),
  ]);
  const known = found.map(({ lastMessageAt, ...row }) => ({ row, lastMessageAt }));

  const reached = await rows<RowOf<Contact> & Reached>(sql`
    select ${db.columns(Contact, 'c')}, null as channel, null as address, null::uuid as "identityId" from contact c
    where c.workspace_id = ${workspaceId}
      and (c.external_id = any(${externalIds}) or c.id = any(${known.map(({ row }) => row.contactId)}::uuid[]))
    union all
    select ${db.columns(Contact, 'c')}, i.channel, i.address, i.id as "identityId"
    from ${addressed}
    join contact c on c.workspace_id = i.workspace_id and c.id = i.contact_id`);

  // One object for each, however it was found: what is filled in is so for all that follows.
  const contacts = new Map<string, RowOf<Contact>>(reached.map((row) => [row.id, row]));
  const goneBy = await goneFrom(rows, db, workspaceId, contacts);
  const merges = await standingMerges({ rows }, workspaceId, [...contacts.keys()]);

  return {
    claimed,
    conversations: new Map(known.map((one) => [one.row.id, one])),
    conversationsByExternalId: new Map(known.flatMap((one) => (one.row.externalId ? [[one.row.externalId, one]] : []))),
    conversationOfMessage: new Map(messages.map(({ id, conversationId }) => [id, conversationId])),
    contacts,
    contactsByExternalId: new Map(
      [...contacts.values()].flatMap((row) =>
        row.externalId ? [[row.externalId, contacts.get(goneBy(row).at(-1)!)!]] : [],
      ),
    ),
    contactsByAddress: new Map(
      reached.flatMap(({ id, channel, address }) =>
        address ? [[addressName(channel!, address), contacts.get(id)!]] : [],
      ),
    ),
    mergesByExternalId: new Map(
      [...contacts.values()].flatMap((row) =>
        row.externalId ? [[row.externalId, mergesOf(merges, { contactIds: goneBy(row), identityId: null })]] : [],
      ),
    ),
    mergesByAddress: new Map(
      reached.flatMap(({ id, channel, address, identityId }) =>
        address ? [[addressName(channel!, address), mergesOf(merges, { contactIds: [id], identityId })]] : [],
      ),
    ),
    ...names,
  };
}

/** The agents, teams and labels that are named. */
async function readNames(
  rows: BoundTransaction['rowsAnew'],
  workspaceId: string,
  conversations: readonly ImportedConversation[],
): Promise<Pick<Known, 'agents' | 'teams' | 'labels'>> {
  const entries = conversations.flatMap((one) => one.entries);
  const emails = entries.flatMap(namedIn).flatMap(({ who }) => (typeof who === 'object' ? [who.email] : []));
  const teamNames = unique(entries.map(({ handover }) => teamIn(handover)));
  const labelNames = unique(conversations.flatMap((one) => one.labels));
  const [agents, teams, labels] = await Promise.all([
    rows<Named & { email: string }>(sql`
      select a.id, a.email, a.display_name as name from agent a
      where a.workspace_id = ${workspaceId} and a.email = any(${unique(emails)})`),
    teamNames.length === 0
      ? []
      : rows<Named>(sql`
          select t.id, t.name from team t where t.workspace_id = ${workspaceId} and t.name = any(${teamNames})
          -- Those of now last: they are found where a former one had the same name.
          order by t.deactivated_at nulls last, t.id`),
    rows<{ id: string; name: string }>(sql`
      select l.id, l.name from label l
      where l.workspace_id = ${workspaceId} and l.deactivated_at is null and l.name = any(${labelNames})`),
  ]);
  return {
    agents: new Map(agents.map(({ email, ...agent }) => [email, agent])),
    teams: new Map(teams.map((team) => [team.name, team])),
    labels: new Map(labels.map(({ id, name }) => [name, id])),
  };
}

const unique = (values: readonly (string | null)[]): string[] => [...new Set(values.filter((value) => value !== null))];

/** By which address a contact was found, if by any. */
interface Reached {
  channel: string | null;
  address: string | null;
  identityId: string | null;
}

/**
 * Reads who goes on for those of these contacts who were merged, and adds them.
 * @returns what gives the ids of a contact and of who goes on for them, step by step.
 */
async function goneFrom(
  rows: BoundTransaction['rows'],
  db: Database,
  workspaceId: string,
  contacts: Map<string, RowOf<Contact>>,
): Promise<(row: RowOf<Contact>) => string[]> {
  const missing = () =>
    [...contacts.values()].flatMap(({ mergedIntoId }) =>
      mergedIntoId && !contacts.has(mergedIntoId) ? [mergedIntoId] : [],
    );
  for (let ids = missing(); ids.length > 0; ids = missing()) {
    const into = await rows<RowOf<Contact>>(sql`
      select ${db.columns(Contact, 'c')} from contact c
      where c.workspace_id = ${workspaceId} and c.id = any(${ids}::uuid[])`);
    for (const row of into) contacts.set(row.id, row);
  }
  const goneBy = (row: RowOf<Contact>): string[] => [
    row.id,
    ...(row.mergedIntoId ? goneBy(contacts.get(row.mergedIntoId)!) : []),
  ];
  return goneBy;
}
