import type { Call } from '../application.js';
import { recordSight } from '../policy.js';
import {
  passesEventFilter,
  refuseStrangers,
  validateEventFilter,
  type AuditEventFilter,
} from '../record/list-events.js';
import { readEvent, type AuditEventRow } from '../record/history.js';
import { covered } from '../record/read.js';
import { recordRead } from '../reveal.js';
import { openStream } from './pull-stream.js';

/** One frame of `auditEvents`: an event, or only the cursor. */
export interface AuditEventDelivery {
  event: AuditEventRow | null;
  cursor: string;
}

/**
 * Every event of the record that the caller may read and that passes the filter, each exactly as it was recorded.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED, RESYNC_REQUIRED
 */
export async function auditEventStream(
  call: Call,
  filter: AuditEventFilter,
  afterEvent: string | null | undefined,
): Promise<AsyncGenerator<AuditEventDelivery, void, void>> {
  validateEventFilter(filter);
  refuseStrangers(recordSight(call.principal));
  await call.app.accessLog.record(call, [recordRead(call, 'audit.subscribed')]);
  return openStream<AuditEventDelivery>(call, afterEvent, {
    deliver: async (events, principal) => {
      const sight = recordSight(principal);
      return events
        .filter((row) => covered(sight, row) && passesEventFilter(filter, row))
        .map((row) => ({
          sequence: row.sequence,
          frame: (cursor) => ({ event: readEvent(row, principal.workspaceId, sight), cursor }),
        }));
    },
    cursorFrame: (cursor) => ({ event: null, cursor }),
  });
}
