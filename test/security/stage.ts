import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Scope } from '../../src/entities/enums.js';
import { commit } from '../../src/services/commit.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { openSession } from '../../src/services/accounts/sessions.js';
import { addApiKey } from '../../src/services/workspaces/add-api-key.js';
import { addBot } from '../../src/services/workspaces/add-bot.js';
import { holdTurns } from '../exports/stage.js';
import { ApiClient } from '../support/client.js';
import { ADD_NOTE } from './details.js';
import { asCustomer, ASSIGN, customerWrites, offer } from '../support/operations.js';
import { setViewWindow, startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type Person, type World } from '../support/world.js';

/** Everybody who may come along, by what decides over them. */
export const callers = [
  'anonymous',
  /** Could do everything, until it was revoked. */
  'revokedKey',
  'admin',
  'supervisor',
  'agent',
  'outsider',
  'auditor',
  'keyAll',
  'keyIngest',
  'keyRead',
  'keyAudit',
  /** Has the conversation. */
  'bot',
  /** Had it, until a person took over. */
  'silencedBot',
  /** Never had it. */
  'otherBot',
  /** An administrator of another workspace. */
  'foreignAdmin',
  /** The customer whose conversation it is, in the web chat. */
  'customer',
] as const;
export type Caller = (typeof callers)[number];

/** The objects that one caller tries one root field on; nobody else touches them. */
export interface Scene {
  conversationId: string;
  number: number;
  externalId: string;
  address: string;
  contactId: string;
  /** The customer's message. */
  messageId: string;
  /** A note by the agent. */
  noteId: string | null;
  /** The event of the customer's message. */
  eventId: string;
  /** Where a handover to team Support was asked for, by an agent. */
  handoverId: string | null;
}

/** What the database holds: what tells each table but the record's from itself after a write, and each log's length. */
export interface Snapshot {
  tables: Map<string, string>;
  /** By workspace. */
  events: Record<string, number>;
}

/** Two workspaces, a clock to move, and a look into the database past every rule. */
export class Stage {
  private constructor(
    readonly server: TestServer,
    readonly world: World,
    readonly foreign: World,
    private readonly otherBotKey: string,
    private readonly revokedKey: string,
    private readonly superuser: pg.Pool,
    private readonly tables: readonly string[],
    private readonly clock: { at: number },
  ) {}

