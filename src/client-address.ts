import type { IncomingMessage } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import type { Config } from './config.js';

type Trust = (address: string, hop: number) => boolean;

/** Which addresses on a request's way are proxies whose X-Forwarded-For is believed; of the nearest first. */
export function proxyTrust(trustProxy: Config['trustProxy']): Trust {
  if (typeof trustProxy === 'boolean') return () => trustProxy;
  return proxyAddress.compile(trustProxy);
}

/** Finds the address behind a connection, past the trusted proxies: for WebSockets what fastify does for requests. */
export function clientAddress(trustProxy: Config['trustProxy']): (request: IncomingMessage) => string | null {
  const trust = proxyTrust(trustProxy);
  return (request) => proxyAddress(request, trust) ?? null;
}
