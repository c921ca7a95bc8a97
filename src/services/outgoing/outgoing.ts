import { Destinations } from './destinations.js';
import { Mails } from './mails.js';
import { Webhooks } from './webhooks.js';

/** Everything that this process sends to addresses that a workspace names. */
export interface Outgoing {
  readonly destinations: Destinations;
  readonly webhooks: Webhooks;
  /** Null where there is no server to give e-mail to. */
  readonly mails: Mails | null;
}

/** @param allowPrivate also private and local addresses, and without TLS. @param attemptMs how long an attempt may take. */
export function createOutgoing(options: {
  allowPrivate: boolean;
  now: () => Date;
  attemptMs?: number;
  /** The server that takes e-mail, and whom it is from. */
  mail?: { url: string | null; from: string };
}): Outgoing {
  const destinations = new Destinations(options.allowPrivate);
  const { mail } = options;
  return {
    destinations,
    webhooks: new Webhooks(destinations, options.now, options.attemptMs),
    mails: mail?.url ? new Mails(mail.url, mail.from) : null,
  };
}
