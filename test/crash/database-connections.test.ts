import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Database } from '../../src/services/database.js';
import { newId } from '../../src/services/ids.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let wire: Wire;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  wire = await Wire.to(database.url);
  db = await Database.open({ url: wire.url, poolSize: 4, statementTimeoutMs: 2_000, lockTimeoutMs: 1_000 });
});
afterEach(async () => {
  await db.close();
  await wire.close();
});

const write = () => db.inWorkspace(newId(), ({ em }) => em.execute('select 1'));

it('closes also while connections are being made and waited for, and lets end what is under way', async () => {
  const writes = Array.from({ length: 16 }, write);
  // After none, one or several turns: before, while and after the driver takes a connection from the pool.
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  await db.close();
  expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual(Array(16).fill('fulfilled'));
  await expect(write()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it.each(['begin', 'select 1', 'commit'])(
  'fails, and goes on with a new connection, when the connection breaks at "%s"',
  async (statement) => {
    await write();
    wire.breakAt(statement);
    await expect(write()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await Promise.all(Array.from({ length: 8 }, write))).toHaveLength(8);
  },
);

/** A TCP connection to PostgreSQL that can be cut when the client says a certain thing. */
class Wire {
  readonly #sockets = new Set<Socket>();
  #fatal: string | null = null;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async to(databaseUrl: string): Promise<Wire> {
    const { host, port, user, database: name } = parseIntoClientConfig(databaseUrl);
    const behind = new pg.Client({ connectionString: databaseUrl }).host.startsWith('/')
      ? { path: `${host}/.s.PGSQL.${port ?? 5432}` }
      : { host: host!, port: Number(port ?? 5432) };
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const wire = new Wire(server, `postgres://${user}@127.0.0.1:${(server.address() as AddressInfo).port}/${name}`);
    server.on('connection', (client) => {
      const upstream = connect(behind as never);
      for (const socket of [client, upstream]) {
        wire.#sockets.add(socket);
        socket.on('error', () => {});
        socket.once('close', () => {
          wire.#sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.on('data', (said) => {
        if (wire.#fatal === null || !said.includes(wire.#fatal)) return upstream.write(said);
        wire.#fatal = null;
        return client.destroy();
      });
      upstream.on('data', (said) => client.write(said));
    });
    return wire;
  }

  breakAt(statement: string): void {
    this.#fatal = statement;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
