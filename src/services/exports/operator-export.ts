import type { EventFormat } from '../../entities/enums.js';
import type { Application } from '../application.js';
import { commit } from '../commit.js';
import { invalid } from '../errors.js';
import { newId } from '../ids.js';
import { recordSight } from '../policy.js';
import { systemPrincipal } from '../principal.js';
import { validateEventFilter, type AuditEventFilter } from '../record/event-filter.js';
import { readHeads } from '../record/read.js';
import { extractPage, logName, pageText } from './page.js';
import { rangeFaults } from './request-export.js';

export interface OperatorExport {
  workspaceId: string;
  format: EventFormat;
  filter: AuditEventFilter;
  fromSequence?: number | undefined;
  toSequence?: number | undefined;
}

/**
 * The record of a workspace for who runs the server, unmasked, page by page as text. That it is taken is on the record
 * before the first page is given.
 * @throws AppError VALIDATION_FAILED, NOT_FOUND, UNAVAILABLE
 */
export async function* operatorExport(app: Application, asked: OperatorExport): AsyncGenerator<string, void, void> {
  const { workspaceId, format, filter } = asked;
  validateEventFilter(filter, { unmasked: true });
  const faults = rangeFaults(asked);
  if (faults.length > 0) throw invalid(...faults);
  const log = await logName(app.db, workspaceId);
  const [head] = await readHeads(app.db, [workspaceId]);
  const newest = (head?.size ?? 0) - 1;
  const fromSequence = asked.fromSequence ?? 0;
  const toSequence = Math.min(asked.toSequence ?? newest, newest);
  const principal = systemPrincipal(workspaceId);
  const request = { id: newId(), ipAddress: null, userAgent: null };
  await commit({ app, principal, request }, async (tx) => {
    tx.record({
      action: 'audit.exported',
      target: { type: 'record', id: workspaceId, label: 'the record' },
      changes: [{ field: 'filter', after: JSON.stringify(filter) }],
      metadata: { format, fromSequence, toSequence },
    });
  });
  const extract = { filter, sight: recordSight(principal), toSequence };
  yield pageText(format, [], true);
  for (let from = fromSequence; from <= toSequence;) {
    const { events, next } = await extractPage(app.db, log, extract, from);
    if (events.length > 0) yield pageText(format, events, false);
    from = next;
  }
}
