import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

/** What happens when the client says something that contains this. */
export interface Interruption {
  statement: string;
  at: 'asked' | 'committed';
  act: () => void;
}

/** A TCP connection to PostgreSQL that can be cut when the client says a certain thing, or when that was answered. */
export class Wire {
  readonly #sockets = new Set<Socket>();
  #fatal: string | null = null;
  #interruption: Interruption | null = null;

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
      let interrupted: Interruption | null = null;
      client.on('data', (said) => {
        const interruption = wire.#interruption;
        if (interruption !== null && said.includes(interruption.statement)) {
          wire.#interruption = null;
          if (interruption.at === 'asked') return interruption.act();
          interrupted = interruption;
        }
        if (wire.#fatal === null || !said.includes(wire.#fatal)) return upstream.write(said);
        wire.#fatal = null;
        return client.destroy();
      });
      upstream.on('data', (said) => {
        // Nothing of the answer arrives, from its first part on; what was asked is done when its last part says so.
        if (interrupted === null) client.write(said);
        else if (said.includes('COMMIT')) interrupted.act();
      });
    });
    return wire;
  }

  breakAt(statement: string): void {
    this.#fatal = statement;
  }

  /** Does something once, in place of passing on what the client asks, or what it is answered to its COMMIT. */
  interrupt(interruption: Interruption): void {
    this.#interruption = interruption;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
