import type { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import type { Tx } from '../commit.js';
import { noteWithMerges } from '../contacts/merged.js';
import { keepChanges, type ConversationChanges } from '../conversations/plain-conversation.js';
import { inboxKeys } from '../idempotency.js';
import { insertRows } from '../insert-rows.js';
import { sql, type Sql } from '../sql.js';
import type { ImportedContacts } from './import-contact.js';
import type { ImportTarget } from './import-target.js';

const KEY = { owner: 'text', mutation: 'text', key: 'text', result_id: 'uuid', created_at: 'timestamptz' } as const;
const CONTACT = {
  id: 'uuid',
  name: 'text',
  email: 'text',
  phone: 'text',
  external_id: 'text',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
} as const;
const IDENTITY = {
  id: 'uuid',
  contact_id: 'uuid',
  channel: 'text',
  address: 'text',
  verified: 'boolean',
  created_at: 'timestamptz',
} as const;
const CONVERSATION = {
  id: 'uuid',
  number: 'int',
  subject: 'text',
  status: 'text',
  priority: 'text',
  pinned: 'boolean',
  channel: 'text',
  inbox_id: 'uuid',
  contact_id: 'uuid',
  team_id: 'uuid',
  bot_id: 'uuid',
  bot_active: 'boolean',
  external_id: 'text',
  last_position: 'int',
  last_message_id: 'uuid',
  inbound_count: 'int',
  handover_count: 'int',
  first_response_at: 'timestamptz',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
  last_activity_at: 'timestamptz',
  resolved_at: 'timestamptz',
} as const;
const ENTRY = {
  id: 'uuid',
  conversation_id: 'uuid',
  position: 'int',
  kind: 'text',
  actor_kind: 'text',
  actor_id: 'uuid',
  action: 'text',
  changes: 'jsonb',
  handover_id: 'uuid',
  occurred_at: 'timestamptz',
} as const;
const MESSAGE = {
  id: 'uuid',
  conversation_id: 'uuid',
  position: 'int',
  direction: 'text',
  counted: 'boolean',
  actor_kind: 'text',
  actor_id: 'uuid',
  text: 'text',
  salt: 'text',
  external_id: 'text',
  delivery_status: 'text',
  sent_at: 'timestamptz',
  occurred_at: 'timestamptz',
  created_at: 'timestamptz',
} as const;
const NOTE = {
  id: 'uuid',
  conversation_id: 'uuid',
  position: 'int',
  actor_kind: 'text',
  actor_id: 'uuid',
  text: 'text',
  salt: 'text',
  created_at: 'timestamptz',
} as const;
const HANDOVER = {
  id: 'uuid',
  conversation_id: 'uuid',
  kind: 'text',
  status: 'text',
  reason: 'text',
  comment: 'text',
  summary: 'text',
  from_kind: 'text',
  from_id: 'uuid',
  to_agent_id: 'uuid',
  to_team_id: 'uuid',
  to_bot_id: 'uuid',
  settled_by_kind: 'text',
  settled_by_id: 'uuid',
  unattended: 'boolean',
  requested_at: 'timestamptz',
  expires_at: 'timestamptz',
  settled_at: 'timestamptz',
} as const;
const TIE = { conversation_id: 'uuid', label_id: 'uuid' } as const;

type Row<T> = Record<keyof T, unknown>;
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const asColumns = (row: object): Row<typeof CONVERSATION> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [snakeCase(name), value])) as Row<typeof CONVERSATION>;

/** Somebody else has claimed a key meanwhile: the batch must be looked at again. */
export class KeyTaken extends Error {
  override readonly name = 'KeyTaken';
}

/** The rows that one batch writes, table by table, each in one statement. */
export class ImportRows {
  readonly keys: { mutation: string; key: string; resultId: string }[] = [];
  readonly conversations: RowOf<Conversation>[] = [];
  readonly changed: ConversationChanges[] = [];
  readonly entries: Row<typeof ENTRY>[] = [];
  readonly messages: Row<typeof MESSAGE>[] = [];
  readonly notes: Row<typeof NOTE>[] = [];
  readonly handovers: Row<typeof HANDOVER>[] = [];
  readonly ties: Row<typeof TIE>[] = [];

  /**
   * Writes them, parents first. All leave in one message.
   * @throws KeyTaken where a channel, or another import, has brought something of it meanwhile.
   */
  async write(tx: Tx, { workspaceId, inbox }: ImportTarget, contacts: ImportedContacts): Promise<void> {
    const keys = this.keys
      .toSorted((one, other) => (one.mutation + one.key < other.mutation + other.key ? -1 : 1))
      .map(({ mutation, key, resultId }) => ({
        owner: inboxKeys(inbox.id),
        mutation,
        key,
        result_id: resultId,
        created_at: tx.now,
      }));
    const claimed = await tx.rows(
      sql`${insertRows('idempotency_key', KEY, workspaceId, keys)} on conflict do nothing returning 1 as done`,
    );
    if (claimed.length < keys.length) throw new KeyTaken();
    const statements: Sql[] = [];
    const write = <C extends string>(
      table: string,
      types: Readonly<Record<C, string>>,
      rows: readonly Record<C, unknown>[],
    ): void => {
      if (rows.length > 0) statements.push(insertRows(table, types, workspaceId, rows));
    };
    write('contact', CONTACT, contacts.made);
    for (const { id, name, email, phone } of contacts.filledIn.values()) {
      statements.push(sql`update contact set name = ${name}, email = ${email}, phone = ${phone}, updated_at = ${tx.now}
        where workspace_id = ${workspaceId} and id = ${id}`);
    }
    write('contact_identity', IDENTITY, contacts.identities);
    write('conversation', CONVERSATION, this.conversations.map(asColumns));
    write('transcript_entry', ENTRY, this.entries);
    write('message', MESSAGE, this.messages);
    write('note', NOTE, this.notes);
    write('handover', HANDOVER, this.handovers);
    write('conversation_label', TIE, this.ties);
    if (this.handovers.length > 0) {
      const of = this.handovers.map(({ conversation_id: id }) => id);
      statements.push(sql`update conversation c set handover_count = c.handover_count + h.count
        from (select id, count(*) from unnest(${of}::uuid[]) as o(id) group by id) h
        where c.workspace_id = ${workspaceId} and c.id = h.id`);
    }
    if (this.changed.length > 0) statements.push(keepChanges(workspaceId, this.changed));
    await Promise.all(statements.map((statement) => tx.rows(statement)));
    await noteWithMerges(tx, contacts.gained);
  }
}
