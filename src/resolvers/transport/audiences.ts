import type { Principal } from '../../services/principal.js';
import { readerOf, sightsOf, type Reader } from '../../services/streams/reader.js';
import type { Following } from './following.js';

/** The members of one caller: one session or one key, with the rights that they joined with. */
export interface Caller {
  readonly key: string;
  readonly principal: Principal;
  readonly rights: string;
  readonly audience: Audience;
  readonly members: Set<Following>;
  /** As they were when their rights were last looked at. */
  seen: Principal | null;
}

/** The callers who see the same, for whom everything is decided once. */
export interface Audience {
  readonly sights: string;
  readonly reader: Reader;
  readonly callers: Map<string, Caller>;
}

/** The members of a group by what they see, and by who they are. */
export class Audiences {
  readonly #bySights = new Map<string, Audience>();
  #size = 0;

  /** How many members there are. */
  get size(): number {
    return this.#size;
  }

  [Symbol.iterator](): IterableIterator<Audience> {
    return this.#bySights.values();
  }

  *callers(): Generator<Caller, void, void> {
    for (const { callers } of this.#bySights.values()) yield* callers.values();
  }

  add(member: Following, perViewer: boolean): void {
    const { rights, call } = member.stream;
    const { principal } = call;
    const sights = sightsOf(principal);
    let audience = this.#bySights.get(sights);
    if (!audience) {
      audience = { sights, reader: readerOf(principal, perViewer), callers: new Map() };
      this.#bySights.set(sights, audience);
    }
    const caller = callerOf(audience, principal, rights);
    // The same text, once for all of them.
    member.stream.rights = caller.rights;
    member.caller = caller;
    caller.members.add(member);
    this.#size += 1;
  }

  /** False = it was no member any more. */
  remove(member: Following): boolean {
    const { caller } = member;
    if (!caller?.members.delete(member)) return false;
    member.caller = null;
    this.#size -= 1;
    const { audience, key, members } = caller;
    if (members.size === 0) audience.callers.delete(key);
    if (audience.callers.size === 0) this.#bySights.delete(audience.sights);
    return true;
  }
}

function callerOf(audience: Audience, principal: Principal, rights: string): Caller {
  const id = String(principal.sessionId ?? principal.apiKeyId);
  const known = audience.callers.get(id);
  if (known?.rights === rights) return known;
  // Their rights have changed between two of their subscriptions; the one that has the old ones is about to end.
  const key = known ? `${id} ${rights}` : id;
  let caller = audience.callers.get(key);
  if (!caller) {
    caller = { key, principal, rights, audience, members: new Set(), seen: null };
    audience.callers.set(key, caller);
  }
  return caller;
}
