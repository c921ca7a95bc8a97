import { Scope } from '../../src/entities/enums.js';
import type { Application } from '../../src/services/application.js';
import { commit } from '../../src/services/commit.js';
import { addAgent } from '../../src/services/workspaces/add-agent.js';
import { addApiKey } from '../../src/services/workspaces/add-api-key.js';
import { addBot } from '../../src/services/workspaces/add-bot.js';
import { addInbox } from '../../src/services/workspaces/add-inbox.js';
import { addLabel } from '../../src/services/workspaces/add-label.js';
import { addTeam } from '../../src/services/workspaces/add-team.js';
import { setUpCall, setUpWorkspace } from '../../src/services/workspaces/create-workspace.js';
import { ApiClient } from './client.js';
import type { TestServer } from './server.js';

export const PASSWORD = 'a test password';

/** The people of a test workspace, by what they are for. */
const people = {
  admin: { role: 'ADMIN', displayName: 'Ada' },
  supervisor: { role: 'SUPERVISOR', displayName: 'Sam' },
  /** In team Support and inbox Web chat. */
  agent: { role: 'AGENT', displayName: 'Bo' },
  /** In team Support and inbox Web chat too. */
  colleague: { role: 'AGENT', displayName: 'Kim' },
  /** In team Billing alone: sees nothing of Support. */
  outsider: { role: 'AGENT', displayName: 'Olu' },
  auditor: { role: 'AUDITOR', displayName: 'Ines' },
} as const;
export type Person = keyof typeof people;

export interface World {
  slug: string;
  ids: {
    workspace: string;
    /** Web chat: bot Robin, default team Support. */
    inbox: string;
    /** E-mail: no bot, default team Billing. */
    emailInbox: string;
    support: string;
    billing: string;
    bot: string;
    /** vip, billing. */
    labels: { vip: string; billing: string };
    agents: Record<Person, string>;
  };
  keys: { all: string; ingest: string; read: string; audit: string; feed: string; bot: string };
  /** A client with a key; nothing is signed in. */
  withKey(key: keyof World['keys']): ApiClient;
  /** A client of somebody who has signed in, once per person and world. */
  as(person: Person): Promise<ApiClient>;
  email(person: Person): string;
}

/** Sets up a workspace in which every role, two teams, two inboxes, a bot and keys of every kind can be tried. */
export async function createWorld(server: Pick<TestServer, 'app' | 'url'>, slug = 'acme'): Promise<World> {
  const { app } = server;
  const made = await populate(app, slug);
  const email = (person: Person) => `${person}@${slug}.test`;
  const clients = new Map<Person, Promise<ApiClient>>();
  return {
    slug,
    ...made,
    email,
    withKey: (key) => new ApiClient(server.url, made.keys[key]),
    as: (person) => {
      let client = clients.get(person);
      if (!client) clients.set(person, (client = ApiClient.signIn(server.url, email(person), PASSWORD)));
      return client;
    },
  };
}

async function populate(app: Application, slug: string): Promise<Pick<World, 'ids' | 'keys'>> {
  const passwordHash = await app.passwords.hash(PASSWORD);
  return commit(setUpCall(app), async (tx) => {
    const admin = { adminEmail: `admin@${slug}.test`, adminDisplayName: people.admin.displayName };
    const { workspaceId, agentId } = await setUpWorkspace(
      tx,
      { name: slug, slug, logHost: 'log.test', ...admin },
      passwordHash,
    );
    const join = async (person: Person) =>
      (await addAgent(tx, { ...people[person], email: `${person}@${slug}.test`, passwordHash })).agentId;
    const agents: Record<Person, string> = {
      admin: agentId,
      supervisor: await join('supervisor'),
      agent: await join('agent'),
      colleague: await join('colleague'),
      outsider: await join('outsider'),
      auditor: await join('auditor'),
    };
    const everyday = [agents.agent, agents.colleague];
    const support = await addTeam(tx, { name: 'Support', memberIds: everyday, supervisorIds: [agents.supervisor] });
    const billing = await addTeam(tx, { name: 'Billing', memberIds: [agents.outsider] });
    const bot = await addBot(tx, { displayName: 'Robin' });
    const inbox = await addInbox(tx, {
      name: 'Web chat',
      channel: 'WEB_CHAT',
      memberIds: everyday,
      botId: bot,
      defaultTeamId: support,
    });
    const emailInbox = await addInbox(tx, { name: 'E-mail', channel: 'EMAIL', defaultTeamId: billing });
    const labels = {
      vip: await addLabel(tx, { name: 'vip', color: '#ffcc00' }),
      billing: await addLabel(tx, { name: 'billing', color: '#00ccff' }),
    };
    const key = async (displayName: string, scopes: Scope[], botId?: string) =>
      (await addApiKey(tx, { displayName, scopes, ...(botId ? { botId } : {}) })).key;
    return {
      ids: { workspace: workspaceId, inbox, emailInbox, support, billing, bot, labels, agents },
      keys: {
        all: await key('Everything', Object.values(Scope)),
        ingest: await key('Channel', ['CHANNEL_INGEST']),
        read: await key('Reader', ['CONVERSATIONS_READ']),
        audit: await key('SIEM', ['AUDIT_READ']),
        feed: await key('CRM', ['EVENTS_READ', 'CONVERSATIONS_READ']),
        bot: await key('Robin', [], bot),
      },
    };
  });
}
