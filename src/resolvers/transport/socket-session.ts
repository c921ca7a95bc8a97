import type { Application } from '../../services/application.js';
import { AppError } from '../../services/errors.js';
import type { Principal } from '../../services/principal.js';
import { Sessions } from './sessions.js';

/** Why the server closes a socket, chosen for what the stock graphql-ws client does then. */
export const closeCodes = {
  /** Terminal: the client must sign in again. */
  REVOKED: 4401,
  /** The client connects again, with a fresh token. */
  EXPIRED: 4403,
  TOO_MANY: 4429,
  /** The client connects again, to another node. */
  DRAINING: 1012,
  /** The client connects again, a little later. */
  TRY_AGAIN: 1013,
  ABUSE: 1008,
} as const;

/** An ended token may be replaced for so long before its socket is closed. */
const GRACE_MS = 25_000;
/** Rights that ended without an event, such as a key's expiry, are noticed so late at the most. */
const SWEEP_MS = 30_000;
/** What can be closed for a reason: a WebSocket, or a stream of server-sent events. */
export interface Closable {
  close(code: number, reason: string): void;
}

/** Watches over the rights of one open socket: closes it when its token ends or its session or key is revoked. */
export class SocketSession {
  readonly #sessions: Sessions;
  /** When its token has ended for good; by the machine's clock, whatever that of the application says meanwhile. */
  readonly #endsAt: number;
  #sweepAt: number;
  #over = false;
  #principal: Principal;

  constructor(
    private readonly app: Application,
    private readonly socket: Closable,
    principal: Principal,
  ) {
    this.#principal = principal;
    const { expiresAt, sessionId, customerInboxId } = principal;
    const now = Date.now();
    this.#endsAt =
      expiresAt !== null && (sessionId !== null || customerInboxId !== undefined)
        ? now + expiresAt + GRACE_MS - app.now().getTime()
        : Infinity;
    // Sockets that were opened together are not swept together.
    this.#sweepAt = now + Math.random() * SWEEP_MS;
    this.#sessions = Sessions.of(app);
    this.#sessions.add(this);
  }

  /** Who has opened it, as of when it was last asked. */
  get principal(): Principal {
    return this.#principal;
  }

  /** Asks afresh whether the caller's rights have ended, and closes the socket if so. */
  async check(): Promise<void> {
    this.#sweepAt = Date.now() + SWEEP_MS;
    try {
      this.#principal = await this.app.principals.fresh(this.#principal);
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED')
        this.#close(closeCodes.REVOKED, 'Access revoked');
    }
  }

  end(): void {
    this.#over = true;
    this.#sessions.delete(this);
  }

  /** What time brings. */
  look(now: number): void {
    if (now >= this.#endsAt) this.#close(closeCodes.EXPIRED, 'Token expired');
    else if (now >= this.#sweepAt) void this.check();
  }

  #close(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.socket.close(code, reason);
  }
}
