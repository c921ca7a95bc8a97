import type { Application } from '../application.js';

/** Runs a job over and over, never twice at once; a failure is logged and the next turn tries again. */
export function every(milliseconds: number, name: string, app: Application, work: () => Promise<unknown>) {
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
