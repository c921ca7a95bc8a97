import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { openSession } from '../../src/services/accounts/sessions.js';
import { commit } from '../../src/services/commit.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { addAgent } from '../../src/services/workspaces/add-agent.js';
import { CREATE_INBOX, CREATE_TEAM } from '../security/place-rows.js';
import { SET_CAPACITY, SET_ROUTING } from '../security/routing-rows.js';
import { ApiClient } from '../support/client.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type Person, type World } from '../support/world.js';

/** A workspace with people who come and go when a test says so, and a clock that stands until it is moved. */
export class RoutingStage {
  private constructor(
    readonly server: TestServer,
    readonly world: World,
    readonly superuser: pg.Client,
    readonly clock: { at: number },
  ) {}

  static async open(): Promise<RoutingStage> {
    const clock = { at: Date.now() };
    const server = await startTestServer({ now: () => new Date(clock.at) });
    const superuser = new pg.Client({ connectionString: server.database.url });
    await superuser.connect();
    // What the sweep does is done when a test says so.
    await superuser.query(
      `insert into turn (duty, node_id, expires_at) values ('sweep', gen_random_uuid(), '2200-01-01')
       on conflict (duty) do update set node_id = excluded.node_id, expires_at = excluded.expires_at`,
    );
    return new RoutingStage(server, await createWorld(server), superuser, clock);
  }

  async close(): Promise<void> {
    await this.superuser.end();
    await this.server.stop();
  }

  /** Nothing of the tests before goes on. */
  async quiet(): Promise<void> {
    await this.superuser.query('update routing_policy set enabled = false');
    await this.superuser.query('update routing_assignment set check_at = null');
    await this.superuser.query("update presence set status = 'OFFLINE'");
  }

  /** Somebody with a session of now: those of before have ended where the clock was moved. */
  async session(person: Person): Promise<ApiClient> {
    const { app, url } = this.server;
    const { workspace, agents } = this.world.ids;
    const principal = await app.principals.signingIn(workspace, agents[person], newId());
    const request = { id: newId(), ipAddress: null, userAgent: null };
    return new ApiClient(url, (await openSession({ app, principal, request })).accessToken);
  }

  get key(): ApiClient {
    return this.world.withKey('all');
  }

  advance(seconds: number): void {
    this.clock.at += seconds * 1000;
  }

  /** New agents, ids ascending, which is the order of their turns. */
  async agents(count: number): Promise<string[]> {
    const { app } = this.server;
    const request = { id: newId(), ipAddress: null, userAgent: null };
    const call = { app, principal: systemPrincipal(this.world.ids.workspace), request };
    const ids = await commit(call, async (tx) => {
      const made: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const person = { email: `${randomUUID()}@agents.test`, displayName: `Agent ${index}`, passwordHash: 'none' };
        made.push((await addAgent(tx, { ...person, role: 'AGENT' })).agentId);
      }
      return made;
    });
    return ids.toSorted();
  }

  /** A team of these members with an inbox of its own, and no bot in it. */
  async team(memberIds: readonly string[], policy?: object): Promise<{ teamId: string; inboxId: string }> {
    const { createTeam } = await this.key.ask(CREATE_TEAM, { input: { name: randomUUID(), memberIds } });
    const teamId = createTeam.team.id;
    const input = { name: randomUUID(), channel: 'EMAIL', defaultTeamId: teamId };
    const { createInbox } = await this.key.ask(CREATE_INBOX, { input });
    if (policy) await this.policy(teamId, policy);
    return { teamId, inboxId: createInbox.inbox.id };
  }

  policy(teamId: string, policy: object) {
    return this.key.ask(SET_ROUTING, { input: { teamId, enabled: true, ...policy } });
  }

  capacity(agentId: string, capacity: number | null) {
    return this.key.ask(SET_CAPACITY, { input: { agentId, capacity } });
  }

  async presence(status: string, ...agentIds: string[]): Promise<void> {
    await this.superuser.query(
      `insert into presence (workspace_id, agent_id, status, since, automatic)
       select $1, id, $2, now(), true from unnest($3::uuid[]) id
       on conflict (workspace_id, agent_id) do update set status = excluded.status`,
      [this.world.ids.workspace, status, agentIds],
    );
  }

  online(...agentIds: string[]): Promise<void> {
    return this.presence('ONLINE', ...agentIds);
  }

  /** Customers write, one after the other; the conversations, in the order of waiting. */
  async waiting(inboxId: string, count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      this.advance(0.001);
      ids.push((await customerWrites(this.world, { inboxId })).conversationId);
    }
    return ids;
  }

  /** Who has these conversations, in their order. */
  async assignees(conversationIds: readonly string[]): Promise<(string | null)[]> {
    const { rows } = await this.superuser.query<{ id: string; assignee: string | null }>(
      'select id, assignee_id as assignee from conversation where id = any($1)',
      [conversationIds],
    );
    const byId = new Map(rows.map(({ id, assignee }) => [id, assignee]));
    return conversationIds.map((id) => byId.get(id) ?? null);
  }
}
