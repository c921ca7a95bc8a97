import { exportedEvent, originOf, type ExportedEvent, type LogName } from '../record/formats/exported-event.js';
import { formats } from '../record/formats/formats.js';
import { syslogMessage } from '../record/formats/syslog.js';
import { passesEventFilter, type AuditEventFilter } from '../record/event-filter.js';
import type { RecordRow } from '../record/read.js';
import type { BatchCheckpoint } from './checkpoint-for.js';
import type { EventFormat } from '../../entities/enums.js';

/** Events of one batch at the most; so many are also looked at for one. */
export const BATCH_EVENTS = 500;
/** What a batch may grow to, in characters, if more than one event is in it. */
const BATCH_CHARACTERS = 1_000_000;
/** How long an ordinary event waits for others to go with it, in milliseconds. */
export const WINDOW_MS = 1_000;
/** WARNING. */
const AT_ONCE = 2;

/** Whether an event leaves without waiting for others. */
export const presses = ({ severity }: Pick<RecordRow, 'severity'>): boolean => (severity ?? 0) >= AT_ONCE;

/** A run of the record that was looked at for a sink. */
export interface Batch {
  /** Written in the sink's format, a text each, without the ends of lines. */
  texts: string[];
  events: ExportedEvent[];
  /** The first sequence that was not looked at. */
  next: number;
  /** How long it still waits for what comes next, in milliseconds; 0 = it goes now. */
  waitMs: number;
}

/** What a sink takes. */
export interface Wanted {
  format: EventFormat;
  filter: AuditEventFilter;
}

/** Picks what a sink takes out of the events that follow what it has. */
export function batchOf(rows: readonly RecordRow[], log: LogName, { format, filter }: Wanted, now: Date): Batch {
  const [texts, events]: [string[], ExportedEvent[]] = [[], []];
  let characters = 0;
  let urgent = rows.length >= BATCH_EVENTS;
  let oldest: Date | null = null;
  for (const row of rows) {
    if (!passesEventFilter(filter, row)) continue;
    // Who reads all of the record, unmasked, has decided where it goes.
    const event = exportedEvent(row, log, { unmasked: true });
    const text = formats[format].line(event).replace(/\r?\n$/, '');
    characters += text.length;
    if (texts.length > 0 && characters > BATCH_CHARACTERS) return { texts, events, next: row.sequence, waitMs: 0 };
    texts.push(text);
    events.push(event);
    oldest ??= row.recordedAt;
    urgent ||= presses(row);
  }
  const waited = oldest === null ? 0 : now.getTime() - oldest.getTime();
  const waitMs = urgent ? 0 : Math.min(WINDOW_MS, Math.max(0, WINDOW_MS - waited));
  return { texts, events, next: rows.at(-1)!.sequence + 1, waitMs };
}

/** The body of a webhook: events of a format that is JSON as objects, else as texts. */
export function webhookBody(
  batch: Batch,
  log: LogName,
  format: EventFormat,
  now: Date,
  checkpoint: BatchCheckpoint | null,
): string {
  const { object } = formats[format];
  return JSON.stringify({
    type: 'audit.events',
    timestamp: now.toISOString(),
    data: {
      origin: originOf(log),
      workspaceId: log.id,
      format,
      firstSequence: batch.events[0]!.sequence,
      lastSequence: batch.events.at(-1)!.sequence,
      ...(checkpoint ? { checkpoint } : {}),
      events: object ? batch.events.map((event) => object(event)) : batch.texts,
    },
  });
}

/** The same batch has the same id at every attempt. */
export const batchId = (sinkId: string, { events }: Batch): string =>
  `${sinkId}_${events[0]!.sequence}_${events.at(-1)!.sequence}`;

/** The bytes of a batch for a syslog server: messages of RFC 5424, framed by counting octets (RFC 6587 §3.4.1, RFC 5425 §4.3). */
export function syslogFrames({ events, texts }: Batch, format: EventFormat): Buffer {
  const messages = texts.map((text, index) => (format === 'SYSLOG' ? text : syslogMessage(events[index]!, text)));
  return Buffer.concat(
    messages.map((message) => {
      const bytes = Buffer.from(message, 'utf8');
      return Buffer.concat([Buffer.from(`${bytes.length} `, 'ascii'), bytes]);
    }),
  );
}
