import type { Application } from '../application.js';

/** Runs a job over and over, never twice at once; a failure is logged and the next turn tries again. */
export function every(milliseconds: number, name: string, app: Application, work: () => Promise<unknown>) {
  let running: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    running ??= work()
      .then(() => app.metrics.ran(name, 'done'))
      .catch((error: unknown) => {
        app.metrics.ran(name, 'failed');
        app.log.warn({ err: error, job: name }, 'a job failed; it is tried again');
      })
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

/** What a job does each time. */
export type Sweep = (app: Application) => Promise<unknown>;

/** Passes over a turn that comes too soon after the last one. */
export function atMostEvery(milliseconds: number, sweep: Sweep): Sweep {
  let next = Date.now() + milliseconds;
  return async (app) => {
    const now = Date.now();
    if (now < next) return;
    next = now + milliseconds;
    await sweep(app);
  };
}
