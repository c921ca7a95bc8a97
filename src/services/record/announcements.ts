import type { RecordBody } from './envelope.js';

/** Characters of one announcement's list at the most: `metadata` holds 4 KiB. */
const LIST_MAX = 3_600;
const RANGE = /^(\d{1,16})(?:-(\d{1,16}))?$/;
const ERASURE = /^(\d{1,16}):(\d{1,4}(?:\.\d{1,4})*)$/;

/** Disclosures of one event, by their places in the sorted `_sd` of its body, counted from 0. */
export interface ErasedPlaces {
  sequence: number;
  places: readonly number[];
}

export interface SequenceRange {
  from: number;
  to: number;
}

/** Puts ascending sequences together into ranges. */
export function rangesOf(sequences: Iterable<number>): SequenceRange[] {
  const ranges: SequenceRange[] = [];
  for (const sequence of sequences) {
    const last = ranges.at(-1);
    if (last && last.to + 1 === sequence) last.to = sequence;
    else ranges.push({ from: sequence, to: sequence });
  }
  return ranges;
}

/** A range as announcements and reports write it: `3-20`, or `25`. */
export const rangeText = ({ from, to }: { from: number | bigint; to: number | bigint }): string =>
  from === to ? `${from}` : `${from}-${to}`;

/** The lists of sequences for `audit.pruned`, each short enough for one event, with how many events it names. */
export const pruningLists = (sequences: readonly number[]): { list: string; count: number }[] =>
  lists(rangesOf(sequences), ',', (range) => [rangeText(range), range.to - range.from + 1]);

/** The lists of disclosures for `audit.erased`, each short enough for one event, with how many disclosures it names. */
export const erasureLists = (erased: readonly ErasedPlaces[]): { list: string; count: number }[] =>
  lists(erased, ' ', ({ sequence, places }) => [`${sequence}:${places.join('.')}`, places.length]);

function lists<T>(items: readonly T[], separator: string, write: (item: T) => [text: string, count: number]) {
  const made: { list: string; count: number }[] = [];
  for (const item of items) {
    const [text, count] = write(item);
    const last = made.at(-1);
    if (last && last.list.length + separator.length + text.length <= LIST_MAX) {
      last.list += separator + text;
      last.count += count;
    } else {
      made.push({ list: text, count });
    }
  }
  return made;
}

/**
 * What the events of a log have announced so far to be removed. An announcement speaks only for events before it, and
 * only for what it names: everything else that is missing was taken out by somebody.
 */
export class Announcements {
  readonly #pruned: SequenceRange[] = [];
  readonly #erased = new Map<number, Set<number>>();
  #sorted = true;

  /** Takes note of an event whose body is the one that was hashed. */
  note(sequence: number, { action, outcome, metadata }: RecordBody): void {
    if (outcome !== 'SUCCESS') return;
    if (action === 'audit.pruned') this.#notePruned(sequence, metadata?.['sequences']);
    if (action === 'audit.erased') this.#noteErased(sequence, metadata?.['disclosures']);
  }

  #notePruned(at: number, list: unknown): void {
    if (typeof list !== 'string') return;
    for (const text of list.split(',')) {
      const [, from, to = from] = RANGE.exec(text) ?? [];
      if (from === undefined || Number(to) < Number(from) || Number(from) >= at) continue;
      this.#pruned.push({ from: Number(from), to: Math.min(Number(to), at - 1) });
      this.#sorted = false;
    }
  }

  #noteErased(at: number, list: unknown): void {
    if (typeof list !== 'string') return;
    for (const text of list.split(' ')) {
      const [, sequence, places] = ERASURE.exec(text) ?? [];
      if (places === undefined || Number(sequence) >= at) continue;
      let known = this.#erased.get(Number(sequence));
      if (!known) this.#erased.set(Number(sequence), (known = new Set()));
      for (const place of places.split('.')) known.add(Number(place));
    }
  }

  /** Whether an event's body was announced to go. */
  prunes(sequence: number): boolean {
    const pruned = this.#merged();
    let [low, high] = [0, pruned.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const { from, to } = pruned[middle]!;
      if (sequence < from) high = middle - 1;
      else if (sequence > to) low = middle + 1;
      else return true;
    }
    return false;
  }

  /** Whether the disclosure at this place of an event's `_sd` was announced to go. */
  erases(sequence: number, place: number): boolean {
    return this.#erased.get(sequence)?.has(place) ?? false;
  }

  /** Ascending, none touching another. */
  #merged(): SequenceRange[] {
    if (this.#sorted) return this.#pruned;
    const ranges = this.#pruned.splice(0).toSorted((one, other) => one.from - other.from);
    for (const range of ranges) {
      const last = this.#pruned.at(-1);
      if (last && range.from <= last.to + 1) last.to = Math.max(last.to, range.to);
      else this.#pruned.push({ ...range });
    }
    this.#sorted = true;
    return this.#pruned;
  }
}
