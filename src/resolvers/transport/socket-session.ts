import type { Application } from '../../services/application.js';
import { AppError } from '../../services/errors.js';
import type { Principal } from '../../services/principal.js';
import type { RecordRow } from '../../services/record/read.js';

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
/** Events about a session after which it may have ended. */
const REVOKING = new Set(['auth.signed_out', 'auth.session_revoked']);

/** What can be closed for a reason: a WebSocket, or a stream of server-sent events. */
export interface Closable {
  close(code: number, reason: string): void;
}

/** Watches over the rights of one open socket: closes it when its token ends or its session or key is revoked. */
export class SocketSession {
  readonly #timers: NodeJS.Timeout[] = [];
  #stopFollowing: (() => void) | undefined;
  #ended = false;

  constructor(
    private readonly app: Application,
    private readonly socket: Closable,
    readonly principal: Principal,
  ) {
    if (principal.expiresAt !== null && principal.sessionId !== null) {
      const left = principal.expiresAt + GRACE_MS - app.now().getTime();
      this.#timers.push(setTimeout(() => this.#close(closeCodes.EXPIRED, 'Token expired'), Math.max(0, left)));
    }
    this.#timers.push(setInterval(() => void this.check(), SWEEP_MS));
    void this.#follow();
  }

  /** Asks afresh whether the caller's rights have ended, and closes the socket if so. */
  async check(): Promise<void> {
    try {
      await this.app.principals.fresh(this.principal);
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED')
        this.#close(closeCodes.REVOKED, 'Access revoked');
    }
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#stopFollowing?.();
  }

  /** Revocations are events themselves: heard where every other event is. */
  async #follow(): Promise<void> {
    try {
      const { tail, release } = await this.app.tails.follow(this.principal.workspaceId);
      const silence = tail.listen((events) => {
        // The history was replaced: what is revoked in the new one is heard on its tail.
        if (tail.failed) this.#followAnew();
        else if (events.some((event) => this.#mayEndWith(event))) void this.check();
      });
      this.#stopFollowing = () => {
        silence();
        release();
      };
      if (this.#ended) this.#stopFollowing?.();
    } catch (error) {
      this.app.log.warn({ err: error }, 'a socket’s rights are only swept, its workspace could not be followed');
    }
  }

  /** Everybody's sockets hear of every session: asking the database is for those alone that it was about. */
  #mayEndWith({ action, targetId }: RecordRow): boolean {
    return action !== null && REVOKING.has(action) && targetId === this.principal.sessionId;
  }

  #followAnew(): void {
    this.#stopFollowing?.();
    this.#stopFollowing = undefined;
    void this.#follow();
    void this.check();
  }

  #close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }
}
