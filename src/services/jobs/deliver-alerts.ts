import { deliverAlerts } from '../alert-destinations/deliver-alerts.js';
import type { Application } from '../application.js';
import { sql } from '../sql.js';
import { every } from './every.js';
import { Turn } from './turn.js';

const SWEEP_MS = 1_000;
/** Destinations that are sent to in one sweep, at the same time. */
const BATCH = 16;

/**
 * Sends alerts to where they are wanted, on one node at a time. Apart from evaluating: a receiver that is slow must not
 * keep anybody from being told.
 */
export function startDeliveries(app: Application): { stop(): Promise<void> } {
  const turn = new Turn(app.db, 'alert deliveries');
  const sending = every(SWEEP_MS, 'deliver alerts', app, async () => {
    if (!(await turn.take())) return;
    const due = await app.db.rows<{ workspaceId: string; id: string }>(
      sql`select workspace_id as "workspaceId", id from alert_destinations_due(${app.now()}, ${BATCH})`,
    );
    await Promise.all(
      due.map(({ workspaceId, id }) =>
        deliverAlerts(app, workspaceId, id).catch((error: unknown) =>
          app.log.warn({ err: error, destinationId: id }, 'alerts could not be delivered; it is tried again'),
        ),
      ),
    );
  });
  return {
    stop: async () => {
      await sending.stop();
      await turn.passOn().catch((error: unknown) => app.log.warn({ err: error }, 'the turn could not be passed on'));
    },
  };
}
