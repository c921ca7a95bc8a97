import type { EventFormat } from '../../entities/enums.js';
import { Workspace } from '../../entities/workspace.js';
import type { Database } from '../database.js';
import { sql } from '../database.js';
import { exportedEvent, type ExportedEvent, type LogName } from '../record/formats/exported-event.js';
import { formats } from '../record/formats/formats.js';
import { passesEventFilter, type AuditEventFilter } from '../record/event-filter.js';
import { covered, readAfter, readHeads } from '../record/read.js';
import type { RecordSight } from '../policy.js';
import { notFound } from '../errors.js';

/** So many events are looked at in one statement. */
export const PAGE = 500;

/** What is taken out of the record. */
export interface Extract {
  filter: AuditEventFilter;
  sight: RecordSight;
  /** Nothing after this. */
  toSequence: number;
}

/** A run of events that were looked at, and those of them that are taken. */
export interface ExtractPage {
  events: ExportedEvent[];
  /** The first sequence that was not looked at. */
  next: number;
}

/** The name of a log. @throws AppError NOT_FOUND for a workspace that is not there. */
export async function logName(db: Database, workspaceId: string): Promise<LogName> {
  const [[workspace], [head]] = await Promise.all([
    db.rows<{ logOrigin: string }>(
      sql`select w.log_origin as "logOrigin" from ${db.table(Workspace)} w where w.id = ${workspaceId}`,
    ),
    readHeads(db, [workspaceId]),
  ]);
  if (!workspace) throw notFound('workspace');
  return { id: workspaceId, logOrigin: workspace.logOrigin, epoch: head?.epoch ?? 1 };
}

/** Looks at the events from a sequence on, in a statement of its own, so that no snapshot is held for long. */
export async function extractPage(
  db: Database,
  log: LogName,
  { filter, sight, toSequence }: Extract,
  from: number,
): Promise<ExtractPage> {
  const rows = (await readAfter(db, log.id, from - 1, PAGE)).filter((row) => row.sequence <= toSequence);
  const taken = rows.filter((row) => covered(sight, row) && passesEventFilter(filter, row));
  return {
    events: taken.map((row) => exportedEvent(row, log, sight)),
    next: rows.length < PAGE ? toSequence + 1 : rows.at(-1)!.sequence + 1,
  };
}

/** The text of a page. @param first whether it begins the file. */
export function pageText(format: EventFormat, events: readonly ExportedEvent[], first: boolean): string {
  const { header, line } = formats[format];
  return (first ? header() : '') + events.map((event) => line(event)).join('');
}

/** A filter as it was kept: JSON has no moments. */
export const keptFilter = (kept: Record<string, unknown>): AuditEventFilter => ({
  ...kept,
  ...(kept['from'] ? { from: new Date(String(kept['from'])) } : {}),
  ...(kept['to'] ? { to: new Date(String(kept['to'])) } : {}),
});
