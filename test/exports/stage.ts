import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { ExportFiles } from '../../src/services/exports/export-files.js';
import { runEvidence } from '../../src/services/exports/run-evidence.js';
import { runExports } from '../../src/services/exports/run-exports.js';
import { commit } from '../../src/services/commit.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { addApiKey } from '../../src/services/workspaces/add-api-key.js';
import type { Scope } from '../../src/entities/enums.js';
import { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

export const REQUEST_EXPORT = `mutation($input: RequestExportInput!) { requestExport(input: $input) { export {
  id state format percent rows unmasked fromSequence toSequence requestedBy { ... on Agent { id } } } } }`;
export const EXPORT = `query($id: ID!) { export(id: $id) { id state percent rows bytes sha256 fault unmasked gzip
  fromSequence toSequence completedAt expiresAt downloadUrl } }`;
export const CANCEL_EXPORT =
  'mutation($input: CancelExportInput!) { cancelExport(input: $input) { export { id state } } }';

const SINK = `id name kind format url host port tls fingerprint health nextSequence lag failures nextAttemptAt
  lastSuccessAt lastError lastErrorAt`;
export const SINKS = `{ auditSinks { ${SINK} } }`;
export const CREATE_SINK = `mutation($input: CreateAuditSinkInput!) { createAuditSink(input: $input) { sink { ${SINK} } secret } }`;
export const UPDATE_SINK = `mutation($input: UpdateAuditSinkInput!) { updateAuditSink(input: $input) { sink { ${SINK} } secret } }`;
export const DELETE_SINK = 'mutation($input: DeleteAuditSinkInput!) { deleteAuditSink(input: $input) { sinkId } }';

/** A node with a clock to move, whose jobs run only when a test runs them. */
export class ExportStage {
  private constructor(
    readonly server: TestServer,
    readonly world: World,
    readonly superuser: pg.Client,
    readonly clock: { at: number },
    /** Where files are written. */
    readonly exportsDir: string,
  ) {}

  static async open(): Promise<ExportStage> {
    const clock = { at: Date.now() };
    const exportsDir = mkdtempSync(join(tmpdir(), 'verbatim-exports-'));
    const server = await startTestServer({
      now: () => new Date(clock.at),
      env: { OUTGOING_ALLOW_PRIVATE: 'yes', EXPORTS_DIR: exportsDir },
    });
    const superuser = new pg.Client({ connectionString: server.database.url });
    await superuser.connect();
    await holdTurns(superuser);
    return new ExportStage(server, await createWorld(server), superuser, clock, exportsDir);
  }

  async close(): Promise<void> {
    await this.superuser.end();
    await this.server.stop();
    rmSync(this.exportsDir, { recursive: true, force: true });
  }

  call(world = this.world) {
    const request = { id: newId(), ipAddress: '203.0.113.7', userAgent: 'Stage' };
    return { app: this.server.app, principal: systemPrincipal(world.ids.workspace), request };
  }

  /** Puts so many events onto the record at once. */
  fill(count: number): Promise<void> {
    return commit(this.call(), async (tx) => {
      for (let n = 0; n < count; n += 1) {
        tx.record({ action: 'label.created', target: { type: 'label', id: newId(), label: `label ${n}` } });
      }
    });
  }

  /** A client with a key of these scopes alone. */
  async withScopes(scopes: Scope[], world = this.world): Promise<ApiClient> {
    const { key } = await commit(this.call(world), (tx) => addApiKey(tx, { displayName: scopes.join(), scopes }));
    return new ApiClient(this.server.url, key);
  }

  /** Asks for an export. @returns its id. */
  async request(client: ApiClient, input: Record<string, unknown> = {}): Promise<string> {
    const { requestExport } = await client.ask(REQUEST_EXPORT, { input: { format: 'JSONL', ...input } });
    return requestExport.export.id;
  }

  /** Does what the job does until nothing is left. @param files where to write instead. */
  async run(files: ExportFiles = this.server.app.exports.files): Promise<void> {
    // A sweep works for a few seconds, which on a busy machine may not be enough.
    for (let sweep = 0; sweep < 50; sweep += 1) {
      await this.sweep(files);
      const { rowCount } = await this.superuser.query(
        'select 1 from exports_due(1) union all select 1 from evidence_due(1)',
      );
      if (rowCount === 0) return;
    }
    throw new Error('the exports do not end');
  }

  /** Does what the job does once. @param files where to write instead. */
  async sweep(files: ExportFiles): Promise<void> {
    const { app } = this.server;
    const node = { ...app, exports: { ...app.exports, files } };
    await runExports(node);
    await runEvidence(node, new AbortController().signal);
  }

  async export(client: ApiClient, id: string) {
    return (await client.ask(EXPORT, { id })).export;
  }

  /** Fetches what a link leads to. */
  async download(link: string): Promise<{ status: number; headers: Headers; body: Buffer; sha256: string }> {
    const response = await fetch(new URL(link, this.server.url));
    const body = Buffer.from(await response.arrayBuffer());
    return {
      status: response.status,
      headers: response.headers,
      body,
      sha256: createHash('sha256').update(body).digest('hex'),
    };
  }

  /** The actions of some events on the record from a sequence on, oldest first, with their metadata. */
  async recorded(pattern: string): Promise<{ action: string; metadata: Record<string, unknown> }[]> {
    const { rows } = await this.superuser.query(
      `select action, body::jsonb -> 'metadata' as metadata from record_body
       where workspace_id = $1 and action like $2 order by sequence`,
      [this.world.ids.workspace, pattern],
    );
    return rows;
  }
}

/** Takes the turns of jobs away from every node, for good. */
export async function holdTurns(superuser: pg.Client | pg.Pool): Promise<void> {
  await superuser.query(
    `insert into turn (duty, node_id, expires_at) select duty, gen_random_uuid(), '2200-01-01'
     from unnest(array['exports', 'evidence', 'sinks']) duty
     on conflict (duty) do update set node_id = excluded.node_id, expires_at = excluded.expires_at`,
  );
}
