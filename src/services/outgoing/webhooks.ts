import { Webhook } from 'standardwebhooks';
import type { Destinations } from './destinations.js';
import { faultOf, type DeliveryFault } from './faults.js';

/** How long a receiver may take for everything, in milliseconds. */
export const ATTEMPT_MS = 15_000;
/** The longest that a receiver can ask us to wait, in milliseconds. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/** One thing to deliver. */
export interface WebhookMessage {
  /** The same at every attempt: receivers know by it what they have already. */
  id: string;
  url: URL;
  /** One, or during a rotation two: the receiver may know either. */
  secrets: readonly string[];
  /** JSON. */
  body: string;
}

/** How one attempt ended. */
export interface WebhookAttempt {
  /** ACCEPTED by 2xx; GONE by 410: it is not wanted any more and must not be tried again; else FAILED. */
  outcome: 'ACCEPTED' | 'GONE' | 'FAILED';
  /** The status of the answer; null where there was none. */
  status: number | null;
  fault: DeliveryFault | null;
  /** How long the receiver asks us to wait before the next attempt; null = it does not say. */
  retryAfterMs: number | null;
  durationMs: number;
}

/** Delivers webhooks as the Standard Webhooks specification says: signed, one attempt at a time, following no redirect. */
export class Webhooks {
  constructor(
    private readonly destinations: Destinations,
    private readonly now: () => Date,
    private readonly attemptMs = ATTEMPT_MS,
  ) {}

  /** Makes one attempt. Whatever goes wrong with the receiver is the result, not an error. */
  async attempt(message: WebhookMessage, stopping?: AbortSignal): Promise<WebhookAttempt> {
    const started = performance.now();
    const ended = (attempt: Omit<WebhookAttempt, 'durationMs'>): WebhookAttempt => ({
      ...attempt,
      durationMs: Math.round(performance.now() - started),
    });
    const timeout = AbortSignal.timeout(this.attemptMs);
    try {
      const { status, headers, body } = await this.destinations.request(message.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Verbatim',
          ...signed(message, this.now()),
        },
        body: message.body,
        signal: stopping ? AbortSignal.any([timeout, stopping]) : timeout,
      });
      // What the receiver says besides its status is of no use here, and may be without end.
      await body?.cancel();
      if (status >= 200 && status < 300) {
        return ended({ outcome: 'ACCEPTED', status, fault: null, retryAfterMs: null });
      }
      return ended({
        outcome: status === 410 ? 'GONE' : 'FAILED',
        status,
        fault: status >= 300 && status < 400 ? 'REDIRECTED' : 'STATUS',
        retryAfterMs: retryAfter(headers.get('retry-after'), this.now()),
      });
    } catch (error) {
      return ended({ outcome: 'FAILED', status: null, fault: faultOf(error), retryAfterMs: null });
    }
  }
}

/** The headers that prove who sent it and when; with two secrets both signatures, separated by a space. */
function signed({ id, secrets, body }: WebhookMessage, at: Date): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
}

/** Seconds or a date (RFC 9110 §10.2.3), a day at the most. */
function retryAfter(value: string | null, now: Date): number | null {
  if (value === null) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime();
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : null;
}
