import { stringify } from 'csv-stringify/sync';
import type { ExportedEvent } from './exported-event.js';

type Cell = string | number | null;

const columns: Readonly<Record<string, (event: ExportedEvent) => Cell>> = {
  origin: (event) => event.origin,
  sequence: (event) => event.sequence,
  id: (event) => (event.action === null ? null : event.id),
  state: (event) => event.state,
  action: (event) => event.action,
  category: (event) => event.category,
  severity: (event) => event.severity,
  outcome: (event) => event.outcome,
  summary: (event) => event.summary,
  actorKind: (event) => event.actor?.kind ?? null,
  actorId: (event) => event.actor?.id ?? null,
  actorLabel: (event) => event.actor?.label ?? null,
  onBehalfOfKind: (event) => event.onBehalfOf?.kind ?? null,
  onBehalfOfId: (event) => event.onBehalfOf?.id ?? null,
  onBehalfOfLabel: (event) => event.onBehalfOf?.label ?? null,
  targetType: (event) => event.target?.type ?? null,
  targetId: (event) => event.target?.id ?? null,
  targetLabel: (event) => event.target?.label ?? null,
  conversationId: (event) => event.conversationId,
  teamId: (event) => event.teamId,
  changes: (event) => (event.changes.length > 0 ? JSON.stringify(event.changes) : null),
  reason: (event) => event.reason,
  metadata: (event) => (event.metadata ? JSON.stringify(event.metadata) : null),
  occurredAt: (event) => event.occurredAt?.toISOString() ?? null,
  recordedAt: (event) => event.recordedAt,
  ipAddress: (event) => event.ipAddress,
  userAgent: (event) => event.userAgent,
  requestId: (event) => event.requestId,
  causationId: (event) => event.causationId,
  sessionId: (event) => event.sessionId,
  leafHash: (event) => event.leafHash,
  leafData: (event) => event.leafData,
};

/** RFC 4180, and no cell that a spreadsheet would take for a formula: names and reasons are anybody's text. */
const written = (rows: Cell[][]): string => stringify(rows, { record_delimiter: '\r\n', escape_formulas: true });

/** The line above all others. */
export const csvHeader = (): string => written([Object.keys(columns)]);

/** One event as a line. */
export const csvLine = (event: ExportedEvent): string =>
  written([Object.values(columns).map((cellOf) => cellOf(event))]);
