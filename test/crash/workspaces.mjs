import 'reflect-metadata';
import { pino } from 'pino';
import { openApplication } from '../../dist/application-wiring.js';
import { loadConfig } from '../../dist/config.js';
import { Scope } from '../../dist/entities/enums.js';
import { migrateDatabase } from '../../dist/entities/migrate.js';
import { openSession } from '../../dist/services/accounts/sessions.js';
import { commit } from '../../dist/services/commit.js';
import { newId } from '../../dist/services/ids.js';
import { addAgent } from '../../dist/services/workspaces/add-agent.js';
import { addApiKey } from '../../dist/services/workspaces/add-api-key.js';
import { addBot } from '../../dist/services/workspaces/add-bot.js';
import { addInbox } from '../../dist/services/workspaces/add-inbox.js';
import { addTeam } from '../../dist/services/workspaces/add-team.js';
import { setUpCall, setUpWorkspace } from '../../dist/services/workspaces/create-workspace.js';

/** Opens the application beside the servers, for what has no API: workspaces, keys, sessions without a password. */
export async function openBeside({ dataDir, url }) {
  await migrateDatabase({ url });
  const config = loadConfig({ DATA_DIR: dataDir, DATABASE_URL: url });
  return openApplication({ config, databaseUrl: url, log: pino({ level: 'silent' }) });
}

/** A workspace with what the stories of the clients need. */
export async function createSpace(app, slug) {
  const passwordHash = await app.passwords.hash('never used here');
  return commit(setUpCall(app), async (tx) => {
    const person = (name) => ({ email: `${name}@${slug}.test`, displayName: name, passwordHash });
    const { workspaceId } = await setUpWorkspace(
      tx,
      { name: slug, slug, logHost: 'crash.test', adminEmail: `admin@${slug}.test`, adminDisplayName: 'Ada' },
      passwordHash,
    );
    const { agentId } = await addAgent(tx, { ...person('bo'), role: 'AGENT' });
    const { agentId: colleagueId } = await addAgent(tx, { ...person('kim'), role: 'AGENT' });
    const memberIds = [agentId, colleagueId];
    const teamId = await addTeam(tx, { name: 'Support', memberIds });
    const botId = await addBot(tx, { displayName: 'Robin' });
    const inboxId = await addInbox(tx, {
      name: 'Web chat',
      channel: 'WEB_CHAT',
      memberIds,
      botId,
      defaultTeamId: teamId,
    });
    const { key } = await addApiKey(tx, { displayName: 'Everything', scopes: Object.values(Scope) });
    const { key: botKey } = await addApiKey(tx, { displayName: 'Robin', scopes: [], botId });
    return { id: workspaceId, slug, agentId, colleagueId, teamId, inboxId, key, botKey, agentToken: '' };
  });
}

/** A fresh access token for the agent of the workspace: one lives for ten minutes. */
export async function signIn(app, space) {
  const principal = { ...(await app.principals.signingIn(space.id, space.agentId, newId())) };
  const request = { id: newId(), ipAddress: null, userAgent: null };
  space.agentToken = (await openSession({ app, principal, request })).accessToken;
}
