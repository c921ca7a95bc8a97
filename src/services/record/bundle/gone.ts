import type { Announcements } from '../announcements.js';
import { digestOf } from '../disclosure.js';
import type { RecordBody } from '../envelope.js';
import type { EntryLine } from './lines.js';

/** What of an event is gone: its body, or the disclosures at these places of its `_sd`. */
export type Gone = { sequence: number; places: readonly number[] | 'ALL' };

/** What is gone of an event as its line tells it; null where everything is there. */
export function goneOf({ leaf, body, disclosures = [], withheld = [] }: EntryLine): Gone | null {
  if (!body) return { sequence: leaf.seq, places: 'ALL' };
  const digests = (body as unknown as RecordBody)._sd ?? [];
  if (disclosures.length + withheld.length === digests.length) return null;
  const here = new Set([...disclosures.map(digestOf), ...withheld]);
  const places = digests.flatMap((digest, place) => (here.has(digest) ? [] : [place]));
  return { sequence: leaf.seq, places };
}

/** What of it nobody has announced to go; null where all of it was. */
export function untoldOf({ sequence, places }: Gone, announced: Announcements): Gone | null {
  if (places === 'ALL') return announced.prunes(sequence) ? null : { sequence, places };
  const untold = places.filter((place) => !announced.erases(sequence, place));
  return untold.length > 0 ? { sequence, places: untold } : null;
}

/** Whether any of it was announced to go. */
export const isTouched = ({ sequence, places }: Gone, announced: Announcements): boolean =>
  places === 'ALL' ? announced.prunes(sequence) : places.some((place) => announced.erases(sequence, place));
