import { Scope } from '../../entities/enums.js';
import type { Application } from '../application.js';
import { sql } from '../database.js';
import { conflict } from '../errors.js';
import { commit } from '../commit.js';
import { addAgent } from '../workspaces/add-agent.js';
import { addApiKey } from '../workspaces/add-api-key.js';
import { addBot } from '../workspaces/add-bot.js';
import { addInbox } from '../workspaces/add-inbox.js';
import { addLabel } from '../workspaces/add-label.js';
import { addTeam } from '../workspaces/add-team.js';
import { setUpCall, setUpWorkspace } from '../workspaces/create-workspace.js';

/** The password of everybody in the demo. No secret: it is in the documentation. */
export const DEMO_PASSWORD = 'verbatim-demo';
const SLUG = 'demo';

const people = {
  ada: { email: 'ada@demo.test', displayName: 'Ada Okafor', role: 'ADMIN' },
  sam: { email: 'sam@demo.test', displayName: 'Sam Lindqvist', role: 'SUPERVISOR' },
  bo: { email: 'bo@demo.test', displayName: 'Bo Tanaka', role: 'AGENT' },
  kim: { email: 'kim@demo.test', displayName: 'Kim Alvarez', role: 'AGENT' },
  ines: { email: 'ines@demo.test', displayName: 'Ines Moreau', role: 'AUDITOR' },
} as const;
/** Those who work while the others are tried: they answer what is played. */
const colleagues = {
  lena: { email: 'lena@demo.test', displayName: 'Lena Fischer', role: 'AGENT' },
  yuki: { email: 'yuki@demo.test', displayName: 'Yuki Mori', role: 'AGENT' },
  noor: { email: 'noor@demo.test', displayName: 'Noor Haddad', role: 'SUPERVISOR' },
  mateo: { email: 'mateo@demo.test', displayName: 'Mateo Rossi', role: 'AGENT' },
  priya: { email: 'priya@demo.test', displayName: 'Priya Nair', role: 'AGENT' },
  tomas: { email: 'tomas@demo.test', displayName: 'Tomás Silva', role: 'AGENT' },
  amara: { email: 'amara@demo.test', displayName: 'Amara Diallo', role: 'AGENT' },
} as const;
type Person = keyof typeof people | keyof typeof colleagues;

/** Who can sign in to the demo, as it says itself; all others have the same password. */
export const demoPeople = Object.values(people);

/** Who answers in each inbox of the demo, by first name. */
export const demoTeams = {
  inbox: ['bo', 'kim', 'lena', 'yuki'],
  emailInbox: ['mateo', 'priya'],
  telegramInbox: ['tomas', 'amara'],
} as const satisfies Record<string, readonly Person[]>;
export type DemoInbox = keyof typeof demoTeams;

/** What these teams are called. */
export const demoTeamNames = {
  inbox: 'Support',
  emailInbox: 'Billing',
  telegramInbox: 'Deliveries',
} as const satisfies Record<DemoInbox, string>;

/** Somebody who works in the demo. */
export interface DemoPerson {
  readonly email: string;
  readonly displayName: string;
  readonly role: 'ADMIN' | 'SUPERVISOR' | 'AGENT' | 'AUDITOR';
}

/** An agent of the demo, by first name. */
export const demoPerson = (person: Person): DemoPerson => ({ ...people, ...colleagues })[person];

export interface DemoWorkspace {
  /** With every scope. */
  apiKey: string;
  /** Of the bot in the web chat. */
  botKey: string;
  /** Of the bot in Telegram. */
  telegramBotKey: string;
  ids: {
    workspace: string;
    inbox: string;
    emailInbox: string;
    telegramInbox: string;
    team: string;
    billingTeam: string;
    deliveriesTeam: string;
    bot: string;
    telegramBot: string;
    agents: Record<Person, string>;
  };
}

/**
 * The id of the demo's workspace in this database, or null where there is none yet.
 * @throws AppError CONFLICT when there is another one: a demo's well-known passwords have no place beside it.
 */
