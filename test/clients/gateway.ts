import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What stands before the nodes, as a load balancer does: clients know its address alone, whichever node is behind it. */
export class Gateway {
  #node: URL | null = null;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Gateway> {
    const server = createServer((near) => gateway.#connect(near));
    const gateway = new Gateway(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Sends whoever connects from now on to this node; null to nobody. */
  to(url: string | null): void {
    this.#node = url === null ? null : new URL(url);
  }

  /** Cuts every connection without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.to(null);
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #connect(near: Socket): void {
    const node = this.#node;
    if (!node) return void near.destroy();
    const far = connect(Number(node.port), node.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  }
}
