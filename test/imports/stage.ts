import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import type { ConversationText } from '../../src/services/imports/import-line.js';
import { makeDataDir, runCli, type Ended } from '../cli/run-cli.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

/** A minute of the morning that most of it happens on. */
export const at = (minute: number): string => `2023-03-01T09:${String(minute).padStart(2, '0')}:00.000Z`;

/** A message of a customer, at such a minute. */
export const message = (externalId: string, minute: number, more: object = {}) => ({
  externalId,
  author: 'contact',
  text: `This is ${externalId}`,
  at: at(minute),
  ...more,
});

/** A conversation as the import format has it, with what a test says of it. */
export const conversation = (
  externalId: string,
  more: Partial<ConversationText> & Record<string, unknown> = {},
): Record<string, unknown> => ({
  externalId,
  contact: { externalId: `customer-of-${externalId}`, name: 'Asha Rao', email: 'asha@example.com' },
  messages: [
    { externalId: `${externalId}-1`, author: 'contact', text: 'Where is my order?', at: '2023-03-01T09:00:00Z' },
    { externalId: `${externalId}-2`, author: 'agent@acme.test', text: 'On its way.', at: '2023-03-01T09:05:30.250Z' },
  ],
  ...more,
});

/** How long a test waits that runs the command several times. */
export const PATIENCE = 90_000;

/** The workspace of a test, a server that answers for it, and the command that imports into it. */
export class ImportStage {
  private constructor(
    readonly server: TestServer,
    readonly world: World,
    readonly directory: string,
    readonly env: Record<string, string>,
  ) {}

  /** @param env of the server and of the command alike */
  static async open(env: Record<string, string> = {}): Promise<ImportStage> {
    const dataDir = await makeDataDir();
    const server = await startTestServer({ env: { DATA_DIR: dataDir, ...env } });
    const world = await createWorld(server);
    const directory = await mkdtemp(join(tmpdir(), 'verbatim-imports-'));
    return new ImportStage(server, world, directory, {
      DATABASE_URL: server.database.url,
      DATA_DIR: dataDir,
      DATABASE_POOL_SIZE: '6',
      ...env,
    });
  }

  async close(): Promise<void> {
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true });
    await rm(this.env['DATA_DIR']!, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a file of these lines; a text is a line as it is. */
  async file(name: string, lines: readonly (object | string)[]): Promise<string> {
    const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
    await writeFile(this.path(name), text);
    return this.path(name);
  }

  /** Imports into an inbox of the workspace, by its name. */
  import(file: string, args: readonly string[] = [], input?: string, inbox = 'Web chat'): Promise<Ended> {
    return runCli(['import', file, '--workspace', this.world.slug, '--inbox', inbox, ...args], this.env, input);
  }

  /** The same, and its summary. */
  async summary(file: string, args: readonly string[] = [], inbox = 'Web chat') {
    const ended = await this.import(file, ['--json', ...args], undefined, inbox);
    if (ended.stdout === '') throw new Error(`no summary: ${ended.stderr}`);
    return { code: ended.code, ...JSON.parse(ended.stdout) };
  }

  /** What was refused of a file. */
  async rejected(file: string): Promise<{ line: number; reasons: string[]; content: unknown }[]> {
    const name = `${file}.rejected.ndjson`;
    if (!existsSync(name)) return [];
    return (await readFile(name, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  verified() {
    return verifyWorkspace(this.server.app.db, this.world.ids.workspace);
  }

  /** A conversation with its whole transcript as an administrator reads it; null = there is none. */
  async read(externalId: string) {
    const admin = await this.world.as('admin');
    const { data } = await admin.send(
      `query($id: String!) { conversationByExternalId(externalId: $id) { id number subject status channel botActive externalId
        createdAt lastActivityAt resolvedAt waitingSince firstResponseSeconds assignee { id } team { id } labels { name }
        viewerState { unreadCount } lastMessage { text } inbox { id } contact { id displayName email externalId }
        transcript(first: 100) { nodes { position occurredAt actor { __typename id }
          ... on Message { text direction externalId } ... on Note { note: text } ... on ConversationEvent { action summary } } } } }`,
      { id: externalId },
    );
    return data?.conversationByExternalId ?? null;
  }

  /** How many of everything are in a workspace. */
  async counts(workspaceId = this.world.ids.workspace): Promise<Record<string, number>> {
    const { sql } = await import('../../src/services/sql.js');
    const tables = ['conversation', 'message', 'note', 'contact', 'contact_identity', 'label', 'transcript_entry'];
    const counted = tables.map(
      (table) =>
        sql`(select count(*)::int from ${sql.raw(table)} where workspace_id = ${workspaceId}) as ${sql.raw(table)}`,
    );
    const [row] = await this.server.app.db.rows<Record<string, number>>(sql`select ${sql.join(counted)}`);
    return row!;
  }
}
