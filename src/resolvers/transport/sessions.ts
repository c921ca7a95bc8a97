import type { Application } from '../../services/application.js';
import type { RecordBody } from '../../services/record/envelope.js';
import type { RecordRow } from '../../services/record/read.js';
import type { SocketSession } from './socket-session.js';

/** How often it is looked whether time has ended a session, in milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** Events after which a caller may no longer be who they were. */
const REVOKING = new Set([
  'auth.signed_out',
  'auth.session_revoked',
  'agent.deactivated',
  'api_key.revoked',
  'api_key.rotated',
  'bot.disabled',
  'erasure.requested',
  'inbox.deactivated',
  'contact.merged',
  'contact.unmerged',
]);

/** Whose rights an event may end or change; of two contacts who become one, or two again, those of both. */
function aboutWhom({ action, targetId, body }: RecordRow): ReadonlySet<string> {
  const target = targetId === null ? [] : [targetId];
  if (body === null || !action?.startsWith('contact.')) return new Set(target);
  const { related = [] } = JSON.parse(body) as Pick<RecordBody, 'related'>;
  return new Set([...target, ...related.map(({ id }) => id)]);
}

/** The sessions of all open sockets of a node, with one timer, and one ear for each workspace. */
export class Sessions {
  static readonly #byApplication = new WeakMap<Application, Sessions>();
  readonly #followed = new Map<string, FollowedSessions>();
  #timer: NodeJS.Timeout | undefined;

  static of(app: Application): Sessions {
    let sessions = Sessions.#byApplication.get(app);
    if (!sessions) Sessions.#byApplication.set(app, (sessions = new Sessions(app)));
    return sessions;
  }

  private constructor(private readonly app: Application) {}

  add(session: SocketSession): void {
    const { workspaceId } = session.principal;
    let followed = this.#followed.get(workspaceId);
    if (!followed) this.#followed.set(workspaceId, (followed = new FollowedSessions(this.app, workspaceId)));
    followed.sessions.add(session);
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  delete(session: SocketSession): void {
    const { workspaceId } = session.principal;
    const followed = this.#followed.get(workspaceId);
    if (!followed?.sessions.delete(session) || followed.sessions.size > 0) return;
    followed.end();
    this.#followed.delete(workspaceId);
    if (this.#followed.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = Date.now();
    for (const followed of this.#followed.values()) {
      followed.follow();
      for (const session of followed.sessions) session.look(now);
    }
  }
}

/** The sessions of one workspace. Revocations are events themselves: heard where every other event is. */
class FollowedSessions {
  readonly sessions = new Set<SocketSession>();
  #stopFollowing: (() => void) | undefined;
  #following = false;
  #ended = false;

  constructor(
    private readonly app: Application,
    private readonly workspaceId: string,
  ) {
    this.follow();
  }

  /** Listens, unless it does; again where it could not. */
  follow(): void {
    if (this.#following) return;
    this.#following = true;
    void this.#follow();
  }

  end(): void {
    this.#ended = true;
    this.#stopFollowing?.();
  }

  async #follow(): Promise<void> {
    try {
      const { tail, release } = await this.app.tails.follow(this.workspaceId);
      const silence = tail.listen((events) => {
        // The history was replaced: what is revoked in the new one is heard on its tail.
        if (tail.failed) this.#followAnew();
        else for (const event of events) if (event.action !== null && REVOKING.has(event.action)) this.#check(event);
      });
      this.#stopFollowing = () => {
        silence();
        release();
      };
      if (this.#ended) this.#stopFollowing();
    } catch (error) {
      this.#following = false;
      this.app.log.warn({ err: error }, 'the rights of sockets are only swept, their workspace could not be followed');
    }
  }

  #followAnew(): void {
    this.#stopFollowing?.();
    this.#stopFollowing = undefined;
    void this.#follow();
    for (const session of this.sessions) void session.check();
  }

  /** The sockets of the session, the key, the bot, the agent or the customer that the event is about, or of customers in its inbox. */
  #check(event: RecordRow): void {
    const about = aboutWhom(event);
    for (const session of this.sessions) {
      const { sessionId, apiKeyId, id, customerInboxId, tokenContactId } = session.principal;
      if ([sessionId, apiKeyId, id, customerInboxId, tokenContactId].some((one) => one && about.has(one)))
        void session.check();
    }
  }
}
