import { createRequire } from 'node:module';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestS3 {
  /** What names it in the environment of a server. */
  env: Record<string, string>;
  /** The keys in its bucket. */
  keys(): string[];
  /** The same, with those of which not everything has arrived. */
  arriving(): string[];
  /** Cuts every connection and answers no more; the port stays its own for `restart`. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** As much of it as is used here; it has no types of its own. */
interface S3rver {
  httpServer: Server;
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
}
const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => S3rver;

const BUCKET = 'verbatim-files';

/** Starts a real S3 of its own, in this process, on a free loopback port, with one empty bucket. */
export async function startS3(): Promise<TestS3> {
  const directory = mkdtempSync(join(tmpdir(), 'verbatim-s3-'));
  // What the SDK looks for; s3rver knows this one pair.
  process.env['AWS_ACCESS_KEY_ID'] = 'S3RVER';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'S3RVER';
  let port = 0;
  let server: S3rver | null = null;
  const run = async () => {
    server = new S3rver({
      directory,
      port,
      address: '127.0.0.1',
      silent: true,
      resetOnClose: false,
      configureBuckets: [{ name: BUCKET, configs: [] }],
    });
    port = (await server.run()).port;
  };
  const kill = async () => {
    const ending = server;
    server = null;
    if (!ending) return;
    const closed = ending.close();
    ending.httpServer.closeAllConnections();
    await closed;
  };
  await run();
  const root = join(directory, BUCKET);
  const withSuffix = (suffix: string) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith(suffix))
      .map((path) => path.slice(0, -suffix.length))
      .toSorted();
  return {
    env: {
      ATTACHMENTS_BUCKET: BUCKET,
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_PATH_STYLE: 'yes',
    },
    // This one writes into the object itself, and what belongs to it when it has all of it; elsewhere there is no object before.
    keys: () => withSuffix('._S3rver_metadata.json'),
    arriving: () => withSuffix('._S3rver_object'),
    kill,
    restart: run,
    stop: async () => {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
