import type { Application } from '../application.js';
import { removeFiles, removeUnsent } from '../attachments/remove-attachments.js';
import { sql } from '../database.js';
import { runEvidence } from '../exports/run-evidence.js';
import { expireExports, runExports } from '../exports/run-exports.js';
import { SinkRunner } from '../sinks/run-sinks.js';
import { noteSilentSinks } from '../sinks/silent-sinks.js';
import { RENEW_MS, type SocketLeases } from '../presence/socket-leases.js';
import { continueShiftHandovers } from './continue-shift-handovers.js';
import { atMostEvery, every, type Sweep } from './every.js';
import { expireHandovers } from './expire-handovers.js';
import { startRemovals } from './remove.js';
import { releasePresences } from './release-presences.js';
import { routeConversations } from './route-conversations.js';
import { signCheckpoints } from './sign-checkpoints.js';
import { Turn } from './turn.js';
import { wakeConversations } from './wake-conversations.js';

const SWEEP_MS = 1_000;
const PURGE_MS = 60_000;
const REMOVE_MS = 10_000;
const PURGE_BATCH = 1_000;

/**
 * Starts what happens by itself. Every node renews the leases of its sockets; everything else is done by one node at a
 * time, and by the next one within seconds after that one has gone.
 */
export function startJobs(
  app: Application,
  leases: SocketLeases,
  checkpointSeconds: number,
): { stop(): Promise<void> } {
  const turn = new Turn(app.db, 'sweep');
  // Of its own, so that a long file holds up nothing else.
  const exportTurn = new Turn(app.db, 'exports');
  const renewing = every(RENEW_MS, 'renew socket leases', app, () => leases.renew());
  const sweeps = [
    named('expire handovers', expireHandovers),
    named('wake conversations', wakeConversations),
    named('route conversations', routeConversations),
    named('continue shift handovers', continueShiftHandovers),
    named('release presences', atMostEvery(RENEW_MS, releasePresences)),
    named('note silent sinks', atMostEvery(PURGE_MS, noteSilentSinks)),
    named('expire exports', atMostEvery(PURGE_MS, expireExports)),
    named('remove unsent files', atMostEvery(PURGE_MS, removeUnsent)),
    named('remove files', atMostEvery(REMOVE_MS, removeFiles)),
    named('purge idempotency keys', atMostEvery(PURGE_MS, purgeIdempotencyKeys)),
  ];
  let isOurs = false;
  const sweeping = every(SWEEP_MS, 'sweep', app, async () => {
    isOurs = await turn.take();
    if (!isOurs) return;
    for (const sweep of sweeps) await sweep(app);
  });
  // Beside the sweep: a long log may take its time, handovers must not wait for it. It locks each log by itself.
  const signing =
    checkpointSeconds === 0
      ? null
      : every(checkpointSeconds * 1_000, 'sign checkpoints', app, async () => {
          if (isOurs) await signCheckpoints(app);
        });
  const exporting = every(SWEEP_MS, 'write exports', app, async () => {
    if (await exportTurn.take()) await runExports(app);
  });
  // Its turn is renewed beside it: a bundle may take longer than a turn holds.
  const evidenceTurn = new Turn(app.db, 'evidence');
  const stopMaking = new AbortController();
  const renewingEvidence = every(SWEEP_MS, 'take the turn of evidence', app, () => evidenceTurn.take());
  const making = every(SWEEP_MS, 'make evidence', app, async () => {
    if (evidenceTurn.isMine) await runEvidence(app, stopMaking.signal);
  });
  // As long as the turn is this node's: who has lost it must not go on sending beside the next one.
  const sinks = new SinkRunner(app);
  const sinkTurn = new Turn(app.db, 'sinks');
  const pushing = every(SWEEP_MS, 'push to sinks', app, async () => {
    if (await sinkTurn.take()) await sinks.lookAfterAll();
    else await sinks.letGo();
  });
  const removals = startRemovals(app);
  return {
    stop: async () => {
      stopMaking.abort();
      const sweepers = [renewing, sweeping, signing, exporting, making, renewingEvidence, pushing, removals];
      await Promise.all(sweepers.map((one) => one?.stop()));
      await sinks.letGo();
      await Promise.all([turn, exportTurn, evidenceTurn, sinkTurn].map((one) => one.passOn())).catch((error: unknown) =>
        app.log.warn({ err: error }, 'the turn could not be passed on'),
      );
    },
  };
}

const purgeIdempotencyKeys: Sweep = (app) =>
  app.db.asApplication(sql`select idempotency_keys_purge(${app.now()}, ${PURGE_BATCH})`);

/** A failure is logged, the others go on, and the next turn tries again. */
const named =
  (job: string, sweep: Sweep): Sweep =>
  async (app) => {
    try {
      await sweep(app);
      app.metrics.ran(job, 'done');
    } catch (error) {
      app.metrics.ran(job, 'failed');
      app.log.warn({ err: error, job }, 'a job failed; it is tried again');
    }
  };
