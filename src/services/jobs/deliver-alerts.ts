import { deliverAlerts } from '../alert-destinations/deliver-alerts.js';
import type { Application } from '../application.js';
import { sql } from '../sql.js';
import { every } from './every.js';
import { Turn } from './turn.js';

const SWEEP_MS = 1_000;
/** Destinations that are sent to at the same time. */
const AT_ONCE = 32;

/**
 * Sends alerts to where they are wanted, on one node at a time. Apart from evaluating: a receiver that is slow must not
 * keep anybody from being told. For the same reason each destination is looked after by itself, and who waited longest is
 * the next one.
 */
export function startDeliveries(app: Application): { stop(): Promise<void> } {
  const turn = new Turn(app.db, 'alert deliveries');
  const stopping = new AbortController();
  const underWay = new Map<string, Promise<void>>();
  const deliver = ({ workspaceId, id }: { workspaceId: string; id: string }): void => {
    if (underWay.has(id) || underWay.size >= AT_ONCE) return;
    const delivering = deliverAlerts(app, workspaceId, id, stopping.signal)
      .catch((error: unknown) =>
        app.log.warn({ err: error, destinationId: id }, 'alerts could not be delivered; it is tried again'),
      )
      .finally(() => underWay.delete(id));
    underWay.set(id, delivering);
  };
  const sending = every(SWEEP_MS, 'deliver alerts', app, async () => {
    if (!(await turn.take()) || underWay.size >= AT_ONCE) return;
    // Those under way may be among the first.
    const due = await app.db.rows<{ workspaceId: string; id: string }>(
      sql`select workspace_id as "workspaceId", id from alert_destinations_due(${app.now()}, ${AT_ONCE + underWay.size})`,
    );
    due.forEach(deliver);
  });
  return {
    stop: async () => {
      stopping.abort();
      await sending.stop();
      await Promise.all(underWay.values());
      await turn.passOn().catch((error: unknown) => app.log.warn({ err: error }, 'the turn could not be passed on'));
    },
  };
}
