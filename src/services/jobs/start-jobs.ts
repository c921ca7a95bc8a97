import type { Application } from '../application.js';
import { sql } from '../database.js';
import { RENEW_MS, type SocketLeases } from '../presence/socket-leases.js';
import { expireHandovers } from './expire-handovers.js';
import { wakeConversations } from './wake-conversations.js';

const SWEEP_MS = 1_000;
const PURGE_MS = 60_000;
const PURGE_BATCH = 1_000;

/** Starts what happens by itself: handovers expire every second, forgotten keys go every minute. */
export function startJobs(app: Application, leases: SocketLeases): { stop(): Promise<void> } {
  const jobs = [
    every(SWEEP_MS, 'expire handovers', app, () => expireHandovers(app)),
    every(SWEEP_MS, 'wake conversations', app, () => wakeConversations(app)),
    every(RENEW_MS, 'renew socket leases', app, () => leases.sweep()),
    every(PURGE_MS, 'purge idempotency keys', app, () =>
      app.db.asApplication(sql`select idempotency_keys_purge(${app.now()}, ${PURGE_BATCH})`),
    ),
  ];
  return {
    stop: async () => {
      await Promise.all(jobs.map((job) => job.stop()));
    },
  };
}

/** Runs a job over and over, never twice at once; a failure is logged and the next turn tries again. */
function every(milliseconds: number, name: string, app: Application, work: () => Promise<unknown>) {
  let running: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    running ??= work()
      .catch((error: unknown) => app.log.warn({ err: error, job: name }, 'a job failed; it is tried again'))
      .finally(() => {
        running = null;
      });
  }, milliseconds);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
