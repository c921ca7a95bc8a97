import { Scope } from '../../entities/enums.js';
import type { Application } from '../application.js';
import { sql } from '../database.js';
import { conflict } from '../errors.js';
import { commit } from '../commit.js';
import { addAgent } from './add-agent.js';
import { addApiKey } from './add-api-key.js';
import { addBot } from './add-bot.js';
import { addInbox } from './add-inbox.js';
import { addLabel } from './add-label.js';
import { addTeam } from './add-team.js';
import { setUpCall, setUpWorkspace } from './create-workspace.js';

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
type Person = keyof typeof people;

/** Who can sign in to the demo. */
export const demoPeople = Object.values(people);

export interface DemoWorkspace {
  /** With every scope. */
  apiKey: string;
  /** The bot's. */
  botKey: string;
  ids: {
    workspace: string;
    inbox: string;
    emailInbox: string;
    team: string;
    billingTeam: string;
    bot: string;
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
 * Creates the demo: a workspace in which every role, two teams, two inboxes of different visibility, a bot and both
 * kinds of keys can be tried.
 * @throws AppError CONFLICT unless the database holds no workspace.
 */
export async function createDemoWorkspace(app: Application): Promise<DemoWorkspace> {
  if ((await findDemoWorkspace(app)) !== null) throw conflict('The demo is there already.', { workspace: SLUG });
  const passwordHash = await app.passwords.hash(DEMO_PASSWORD);
  const { ada, ...others } = people;
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
    const agents = {
      ada: agentId,
      sam: await join('sam'),
      bo: await join('bo'),
      kim: await join('kim'),
      ines: await join('ines'),
    };
    const everyday = [agents.bo, agents.kim];
    const team = await addTeam(tx, { name: 'Support', memberIds: everyday, supervisorIds: [agents.sam] });
    const billingTeam = await addTeam(tx, { name: 'Billing' });
    const bot = await addBot(tx, { displayName: 'Robin' });
    const inbox = await addInbox(tx, {
      name: 'Web chat',
      channel: 'WEB_CHAT',
      memberIds: everyday,
      botId: bot,
      defaultTeamId: team,
    });
    // Nobody but the administrator sees these two: what the others cannot see can be tried too.
    const emailInbox = await addInbox(tx, { name: 'E-mail', channel: 'EMAIL', defaultTeamId: billingTeam });
    await addLabel(tx, { name: 'vip', color: '#d4a017', description: 'Answer first' });
    await addLabel(tx, { name: 'refund', color: '#3366cc' });
    const apiKey = await addApiKey(tx, { displayName: 'Demo', scopes: Object.values(Scope) });
    const botKey = await addApiKey(tx, { displayName: 'Robin', scopes: [], botId: bot });
    return {
      apiKey: apiKey.key,
      botKey: botKey.key,
      ids: { workspace: workspaceId, inbox, emailInbox, team, billingTeam, bot, agents },
    };
  });
}
