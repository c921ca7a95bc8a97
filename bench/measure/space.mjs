// Workspaces for our servers, made beside them as the command line makes them; with agents who are signed in, because
// sockets are counted per caller.
import { openSession } from '../../dist/services/accounts/sessions.js';
import { commit } from '../../dist/services/commit.js';
import { newId } from '../../dist/services/ids.js';
import { systemPrincipal } from '../../dist/services/principal.js';
import { Scope } from '../../dist/entities/enums.js';
import { addAgent } from '../../dist/services/workspaces/add-agent.js';
import { addApiKey } from '../../dist/services/workspaces/add-api-key.js';
import { addInbox } from '../../dist/services/workspaces/add-inbox.js';
import { createSpace, openBeside } from '../../test/crash/workspaces.mjs';

export { createSpace, openBeside };

const request = { id: newId(), ipAddress: null, userAgent: null };

/**
 * A migrated database with one workspace.
 * @param {{ dataDir: string, url: string, agents?: number, keys?: number }} options `agents`: so many who all see one
 *   inbox; `keys`: so many with every scope
 * @returns what `createSpace` returns, its `inboxId` that of the agents; `tokens`: their access tokens, good for ten
 *   minutes from now; and `keys`
 */
export async function prepareSpace({ dataDir, url, agents = 0, keys = 0 }) {
  const app = await openBeside({ dataDir, url });
  try {
    const space = await createSpace(app, 'bench');
    const made = await commit({ app, principal: systemPrincipal(space.id), request }, async (tx) => {
      const added = [];
      for (let index = 0; index < keys; index += 1) {
        added.push((await addApiKey(tx, { displayName: `Key ${index}`, scopes: Object.values(Scope) })).key);
      }
      return added;
    });
    return { ...space, keys: made, agentIds: [], tokens: [], ...(agents ? await staffed(app, space, agents) : {}) };
  } finally {
    await app.close();
  }
}

async function staffed(app, space, agents) {
  const passwordHash = await app.passwords.hash('never used here');
  const { inboxId, agentIds } = await commit({ app, principal: systemPrincipal(space.id), request }, async (tx) => {
    const made = [];
    for (let index = 0; index < agents; index += 1) {
      const name = `agent-${index}`;
      made.push(await addAgent(tx, { email: `${name}@bench.test`, displayName: name, role: 'AGENT', passwordHash }));
    }
    const memberIds = made.map(({ agentId }) => agentId);
    return { agentIds: memberIds, inboxId: await addInbox(tx, { name: 'Staffed', channel: 'WEB_CHAT', memberIds }) };
  });
  return { inboxId, agentIds, tokens: await sessions(app, space.id, agentIds) };
}

/** New access tokens for the agents of a workspace. @param {{ dataDir: string, url: string, space: object }} options */
export async function signInAll({ dataDir, url, space }) {
  const app = await openBeside({ dataDir, url });
  try {
    return await sessions(app, space.id, space.agentIds);
  } finally {
    await app.close();
  }
}

async function sessions(app, workspaceId, agentIds) {
  const tokens = [];
  for (const agentId of agentIds) {
    const principal = await app.principals.signingIn(workspaceId, agentId, newId());
    tokens.push((await openSession({ app, principal, request })).accessToken);
  }
  return tokens;
}
