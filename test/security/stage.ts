import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Scope } from '../../src/entities/enums.js';
import { commit } from '../../src/services/commit.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { openSession } from '../../src/services/accounts/sessions.js';
import { addApiKey } from '../../src/services/workspaces/add-api-key.js';
import { addBot } from '../../src/services/workspaces/add-bot.js';
import { ApiClient } from '../support/client.js';
import { ASSIGN, customerWrites, offer } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
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
] as const;
export type Caller = (typeof callers)[number];

/** The objects that one caller tries one root field on; nobody else touches them. */
export interface Scene {
  conversationId: string;
  number: number;
  externalId: string;
  address: string;
  contactId: string;
  /** The event of the customer's message. */
  eventId: string;
  /** Where a handover to team Support was asked for, by an agent. */
  handoverId: string | null;
}

/** What the database holds: what tells each table but the record's from itself after a write, and how many events. */
export interface Snapshot {
  tables: Map<string, string>;
  events: number;
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

  static async open(): Promise<Stage> {
    const clock = { at: Date.now() };
    const server = await startTestServer({ now: () => new Date(clock.at) });
    const [world, foreign] = [await createWorld(server, 'acme'), await createWorld(server, 'globex')];
    const { app } = server;
    const call = { app, principal: systemPrincipal(world.ids.workspace), request: origin() };
    const [otherBotKey, revoked] = await commit(call, async (tx) => {
      const botId = await addBot(tx, { displayName: 'Zoe' });
      const bots = await addApiKey(tx, { displayName: 'Zoe', scopes: [], botId });
      return [bots.key, await addApiKey(tx, { displayName: 'Revoked', scopes: Object.values(Scope) })];
    });
    const superuser = new pg.Pool({ connectionString: server.database.url, max: 4 });
    await superuser.query('update api_key set revoked_at = now() where id = $1', [revoked.apiKeyId]);
    const { rows } = await superuser.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public'
         and tablename not like 'record\\_%' and tablename <> 'mikro_orm_migrations' order by 1`,
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
  async session(person: Person, world = this.world): Promise<{ client: ApiClient; refreshToken: string }> {
    const { app, url } = this.server;
    const principal = await app.principals.signingIn(world.ids.workspace, world.ids.agents[person], newId());
    const { accessToken, refreshToken } = await openSession({ app, principal, request: origin() });
    return { client: new ApiClient(url, accessToken), refreshToken };
  }

  async client(caller: Caller): Promise<ApiClient> {
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
      case 'foreignAdmin':
        return (await this.session('admin', this.foreign)).client;
      default:
        return (await this.session(caller)).client;
    }
  }

  /** Sets the scene for a caller. */
  async scene(caller: Caller, { withHandover }: { withHandover: boolean }): Promise<Scene> {
    const { world } = this;
    const externalId = randomUUID();
    const address = `visitor-${externalId}`;
    const { conversationId, number } = await customerWrites(world, {
      conversationExternalId: externalId,
      contact: { address },
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
    return { conversationId, number, externalId, address, handoverId, ...rows[0]! };
  }

  async snapshot(): Promise<Snapshot> {
    // A row that is inserted or updated, be it to what it was, carries the transaction that did it. A key's use is noted
    // without a request's asking, so of keys the values count.
    const written = (table: string) =>
      table === 'api_key' ? "hashtextextended((to_jsonb(t) - 'last_used_at')::text, 0)" : 'xmin::text::bigint';
    const digests = this.tables.map(
      (table) =>
        `select '${table}' as name, count(*) || ':' || coalesce(sum(${written(table)}), 0) as digest from "${table}" t`,
    );
    const { rows } = await this.superuser.query<{ name: string; digest: string }>(digests.join(' union all '));
    const { rows: counted } = await this.superuser.query<{ events: number }>(
      'select count(*)::int as events from record_entry',
    );
    return { tables: new Map(rows.map(({ name, digest }) => [name, digest])), events: counted[0]!.events };
  }

  /** The tables that have changed since a snapshot, and the actions that were recorded, in any workspace. */
  async since(before: Snapshot): Promise<{ changed: string[]; recorded: string[] }> {
    const now = await this.snapshot();
    const { rows } = await this.superuser.query<{ action: string }>(
      `select b.action from record_entry e join record_body b using (workspace_id, sequence)
       order by e.recorded_at, e.workspace_id, e.sequence offset $1`,
      [before.events],
    );
    return {
      changed: this.tables.filter((table) => before.tables.get(table) !== now.tables.get(table)),
      recorded: rows.map(({ action }) => action),
    };
  }
}

const origin = () => ({ id: newId(), ipAddress: '127.0.0.1', userAgent: 'test' });
