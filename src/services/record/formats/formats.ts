import type { EventFormat } from '../../../entities/enums.js';
import { cefLine } from './cef.js';
import { csvHeader, csvLine } from './csv.js';
import { ecsObject } from './ecs.js';
import type { ExportedEvent } from './exported-event.js';
import { ownObject } from './json-lines.js';
import { ocsfObject } from './ocsf.js';
import { syslogLine } from './syslog.js';

/** How events are written: one after the other, each for itself, so that a file is made page by page. */
export interface RecordFormat {
  /** Of a file. */
  mediaType: string;
  extension: string;
  /** What stands before the first event, if anything. */
  header: () => string;
  /** One event, with the end of its line. */
  line: (event: ExportedEvent) => string;
  /** One event as JSON, where the format is that. */
  object: ((event: ExportedEvent) => object) | null;
}

const jsonLines = (object: (event: ExportedEvent) => object): RecordFormat => ({
  mediaType: 'application/x-ndjson',
  extension: 'jsonl',
  header: () => '',
  line: (event) => `${onOneLine(JSON.stringify(object(event)))}\n`,
  object,
});

/** JSON may hold the separators of Unicode as they are, and some readers of lines end one there. */
const onOneLine = (json: string): string => json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

const textLines = (extension: string, line: (event: ExportedEvent) => string): RecordFormat => ({
  mediaType: 'text/plain; charset=utf-8',
  extension,
  header: () => '',
  line: (event) => `${line(event)}\n`,
  object: null,
});

/** Every format that the record leaves in. */
export const formats: Readonly<Record<EventFormat, RecordFormat>> = {
  JSONL: jsonLines(ownObject),
  CSV: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    extension: 'csv',
    header: csvHeader,
    line: csvLine,
    object: null,
  },
  OCSF: jsonLines(ocsfObject),
  ECS: jsonLines(ecsObject),
  CEF: textLines('cef', cefLine),
  SYSLOG: textLines('log', syslogLine),
};
