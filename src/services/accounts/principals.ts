import { sql, type Database } from '../database.js';
import { unauthenticated } from '../errors.js';
import type { Principal } from '../principal.js';
import { isApiKey } from './api-key-format.js';
import { loadCustomers } from './load-customers.js';
import { loadAgents, loadKeys, type Ended, type Who } from './load-principals.js';
import { CUSTOMER_PREFIX, secretHash, type Tokens } from './tokens.js';

/**
 * How old what is known of a caller may be when they read. A frame is made with it and sent some time after, and must
 * be with its reader within a second of the end of a right.
 */
const MAX_AGE_MS = 500;
const MAX_ENTRIES = 10_000;
/** Callers who are asked about in one statement. */
const BATCH = 250;

interface Known {
  who: Who;
  principal: Promise<Principal>;
  /** The same, once it is there. */
  loaded: Principal | null;
  /** When it was asked for: what the database says is no older. */
  at: number;
  /** Somebody wanted it since. */
  used: boolean;
}

/** Whose secret it is, and which of theirs. What the key may do, and whether it may by this one, is asked as for everybody. */
interface FoundKey {
  workspaceId: string;
  id: string;
  version: number;
  touchedAt: number;
}

/**
 * Who a caller is and what they may do, as the database says: proven once, then asked again every half a second while
 * they do or hear anything, all of a node in one go.
 */
export class PrincipalCache {
  readonly #cached = new Map<string, Known>();
  /** By the hash of the secret, which is one key's for ever. */
  readonly #keys = new Map<string, FoundKey>();
  readonly #wanting: { who: Who; told: (principal: Principal) => void; failed: (error: unknown) => void }[] = [];
  #isAsking = false;

  constructor(
    private readonly db: Database,
    private readonly tokens: Tokens,
    private readonly now: () => Date,
  ) {}

