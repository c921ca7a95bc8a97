import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { type Config, loadConfig } from '../config.js';
import { createLogger } from '../log.js';
import type { IdeVariables } from '../resolvers/ide/page.js';
import type { DemoWorkspace } from '../services/demo/demo-workspace.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

const help = `
Everything is made in DATA_DIR (./.verbatim) at the first start and found there again at the next; remove that
directory to begin anew. PORT chooses the port (4000). What is printed is also in DATA_DIR/demo.json, for programs.
`;

/** What is under way in every new demo is the same. */
const PRESENT_SEED = 4_711;

/** What stands in demo.json. */
type DemoFile = DemoWorkspace & { graphql: string };

/** `verbatim demo`: the server with a workspace to try. */
export function registerDemo(program: Command, end: (code: ExitCode) => void): void {
  program
    .command('demo')
    .description('serve the API with a workspace to try; needs nothing installed')
    .option('--quiet', 'let nobody write: no traffic is played')
    .addHelpText('after', help)
    .action(async ({ quiet = false }: { quiet?: boolean }) => end(await demo(quiet)));
}

async function demo(quiet: boolean): Promise<ExitCode> {
  const config = loadConfig();
  const log = createLogger('warn', process.stderr);
  const file = join(config.dataDir, 'demo.json');
  const { serve } = await import('./serve.js');
  let made: DemoWorkspace;
  let isNew: boolean;
  await serve(config, log, {
    prepare: async (databaseUrl) => {
      ({ made, isNew } = await prepare(config, log, databaseUrl, file));
      return { ideVariables: await ideVariables(made) };
    },
    ready: async (server) => {
      const graphql = graphqlAddress(config.publicUrl ?? server.url);
      await save(file, { graphql, ...made });
      const end = await play(log, { graphql: graphqlAddress(server.url), made, isNew, quiet });
      console.log(await welcome(config, { graphql, ...made }, { file, quiet }));
      return end;
    },
  });
  return exitCodes.done;
}

/**
 * What happens in the demo: once some work that is under way, and from then on, unless it is to be quiet, more.
 * @returns what ends it.
 */
async function play(
  log: Logger,
  { graphql, made, isNew, quiet }: { graphql: string; made: DemoWorkspace; isNew: boolean; quiet: boolean },
): Promise<() => Promise<void>> {
  const { DemoTraffic } = await import('./demo-traffic.js');
  const { Chance } = await import('../services/demo/chance.js');
  const traffic = new DemoTraffic(graphql, made, new Chance(isNew ? PRESENT_SEED : Date.now()));
  const failed = (error: unknown) => log.warn({ err: error }, 'what is played in the demo went wrong; it goes on');
  if (isNew) await traffic.begin().catch(failed);
  const ending = new AbortController();
  const running = quiet ? Promise.resolve() : traffic.run(ending.signal, failed);
  return async () => {
    ending.abort();
    await running;
  };
}

/** Everybody may read these: the password is known to everybody, and its administrator may make such a key. */
async function ideVariables({ apiKey, ids }: DemoWorkspace): Promise<IdeVariables> {
  const { DEMO_PASSWORD, demoPeople } = await import('../services/demo/demo-workspace.js');
  return { email: demoPeople[0]!.email, password: DEMO_PASSWORD, apiKey, inboxId: ids.inbox };
}

async function prepare(
  config: Config,
  log: Logger,
  databaseUrl: string,
  file: string,
): Promise<{ made: DemoWorkspace; isNew: boolean }> {
  const { openApplication } = await import('../application-wiring.js');
  const { createDemoWorkspace, findDemoWorkspace } = await import('../services/demo/demo-workspace.js');
  const app = await openApplication({ config, databaseUrl, log });
  try {
    const workspaceId = await findDemoWorkspace(app);
    if (workspaceId !== null) return { made: await saved(config, file, workspaceId), isNew: false };
    const made = await createDemoWorkspace(app);
    // At once: the keys are nowhere else, and without them the workspace is lost.
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    await save(file, { graphql: graphqlAddress(config.publicUrl ?? `http://${config.host}:${config.port}`), ...made });
    const { importPast } = await import('../services/demo/past.js');
    await importPast(app, made);
    return { made, isNew: true };
  } finally {
    await app.close();
  }
}

/** The demo that was made before, as its file says; only the file knows the keys. */
async function saved(config: Config, file: string, workspaceId: string): Promise<DemoWorkspace> {
  let found: Partial<DemoFile> | null = null;
  try {
    found = JSON.parse(await readFile(file, 'utf8')) as Partial<DemoFile> | null;
  } catch {
    // Not there, not readable or not JSON: for us the same.
  }
  if (found?.ids?.workspace !== workspaceId || !found.apiKey || !found.botKey || !found.telegramBotKey) {
    const { BootError } = await import('../boot.js');
    const anew = config.databaseUrl === null ? `remove ${config.dataDir}` : 'give it an empty database';
    throw new BootError(
      `The demo is there, but its keys are lost: ${file} does not hold them. To begin anew, ${anew}.`,
    );
  }
  const { apiKey, botKey, telegramBotKey, ids } = found;
  return { apiKey, botKey, telegramBotKey, ids };
}

async function save(file: string, demo: DemoFile): Promise<void> {
  // Renamed into place: a half-written file would have lost the keys.
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, file);
}

const graphqlAddress = (base: string): string => `${base}/graphql`;

async function welcome(
  config: Config,
  demo: DemoFile,
  { file, quiet }: { file: string; quiet: boolean },
): Promise<string> {
  const { DEMO_PASSWORD, demoPeople } = await import('../services/demo/demo-workspace.js');
  const rights = {
    ADMIN: 'sees and does everything',
    SUPERVISOR: 'supervises Support',
    AGENT: 'in Support',
    AUDITOR: 'reads the record',
  };
  const people = demoPeople.map(
    ({ email, displayName, role }) => `${email.padEnd(16)}${displayName.padEnd(16)}${role.padEnd(12)}${rights[role]}`,
  );
  const row = (name: string, ...lines: string[]) =>
    lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(11)}${line}`).join('\n');
  const isLocal = /^(localhost|127\.|::1$)/.test(config.host);
  return [
    '',
    '  Verbatim is running, with a workspace to try.',
    '',
    ...(config.ide
      ? [row('Try it', `${demo.graphql.slice(0, -'graphql'.length)}  in a browser: press play, tab by tab`)]
      : []),
    row('GraphQL', demo.graphql),
    row('WebSocket', demo.graphql.replace(/^http/, 'ws')),
    '',
    row('Sign in', ...people),
    row('Password', DEMO_PASSWORD),
    '',
    row('API key', demo.apiKey, 'with every scope'),
    row('Bot key', demo.botKey, 'speaks as Robin'),
    '',
    quiet
      ? '  It begins with what was written in the last 30 days. Nobody writes now.'
      : '  It begins with what was written in the last 30 days, and customers go on writing (--quiet: nobody does).',
    `  All of this, for programs: ${file}`,
    ...(isLocal ? [] : ['  Whoever reaches this address can sign in: these passwords are known to everybody.']),
    '  Ctrl-C ends it; the next start goes on where this one ended.',
    '',
  ].join('\n');
}
