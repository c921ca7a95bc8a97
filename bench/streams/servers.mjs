// The servers of the tables, each with its database in the same PostgreSQL.
import { join } from 'node:path';
import { startApi, startFile } from '../measure/processes.mjs';
import { prepareSpace, signInAll } from '../measure/space.mjs';

const peers = join(import.meta.dirname, 'peers');
let databases = 0;

/**
 * Ours, with a workspace; as it is installed, but for limits that are set here.
 * @param {{ postgres: object, redisUrl?: string, agents?: number, keys?: number, env?: Record<string, string>,
 *   execArgv?: string[], onLine?: (line: string) => void }} options
 */
export async function startOurs({ postgres, redisUrl, agents, keys, env, execArgv, onLine }) {
  const { dataDir } = postgres;
  const databaseUrl = await postgres.database(`ours_${(databases += 1)}`);
  const space = await prepareSpace({ dataDir, url: databaseUrl, agents, keys });
  const server = await startApi({ dataDir, databaseUrl, redisUrl, env, execArgv, onLine });
  const freshTokens = () => signInAll({ dataDir, url: databaseUrl, space });
  return { ...server, databaseUrl, space, freshTokens, kind: 'ours' };
}

/**
 * A peer, by the name of its file.
 * @param {string} name
 * @param {{ postgres: object, redisUrl?: string, env?: Record<string, string>, execArgv?: string[],
 *   onLine?: (line: string) => void }} options
 */
export async function startPeer(name, { postgres, redisUrl, env = {}, execArgv, onLine }) {
  const databaseUrl = await postgres.database(`peer_${(databases += 1)}`);
  const child = await startFile(join(peers, `${name}.mjs`), {
    env: { DATABASE_URL: databaseUrl, ...(redisUrl ? { REDIS_URL: redisUrl } : {}), ...env },
    execArgv,
    onLine,
  });
  return { ...child, url: child.ready.url, databaseUrl, kind: 'peer' };
}

/** What subscribers of each kind ask for where they need every event. */
export const everyEvent = {
  ours: `subscription ($afterEvent: String) { workspaceEvents(afterEvent: $afterEvent) {
    cursor id action occurredAt message { id text } } }`,
  peer: 'subscription { conversationChanges { changeType cursor occurredAt conversation { lastMessage { id text } } } }',
};

/** What a frame of `everyEvent` says: its cursor, and the number of the message, where it is one. */
export const readFrame = {
  ours: ({ workspaceEvents: { cursor, id, message } }) => ({
    cursor,
    isEvent: id !== null,
    number: numberOf(message?.text),
  }),
  peer: ({ conversationChanges: { conversation } }) => ({
    cursor: null,
    isEvent: true,
    number: numberOf(conversation.lastMessage.text),
  }),
};

/** The number of the event that `textOf` made the text of; null for other texts. */
const numberOf = (text) => {
  const found = text && /^#(\d+) /.exec(text);
  return found ? Number(found[1]) : null;
};
