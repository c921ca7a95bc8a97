import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isUnicastIpHostname, safeDispatchFetchWrap, unicastLookup } from '@atproto-labs/fetch-node';

/** Where a stream of bytes goes. */
export interface Destination {
  /** A name or an address, IPv6 without brackets. */
  host: string;
  port: number;
  tls: boolean;
}

/** A destination is one that must not be connected to. The message says why, in words for administrators. */
export class RefusedDestination extends Error {
  override readonly name = 'RefusedDestination';
}

/**
 * What may be connected to on behalf of a workspace: public addresses alone, lest somebody reads this network through
 * us. A name is resolved for each connection and the address that was checked is the one connected to, so that a name
 * cannot mean another address a moment later. A literal address is never resolved and is checked by itself.
 */
export class Destinations {
  readonly #lookup: LookupFunction | undefined;
  readonly #fetch: typeof fetch;

  /** @param allowPrivate also private and local addresses, and http: for tests and for receivers of the operator's own. */
  constructor(private readonly allowPrivate: boolean) {
    this.#lookup = allowPrivate ? undefined : unicastLookup;
    this.#fetch = safeDispatchFetchWrap({
      checkUrl: (url) => this.faultOf(url) ?? undefined,
      ...(this.#lookup ? { lookup: this.#lookup } : {}),
    }) as typeof fetch;
  }

  /** What is wrong with an address to send to, in words; null = nothing that can be known without resolving it. */
  faultOf(url: URL): string | null {
    if (url.protocol !== 'https:' && !(this.allowPrivate && url.protocol === 'http:'))
      return 'must be an https address';
    if (url.username !== '' || url.password !== '') return 'must not hold a user or a password';
    return this.faultOfHost(url.hostname);
  }

  /** What is wrong with a host to connect to, in words; null = nothing that can be known without resolving it. */
  faultOfHost(host: string): string | null {
    const literal = isIP(host) === 6 ? `[${host}]` : host;
    if (!this.allowPrivate && isUnicastIpHostname(literal) === false) return 'must not be a private or local address';
    return null;
  }

  /**
   * Requests an address, following no redirect.
   * @throws RefusedDestination for one that must not be connected to, TypeError when it cannot be, or what `signal` gives.
   */
  async request(url: URL, init: Omit<RequestInit, 'redirect'> & { signal: AbortSignal }): Promise<Response> {
    const fault = this.faultOf(url);
    if (fault !== null) throw new RefusedDestination(fault);
    // Manual: a redirect is an answer like any other, and where it leads is not looked at.
    return this.#fetch(url, { ...init, redirect: 'manual' });
  }

  /**
   * Opens a connection, with TLS verified against the host's name where asked for.
   * @throws RefusedDestination for one that must not be connected to, or the error of the system or of TLS.
   */
  async open({ host, port, tls }: Destination, signal: AbortSignal): Promise<Socket> {
    const fault = this.faultOfHost(host);
    if (fault !== null) throw new RefusedDestination(fault);
    signal.throwIfAborted();
    const address = { host, port, ...(this.#lookup ? { lookup: this.#lookup } : {}) };
    const socket = tls ? connectTls({ ...address, ...(isIP(host) ? {} : { servername: host }) }) : connect(address);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.once(tls ? 'secureConnect' : 'connect', resolve);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
      return socket;
    } catch (error) {
      // What comes after the first failure has nobody to hear it.
      socket.on('error', () => {});
      socket.destroy();
      throw error;
    }
  }
}
