import { Alert } from '../../entities/alert.js';
import type { ActorKind } from '../../entities/enums.js';
import {
  alertCovered,
  passesAlertFilter,
  refuseWhoReadsNoAlerts,
  validateAlertFilter,
  type AlertFilter,
  type AlertRow,
} from '../alerts/read-alerts.js';
import type { Call } from '../application.js';
import { alertSight } from '../policy.js';
import type { RecordRow } from '../record/read.js';
import { changeOf, changes, decideEach } from './changed.js';
import { openSharedStream } from './open-stream.js';
import type { Delivered } from './stream-definition.js';

/** One frame of `alertEvents`. */
export interface AlertChange {
  changeType: 'ADDED' | 'UPDATED' | 'REMOVED' | 'CURSOR';
  alertId: string | null;
  alert: AlertRow | null;
  action: string | null;
  actor: { kind: ActorKind; id: string | null } | null;
  cursor: string;
  occurredAt: Date | null;
}

const EMPTY = { alertId: null, alert: null, action: null, actor: null, occurredAt: null };

/**
 * The alerts that the caller may read and that pass the filter, as they are raised and attended to.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED, RESYNC_REQUIRED
 */
export async function alertEvents(
  call: Call,
  filter: AlertFilter,
  afterEvent: string | null | undefined,
): Promise<AsyncGenerator<AlertChange, void, void>> {
  refuseWhoReadsNoAlerts(alertSight(call.principal));
  validateAlertFilter(filter);
  return openSharedStream<AlertChange, Loaded>(call, afterEvent, {
    // Which alerts somebody sees is asked of who they are: few follow, so nothing is gained by sharing.
    perViewer: true,
    needsContent: true,
    load: async (caller, events, { replaying }) => ({
      replaying,
      steps: await load(
        caller,
        events.filter((row) => changes(row, 'alert')),
      ),
    }),
    decide: (loaded, { principal }) => {
      const sight = alertSight(principal);
      return decideEach(
        loaded,
        ({ alertId }) => alertId,
        ({ alert, shown, removed }) => {
          if (!alert || !alertCovered(sight, alert)) return null;
          return passesAlertFilter(filter, alert) ? shown : removed;
        },
      );
    },
    cursorFrame: (cursor) => ({ ...EMPTY, changeType: 'CURSOR', cursor }),
  });
}

interface Step {
  alertId: string;
  /** As it is now. */
  alert: AlertRow | undefined;
  shown: Delivered<AlertChange>;
  /** It does not pass the filter, perhaps no longer. */
  removed: Delivered<AlertChange>;
}

interface Loaded {
  steps: Step[];
  replaying: boolean;
}

async function load({ app, principal }: Call, rows: readonly RecordRow[]): Promise<Step[]> {
  if (rows.length === 0) return [];
  const ids = [...new Set(rows.map((row) => row.targetId!))];
  const alerts = new Map((await app.db.byIds(Alert, principal.workspaceId, ids)).map((row) => [row.id, row]));
  return rows.map((row) => {
    const { sequence } = row;
    const alertId = row.targetId!;
    const alert = alerts.get(alertId);
    const { actor } = changeOf(row);
    return {
      alertId,
      alert,
      shown: {
        sequence,
        frame: (cursor) => ({
          changeType: row.action === 'alert.raised' ? 'ADDED' : 'UPDATED',
          alertId,
          alert: alert!,
          action: row.action,
          actor: { kind: actor.kind, id: actor.id ?? null },
          cursor,
          occurredAt: row.occurredAt,
        }),
      },
      removed: { sequence, frame: (cursor) => ({ ...EMPTY, changeType: 'REMOVED', alertId, cursor }) },
    };
  });
}
