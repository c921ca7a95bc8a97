import { readDisclosure } from '../record/disclosure.js';
import type { RecordBody } from '../record/envelope.js';
import type { RecordRow } from '../record/read.js';

/** An event of the record as rules look at it. */
export interface AlertEvent {
  readonly row: RecordRow;
  readonly body: RecordBody;
  readonly sequence: number;
  /** When it was recorded, in milliseconds since 1970: the only time that rules know. */
  readonly at: number;
  /** Where it came from; null where that was not known, or has been erased. */
  readonly address: string | null;
}

/**
 * The events that rules are asked about: those whose content is there, but for what alerts themselves record, or an
 * alert could be the cause of the next one for ever.
 */
export function alertEvents(rows: readonly RecordRow[]): AlertEvent[] {
  return rows
    .filter((row) => row.body !== null && !(row.category === 'ALERT' && row.actorKind === 'SYSTEM'))
    .map((row) => ({
      row,
      body: JSON.parse(row.body!) as RecordBody,
      sequence: row.sequence,
      at: row.recordedAt.getTime(),
      address: addressOf(row),
    }));
}

/** The address that an event was committed with. */
export function addressOf({ disclosures }: Pick<RecordRow, 'disclosures'>): string | null {
  for (const encoded of disclosures ?? []) {
    const { name, value } = readDisclosure(encoded);
    if (name === 'net.ip') return String(value);
  }
  return null;
}
