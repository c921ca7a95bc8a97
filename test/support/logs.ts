import pg from 'pg';
import { commit } from '../../src/services/commit.js';
import { appendLeaf } from '../../src/services/record/merkle.js';
import { signingCall } from '../../src/services/record/signing/sign-checkpoint.js';
import type { TestServer } from './server.js';

/** Puts so many events onto the record of a workspace. */
export async function recordEvents(
  { app }: Pick<TestServer, 'app'>,
  workspaceId: string,
  count: number,
): Promise<void> {
  for (let left = count; left > 0; left -= 1_000) {
    await commit(signingCall(app, workspaceId), async (tx) => {
      for (let index = 0; index < Math.min(left, 1_000); index++) {
        tx.record({ action: 'label.created', target: { type: 'label', id: 'a', label: 'a label' } });
      }
    });
  }
}

/** What only a superuser of the database can do to a log, past every trigger. */
export class Tamperer {
  private constructor(readonly client: pg.Client) {}

  static async of(server: TestServer): Promise<Tamperer> {
    const client = new pg.Client({ connectionString: server.database.url });
    await client.connect();
    await client.query("set session_replication_role to 'replica'");
    return new Tamperer(client);
  }

  /** The log as a backup has it that was made when it had so many events. */
  async rewind(workspaceId: string, size: number): Promise<void> {
    for (const statement of [
      'delete from record_entry where workspace_id = $1 and sequence >= $2',
      'delete from record_body where workspace_id = $1 and sequence >= $2',
      'delete from record_checkpoint where workspace_id = $1 and size > $2',
      'delete from record_tile where workspace_id = $1 and (index + 1) * (256 ^ (level + 1)) > $2',
    ]) {
      await this.client.query(statement, [workspaceId, size]);
    }
    await this.rehash(workspaceId);
  }

  /** A log with so many entries, all but the first of them made up: nobody waits until as many were recorded. */
  async lengthen(workspaceId: string, size: number): Promise<void> {
    await this.client.query(
      `insert into record_entry (workspace_id, sequence, recorded_at, body_hash, leaf_hash)
       select $1, n, now() + n * interval '1 microsecond', sha256(n::text::bytea), sha256(n::text::bytea)
       from generate_series((select size from record_head where workspace_id = $1), $2::bigint - 1) n`,
      [workspaceId, size],
    );
    await this.rehash(workspaceId);
  }

  /** Makes the head one of the entries as they are now. */
  async rehash(workspaceId: string): Promise<void> {
    const leaves = await this.leaves(workspaceId);
    const frontier = leaves.reduce<Buffer[]>((so, leaf, index) => appendLeaf(so, BigInt(index), leaf), []);
    await this.client.query(
      `update record_head set size = $2, frontier = $3,
         last_recorded_at = (select max(recorded_at) from record_entry where workspace_id = $1) where workspace_id = $1`,
      [workspaceId, leaves.length, frontier],
    );
  }

  /** The leaf hashes of a log, in order. */
  async leaves(workspaceId: string): Promise<Buffer[]> {
    const { rows } = await this.client.query<{ leaf: Buffer }>(
      'select leaf_hash as leaf from record_entry where workspace_id = $1 order by sequence',
      [workspaceId],
    );
    return rows.map(({ leaf }) => leaf);
  }
}