export async function findDemoWorkspace(app: Pick<Application, 'db'>): Promise<string | null> {
  const found = await app.db.rows<{ id: string; slug: string }>(sql`select w.id, w.slug from workspace w limit 2`);
  const other = found.find(({ slug }) => slug !== SLUG);
  if (other) {
    throw conflict(`This database holds the workspace "${other.slug}". The demo needs a database of its own.`, {
      workspace: other.slug,
    });
  }
  return found[0]?.id ?? null;
}

/**
 * Creates the demo: a workspace in which every role, three teams, three inboxes of different visibility, two bots and
 * both kinds of keys can be tried. Nobody has written yet.
 * @throws AppError CONFLICT unless the database holds no workspace.
 */
export async function createDemoWorkspace(app: Application): Promise<DemoWorkspace> {
  if ((await findDemoWorkspace(app)) !== null) throw conflict('The demo is there already.', { workspace: SLUG });
  const passwordHash = await app.passwords.hash(DEMO_PASSWORD);
  const { ada, ...others } = { ...people, ...colleagues };
  const workspace = {
    name: 'Demo',
    slug: SLUG,
    adminEmail: ada.email,
    adminDisplayName: ada.displayName,
    logHost: 'demo.test',
  };
  return commit(setUpCall(app), async (tx) => {
    const { workspaceId, agentId } = await setUpWorkspace(tx, workspace, passwordHash);
    const join = async (person: keyof typeof others) =>
      (await addAgent(tx, { ...others[person], passwordHash })).agentId;
    const agents = { ada: agentId } as Record<Person, string>;
    for (const person of Object.keys(others) as (keyof typeof others)[]) agents[person] = await join(person);
    const members = (inbox: DemoInbox) => demoTeams[inbox].map((person) => agents[person]);
    const team = await addTeam(tx, {
      name: demoTeamNames.inbox,
      memberIds: members('inbox'),
      supervisorIds: [agents.sam],
    });
    const billingTeam = await addTeam(tx, {
      name: demoTeamNames.emailInbox,
      memberIds: members('emailInbox'),
      supervisorIds: [agents.noor],
    });
    const deliveriesTeam = await addTeam(tx, {
      name: demoTeamNames.telegramInbox,
      memberIds: members('telegramInbox'),
      supervisorIds: [agents.sam],
    });
    const bot = await addBot(tx, { displayName: 'Robin' });
    const telegramBot = await addBot(tx, { displayName: 'Iris' });
    const inbox = await addInbox(tx, {
      name: 'Web chat',
      channel: 'WEB_CHAT',
      memberIds: members('inbox'),
      botId: bot,
      defaultTeamId: team,
    });
    // Of those who are printed only the administrator sees this: what the others cannot see can be tried too.
    const emailInbox = await addInbox(tx, { name: 'E-mail', channel: 'EMAIL', defaultTeamId: billingTeam });
    const telegramInbox = await addInbox(tx, {
      name: 'Telegram',
      channel: 'TELEGRAM',
      botId: telegramBot,
      defaultTeamId: deliveriesTeam,
    });
    for (const label of labels) await addLabel(tx, label);
    const apiKey = await addApiKey(tx, { displayName: 'Demo', scopes: Object.values(Scope) });
    const keyOf = async (displayName: string, botId: string) =>
      (await addApiKey(tx, { displayName, scopes: [], botId })).key;
    return {
      apiKey: apiKey.key,
      botKey: await keyOf('Robin', bot),
      telegramBotKey: await keyOf('Iris', telegramBot),
      ids: {
        workspace: workspaceId,
        inbox,
        emailInbox,
        telegramInbox,
        team,
        billingTeam,
        deliveriesTeam,
        bot,
        telegramBot,
        agents,
      },
    };
  });
}

const labels = [
  { name: 'vip', color: '#d4a017', description: 'Answer first' },
  { name: 'refund', color: '#3366cc' },
  { name: 'delivery', color: '#2e8b57' },
  { name: 'invoice', color: '#8a4fbf' },
  { name: 'question', color: '#708090' },
];
