import pg from 'pg';
import type { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

/** The node of a test file, and in it a workspace of its own for each test. */
export class Worlds {
  #made = 0;

  private constructor(
    readonly server: TestServer,
    /** A connection that no policy of the database holds back. */
    readonly superuser: pg.Client,
  ) {}

  static async open(options?: TestServerOptions): Promise<Worlds> {
    const server = await startTestServer(options);
    const superuser = new pg.Client({ connectionString: server.database.url });
    await superuser.connect();
    return new Worlds(server, superuser);
  }

  async close(): Promise<void> {
    await this.superuser.end();
    await this.server.stop();
  }

  /** A workspace in which nothing has happened yet, and its administrator. */
  async next(): Promise<{ world: World; admin: ApiClient }> {
    const world = await createWorld(this.server, `acme-${(this.#made += 1)}`);
    return { world, admin: await world.as('admin') };
  }
}
