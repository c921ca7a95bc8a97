import { Destinations } from './destinations.js';
import { Webhooks } from './webhooks.js';

/** Everything that this process sends to addresses that a workspace names. */
export interface Outgoing {
  readonly destinations: Destinations;
  readonly webhooks: Webhooks;
}

/** @param allowPrivate also private and local addresses, and without TLS. @param attemptMs how long an attempt may take. */
export function createOutgoing(options: { allowPrivate: boolean; now: () => Date; attemptMs?: number }): Outgoing {
  const destinations = new Destinations(options.allowPrivate);
  return { destinations, webhooks: new Webhooks(destinations, options.now, options.attemptMs) };
}
