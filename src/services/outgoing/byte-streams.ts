import type { Destination, Destinations } from './destinations.js';
import { faultOf, type DeliveryFault } from './faults.js';
import { ATTEMPT_MS } from './webhooks.js';

/**
 * Sends bytes over a connection of their own and ends it. They count as taken only when the other side has ended it too,
 * without an error: it has then read to the end. Protocols such as syslog know no other word for it.
 * @returns what went wrong; null = nothing.
 */
export async function sendBytes(
  destinations: Destinations,
  to: Destination,
  bytes: Buffer,
  stopping?: AbortSignal,
  attemptMs = ATTEMPT_MS,
): Promise<DeliveryFault | null> {
  const timeout = AbortSignal.timeout(attemptMs);
  const signal = stopping ? AbortSignal.any([timeout, stopping]) : timeout;
  try {
    const socket = await destinations.open(to, signal);
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => void socket.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      let endedByThem = false;
      socket.on('end', () => (endedByThem = socket.writableFinished));
      socket.on('error', reject);
      socket.on('close', () => {
        signal.removeEventListener('abort', abort);
        if (endedByThem) resolve();
        else reject(Object.assign(new Error('closed before everything was read'), { code: 'ECONNRESET' }));
      });
      // What they say is of no use, but must be read for their end to be heard.
      socket.resume();
      socket.end(bytes);
    });
    return null;
  } catch (error) {
    return faultOf(error);
  }
}