  static async open(env: Record<string, string> = {}): Promise<Stage> {
    const clock = { at: Date.now() };
    const server = await startTestServer({ env, now: () => new Date(clock.at) });
    const [world, foreign] = [await createWorld(server, 'acme'), await createWorld(server, 'globex')];
    // What is shown is told by the event of its reading, each time.
    await setViewWindow(server, 0);
    const { app } = server;
    const call = { app, principal: systemPrincipal(world.ids.workspace), request: origin() };
    const [otherBotKey, revoked] = await commit(call, async (tx) => {
      const botId = await addBot(tx, { displayName: 'Zoe' });
      const bots = await addApiKey(tx, { displayName: 'Zoe', scopes: [], botId });
      return [bots.key, await addApiKey(tx, { displayName: 'Revoked', scopes: Object.values(Scope) })];
    });
    const superuser = new pg.Pool({ connectionString: server.database.url, max: 4 });
    await superuser.query('update api_key set revoked_at = now() where id = $1', [revoked.apiKeyId]);
    // What the jobs would do by themselves is tried in their own tests.
    await holdTurns(superuser);
    // Which node does what one is enough for changes by itself.
    const { rows } = await superuser.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public'
         and tablename not like 'record\\_%' and tablename not in ('mikro_orm_migrations', 'turn') order by 1`,
    );
    const tables = rows.map(({ name }) => name);
    return new Stage(server, world, foreign, otherBotKey, revoked.key, superuser, tables, clock);
  }

  async close(): Promise<void> {
    await this.superuser.end();
    await this.server.stop();
  }

  /** Lets time pass, so that the same refusal is recorded again and spent points come back. */
  advance(seconds: number): void {
    this.clock.at += seconds * 1000;
  }

  /** A session of its own for somebody, opened past the limits of signing in. */
  async session(
    person: Person,
    world = this.world,
  ): Promise<{ client: ApiClient; refreshToken: string; sessionId: string }> {
    const { app, url } = this.server;
    const principal = await app.principals.signingIn(world.ids.workspace, world.ids.agents[person], newId());
    const { accessToken, refreshToken, principal: opened } = await openSession({ app, principal, request: origin() });
    return { client: new ApiClient(url, accessToken), refreshToken, sessionId: opened.sessionId! };
  }

  /** @param scene whose customer a customer is; one of their own unless given. */
  async client(caller: Caller, scene?: Scene): Promise<ApiClient> {
    switch (caller) {
      case 'anonymous':
        return new ApiClient(this.server.url, null);
      case 'revokedKey':
        return new ApiClient(this.server.url, this.revokedKey);
      case 'keyAll':
        return this.world.withKey('all');
      case 'keyIngest':
        return this.world.withKey('ingest');
      case 'keyRead':
        return this.world.withKey('read');
      case 'keyAudit':
        return this.world.withKey('audit');
      case 'bot':
      case 'silencedBot':
        return this.world.withKey('bot');
      case 'otherBot':
        return new ApiClient(this.server.url, this.otherBotKey);
      case 'customer':
        return asCustomer(this.world, scene ? { contactId: scene.contactId } : { contactExternalId: randomUUID() });
      case 'foreignAdmin':
        return (await this.session('admin', this.foreign)).client;
      default:
        return (await this.session(caller)).client;
    }
  }

  /** Sets the scene for a caller. */
  async scene(
    caller: Caller,
    { withHandover, withNote = false }: { withHandover: boolean; withNote?: boolean },
  ): Promise<Scene> {
    const { world } = this;
    const externalId = randomUUID();
    const address = `visitor-${externalId}`;
    const { conversationId, number, messageId } = await customerWrites(world, {
      conversationExternalId: externalId,
      contact: { address, externalId },
    });
    if (caller === 'silencedBot') {
      const input = { conversationId, assigneeId: world.ids.agents.agent };
      await world.withKey('all').ask(ASSIGN, { input });
    }
    const { rows } = await this.superuser.query<{ eventId: string; contactId: string }>(
      `select event_id as "eventId", contact_id as "contactId" from record_body
       where conversation_id = $1 and action = 'message.received'`,
      [conversationId],
    );
    const handoverId = withHandover
      ? await offer((await this.session('colleague')).client, conversationId, {
          toTeamId: world.ids.support,
          expiresInSeconds: 604_800,
        })
      : null;
    const noteId = withNote
      ? (await (await this.session('agent')).client.ask(ADD_NOTE, { input: { conversationId, text: 'Call back' } }))
          .addNote.note.id
      : null;
    return { conversationId, number, messageId, externalId, address, handoverId, noteId, ...rows[0]! };
  }

  async snapshot(): Promise<Snapshot> {
    // A row that is inserted or updated, be it to what it was, carries the transaction that did it. A key's use is noted
    // without a request's asking, so of keys the values count.
    // So it is with the sockets that an agent has open on a node, which are counted and renewed by the node itself, and
    // with whose turn it is among the nodes, and that a file is gone whose removal is on the record.
    const values: Record<string, string> = {
      api_key: "(to_jsonb(t) - 'last_used_at')::text",
      socket_lease: 'agent_id::text || node_id::text',
      turn: 'duty',
      attachment: "(to_jsonb(t) - 'file_removed_at')::text",
    };
    const written = (table: string) => (values[table] ? `hashtextextended(${values[table]}, 0)` : 'xmin::text::bigint');
    // Keys are forgotten by the product itself: of them the newest counts.
    const digest = (table: string) =>
      table === 'idempotency_key'
        ? 'coalesce(max(xmin::text::bigint), 0)::text'
        : `count(*) || ':' || coalesce(sum(${written(table)}), 0)`;
    const digests = this.tables.map(
      (table) => `select '${table}' as name, ${digest(table)} as digest from "${table}" t`,
    );
    // One statement sees one moment: what the product does by itself is seen with its event, or not at all.
    const { rows } = await this.superuser.query<{ name: string; digest: string; events: Record<string, number> }>(
      `select name, digest, (select coalesce(jsonb_object_agg(workspace_id, n), '{}') from (
         select workspace_id, count(*)::int as n from record_entry group by 1) logs) as events
       from (${digests.join(' union all ')}) tables`,
    );
    return { tables: new Map(rows.map(({ name, digest }) => [name, digest])), events: rows[0]!.events };
  }

  /**
   * The tables that have changed since a snapshot, and the actions that were recorded, in any workspace. Agents whose
   * sockets have come or gone are told of by the product itself, at any time, and so are uploads that nobody has sent:
   * that alone is left out.
   */
  async since(before: Snapshot): Promise<{ changed: string[]; recorded: string[] }> {
    const now = await this.snapshot();
    const { rows } = await this.superuser.query<{ action: string; bySockets: boolean; unsent: boolean }>(
      `select b.action, b.action = 'agent.presence_changed'
         and (b.body::jsonb -> 'metadata' ->> 'automatic')::boolean as "bySockets",
         b.action = 'attachment.deleted' and b.body::jsonb -> 'metadata' ->> 'cause' = 'NEVER_SENT' as unsent
       from record_entry e join record_body b using (workspace_id, sequence)
       where e.sequence >= coalesce(($1::jsonb ->> e.workspace_id::text)::int, 0)
         and e.sequence < ($2::jsonb ->> e.workspace_id::text)::int
       order by e.recorded_at, e.workspace_id, e.sequence`,
      [JSON.stringify(before.events), JSON.stringify(now.events)],
    );
    // Sinks that rows have made lead nowhere, which the product notices by itself at any time.
    const recorded = rows
      .filter(({ action, bySockets, unsent }) => !bySockets && !unsent && action !== 'audit.sink_failed')
      .map(({ action }) => action);
    const onlyFailing = rows.some(({ action }) => action === 'audit.sink_failed') && !recorded.some(isOfSink);
    const onlySockets = rows.some(({ bySockets }) => bySockets) && !recorded.includes('agent.presence_changed');
    const onlyUnsent = rows.some(({ unsent }) => unsent) && !recorded.some(isOfFile);
    return {
      changed: this.tables.filter(
        (table) =>
          before.tables.get(table) !== now.tables.get(table) &&
          !(table === 'idempotency_key' && Number(now.tables.get(table)) < Number(before.tables.get(table))) &&
          !(onlySockets && table === 'presence') &&
          !(onlyFailing && table === 'audit_sink') &&
          !(onlyUnsent && table === 'attachment'),
      ),
      recorded,
    };
  }
}

const isOfSink = (action: string): boolean => action.startsWith('audit.sink_');
const isOfFile = (action: string): boolean => /^(?:attachment|message)\./.test(action);
const origin = () => ({ id: newId(), ipAddress: '127.0.0.1', userAgent: 'test' });
