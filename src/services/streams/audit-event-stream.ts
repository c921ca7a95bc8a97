import type { Call } from '../application.js';
import { recordSight } from '../policy.js';
import { passesEventFilter, validateEventFilter, type AuditEventFilter } from '../record/event-filter.js';
import { refuseWhoReadsNoEvents } from '../record/list-events.js';
import { readEvent, type AuditEventRow } from '../record/history.js';
import { covered, type RecordRow } from '../record/read.js';
import { recordRead } from '../reveal.js';
import { openSharedStream } from './open-stream.js';
import { Recorded, type Delivered } from './stream-definition.js';

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
  const sight = recordSight(call.principal);
  refuseWhoReadsNoEvents(sight);
  validateEventFilter(filter, sight);
  const asksAddress = filter.ipAddress !== null && filter.ipAddress !== undefined;
  await call.app.accessLog.record(call, [recordRead(call, 'audit.subscribed')]);
  return openSharedStream<AuditEventDelivery, Step[]>(call, afterEvent, {
    perViewer: false,
    needsContent: false,
    load: async ({ principal }, events) =>
      events.filter((row) => passesEventFilter(filter, row)).map((row) => stepOf(row, principal.workspaceId)),
    // Who may no longer see addresses is no longer told what came from one.
    decide: (steps, { record }) =>
      asksAddress && !record.unmasked
        ? []
        : steps
            .filter(({ row }) => covered(record, row))
            .map((step) => (record.unmasked ? step.unmasked : step.masked)),
    cursorFrame: (cursor) => ({ event: null, cursor }),
  });
}

/** One event, as it is shown to those who may read all of it and to all others. */
interface Step {
  row: RecordRow;
  unmasked: Delivered<AuditEventDelivery>;
  masked: Delivered<AuditEventDelivery>;
}

const recorded = new Recorded<AuditEventDelivery>();

function stepOf(row: RecordRow, workspaceId: string): Step {
  const shown = (unmasked: boolean) =>
    recorded.of(row, String(unmasked), (cursor) => ({ event: readEvent(row, workspaceId, { unmasked }), cursor }));
  return { row, unmasked: shown(true), masked: shown(false) };
}