  /**
   * Who an `Authorization: Bearer` credential belongs to: an access token, an API key or a customer's token.
   * @throws AppError UNAUTHENTICATED
   */
  async authenticate(credential: string): Promise<Principal> {
    if (credential.startsWith('vbk_')) {
      if (!isApiKey(credential)) throw unauthenticated('This is not a complete API key.');
      return this.#authenticateKey(secretHash(credential));
    }
    if (credential.startsWith(CUSTOMER_PREFIX)) {
      const { contactId: id, inboxId, expiresAt, ...by } = await this.tokens.verifyCustomer(credential);
      const who = { id, tokenContactId: id, customerInboxId: inboxId, sessionId: null };
      const customer = { kind: 'CONTACT' as const, ...by, ...who };
      return until(await this.#within(MAX_AGE_MS, customer), expiresAt);
    }
    const claims = await this.tokens.verify(credential);
    const identity = { kind: 'AGENT' as const, id: claims.agentId, ...claims, apiKeyId: null };
    const principal = await this.#within(MAX_AGE_MS, identity);
    return until(principal, claims.expiresAt);
  }

  /** The same caller, at most half a second old. @throws AppError UNAUTHENTICATED when their rights have ended. */
  async current(principal: Principal): Promise<Principal> {
    return until(await this.#within(MAX_AGE_MS, principal), principal.expiresAt);
  }

  /**
   * The same caller where `current` would not have to ask, without waiting; else null. Always the same object while
   * nothing is asked.
   */
  known(principal: Principal): Principal | null {
    const known = this.#cached.get(keyOf(principal));
    if (!known?.loaded || this.now().getTime() - known.at >= MAX_AGE_MS) return null;
    known.used = true;
    return known.loaded;
  }

  /** The same caller, as of now. @throws AppError UNAUTHENTICATED when their rights have ended. */
  async fresh(principal: Principal): Promise<Principal> {
    const current = isProven(principal) ? await this.#askTogether(principal) : principal;
    return until(current, principal.expiresAt);
  }

  /** Asks afresh the next time: the session's rights have just ended. */
  forget({ workspaceId, sessionId }: { workspaceId: string; sessionId: string }): void {
    this.#cached.delete(`${workspaceId}/${sessionId}`);
  }

  /** An agent whose session is only being made. @throws AppError UNAUTHENTICATED unless active. */
  async signingIn(workspaceId: string, agentId: string, sessionId: string): Promise<Principal> {
    const who = { kind: 'AGENT', id: agentId, workspaceId, sessionId, apiKeyId: null } as const;
    const [principal] = await loadAgents(this.db, this.now(), [who], { sessionsExist: false });
    return alive(principal!, SESSION_ENDED);
  }

  async #authenticateKey(hash: string): Promise<Principal> {
    const key = this.#keys.get(hash) ?? (await this.#findKey(hash));
    this.#touchKey(key);
    const { workspaceId, id, version: secretVersion } = key;
    return this.#within(MAX_AGE_MS, { kind: 'API_KEY', id, workspaceId, sessionId: null, apiKeyId: id, secretVersion });
  }

  async #findKey(hash: string): Promise<FoundKey> {
    const [found] = await this.db.rows<Omit<FoundKey, 'touchedAt'>>(
      sql`select k.workspace_id as "workspaceId", k.id, k.version from api_key_by_hash(${hash}) k`,
    );
    if (!found) throw unauthenticated('This API key is not valid.');
    const key = { ...found, touchedAt: 0 };
    if (this.#keys.size >= MAX_ENTRIES) this.#keys.delete(this.#keys.keys().next().value!);
    this.#keys.set(hash, key);
    return key;
  }

  async #within(maxAgeMs: number, who: Who): Promise<Principal> {
    if (!isProven(who)) return who as Principal;
    const at = this.now().getTime();
    const known = this.#cached.get(keyOf(who));
    if (known && at - known.at < maxAgeMs) {
      known.used = true;
      return known.principal;
    }
    // Whose time has come is asked about together with all others who are there: by and by all of them at once.
    const others =
      known && maxAgeMs > 0 ? [...this.#cached.values()].filter((other) => other.used && other !== known) : [];
    return this.#ask([who, ...others.map((other) => other.who)], at)[0]!;
  }

  /**
   * Asks as of now, together with everybody who wants to know while the question before is under way: what is asked
   * after somebody came is as fresh as they need it.
   */
  #askTogether(who: Who): Promise<Principal> {
    return new Promise((told, failed) => {
      this.#wanting.push({ who, told, failed });
      if (this.#wanting.length === 1 && !this.#isAsking) void this.#askWanted();
    });
  }

  async #askWanted(): Promise<void> {
    this.#isAsking = true;
    // One turn later: who comes in together asks together.
    await Promise.resolve();
    while (this.#wanting.length > 0) {
      const wanting = [...Map.groupBy(this.#wanting.splice(0), ({ who }) => keyOf(who)).values()];
      const answers = this.#ask(
        wanting.map(([first]) => first!.who),
        this.now().getTime(),
      );
      for (const [index, those] of wanting.entries()) {
        for (const { told, failed } of those) answers[index]!.then(told, failed);
      }
      await Promise.allSettled(answers);
    }
    this.#isAsking = false;
  }

  /** Asks the database about all of these, and keeps what it says. */
  #ask(all: readonly Who[], at: number): Promise<Principal>[] {
    const now = new Date(at);
    const answers = new Map<Who, Promise<Principal>>();
    // In the order of `all`: who is waiting comes first.
    for (const [sort, those] of Map.groupBy(all, sortOf)) {
      for (let from = 0; from < those.length; from += BATCH) {
        const batch = those.slice(from, from + BATCH);
        const loaded = LOAD[sort](this.db, now, batch);
        for (const [index, who] of batch.entries()) {
          answers.set(
            who,
            loaded.then((found) => alive(found[index]!, HAS_ENDED[sort])),
          );
        }
      }
    }
    return all.map((who, index) => {
      const key = keyOf(who);
      const principal = answers.get(who)!;
      if (this.#cached.size >= MAX_ENTRIES && !this.#cached.has(key))
        this.#cached.delete(this.#cached.keys().next().value!);
      // Only the first is wanted for sure.
      const known: Known = { who, principal, loaded: null, at, used: index === 0 };
      this.#cached.set(key, known);
      principal.then(
        (loaded) => {
          known.loaded = loaded;
        },
        () => {
          if (this.#cached.get(key) === known) this.#cached.delete(key);
        },
      );
      return principal;
    });
  }

  /** Notes the use of a key, once a minute; a read must not fail or wait because of it. */
  #touchKey(key: FoundKey): void {
    const at = this.now();
    if (at.getTime() - key.touchedAt < 60_000) return;
    key.touchedAt = at.getTime();
    void this.db.asApplication(sql`select api_key_used(${key.workspaceId}, ${key.id}, ${at})`).catch(() => {});
  }
}

/** The system's own work and callers who proved nothing have nothing in the database to be asked about. */
const isProven = ({ kind }: Who): boolean => kind !== 'SYSTEM' && kind !== 'ANONYMOUS';

const keyOf = ({ workspaceId, sessionId, apiKeyId, secretVersion, customerInboxId, tokenContactId }: Who): string =>
  customerInboxId
    ? `${workspaceId}/${apiKeyId}/${customerInboxId}/${tokenContactId}`
    : `${workspaceId}/${sessionId ?? `${apiKeyId}/${secretVersion ?? ''}`}`;

/** How it is asked about somebody. */
type Sort = 'person' | 'key' | 'customer';
const sortOf = ({ sessionId, customerInboxId }: Who): Sort =>
  customerInboxId ? 'customer' : sessionId === null ? 'key' : 'person';

/** The caller, by a proof that ends then. */
const until = (principal: Principal, expiresAt: number | null): Principal =>
  principal.expiresAt === expiresAt ? principal : { ...principal, expiresAt };

const SESSION_ENDED = 'The session has ended. Sign in again.';
const HAS_ENDED: Readonly<Record<Sort, string>> = {
  person: SESSION_ENDED,
  key: 'This API key was revoked or has expired.',
  customer: 'This token is worth nothing any more. Ask for a new one.',
};
const LOAD: Readonly<Record<Sort, (db: Database, now: Date, all: readonly Who[]) => Promise<(Principal | Ended)[]>>> = {
  person: (db, now, all) => loadAgents(db, now, all, { sessionsExist: true }),
  key: loadKeys,
  customer: loadCustomers,
};

/** @throws AppError UNAUTHENTICATED with this message for who has no rights any more; what is to be recorded is with it. */
function alive(loaded: Principal | Ended, message: string): Principal {
  if (!('ended' in loaded)) return loaded;
  const error = unauthenticated(message);
  throw loaded.denial ? error.recordedAs(loaded.denial) : error;
}
