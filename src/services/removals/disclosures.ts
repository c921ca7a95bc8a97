import type { Tx } from '../commit.js';
import { erasureLists, type ErasedPlaces } from '../record/announcements.js';
import { digestOf, readDisclosure } from '../record/disclosure.js';
import type { RecordBody } from '../record/envelope.js';
import type { NewEvent } from '../record/event.js';
import type { Announced, Run } from './run-steps.js';

/** Events that one step looks at, and texts that one step removes. */
export const BATCH = 500;

/** An event as its disclosures are read from it. */
export interface Disclosing {
  sequence: number;
  body: string;
  disclosures: string[];
}

/** What tells of erasing is what stays. */
const OF_ERASING: ReadonlySet<string> = new Set(['erasure.requested', 'audit.erased', 'contact.erased']);

/** Announces what of these events goes, and how far the run has looked with them. */
export function announceDisclosures(
  tx: Tx,
  run: Run,
  rows: readonly Disclosing[],
  about: Pick<NewEvent, 'target' | 'contactId' | 'conversationId'>,
  placesOf: (row: Disclosing, names: Set<string>) => ErasedPlaces,
): Announced {
  const names = new Set<string>();
  const places = rows.map((row) => placesOf(row, names)).filter((one) => one.places.length > 0);
  const lists = erasureLists(places);
  const eventIds = lists.map(({ list, count }) =>
    tx.record({
      action: 'audit.erased',
      ...about,
      metadata: { run: run.id, disclosures: list, names: [...names].toSorted(), count },
    }),
  );
  return { eventIds, position: rows.at(-1)!.sequence, count: lists.reduce((sum, { count }) => sum + count, 0) };
}

/** The places, in what an event commits to, of those of its disclosures that go. */
export function placesWhere(
  { sequence, body: text, disclosures }: Disclosing,
  names: Set<string>,
  goes: (body: RecordBody, name: string) => boolean,
): ErasedPlaces {
  const body = JSON.parse(text) as RecordBody;
  const places = disclosures.flatMap((encoded) => {
    const { name } = readDisclosure(encoded);
    if (OF_ERASING.has(body.action) || !goes(body, name)) return [];
    names.add(name);
    const place = (body._sd ?? []).indexOf(digestOf(encoded));
    return place < 0 ? [] : [place];
  });
  return { sequence, places: places.toSorted((one, other) => one - other) };
}
