import { CanonicalScan } from './canonical-scan.js';

const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT, COMMA] = [0x5b, 0x5d, 0x7b, 0x7d, 0x2c];

/** Keys of an object in their order, each with what stands in it: any value, a list of texts, or an object with its own keys. */
type Shape = readonly (readonly [key: string, content: 'value' | 'texts' | Shape])[];

const REFERENCE: Shape = [
  ['id', 'value'],
  ['kind', 'value'],
  ['type', 'value'],
];
/** The keys of format version 1 (`RecordBody`). A body with another one is not scanned. */
const ENVELOPE: Shape = [
  ['_sd', 'texts'],
  ['action', 'value'],
  ['actor', REFERENCE],
  ['audience', 'texts'],
  [
    'auth',
    [
      ['key', 'value'],
      ['method', 'value'],
      ['session', 'value'],
    ],
  ],
  ['category', 'value'],
  ['causation', 'value'],
  ['changes', 'value'],
  ['contact', 'value'],
  ['content', 'value'],
  ['conversation', 'value'],
  ['id', 'value'],
  ['idempotency', 'value'],
  ['inbox', 'value'],
  ['metadata', 'value'],
  ['net', 'value'],
  ['obo', REFERENCE],
  ['occurred', 'value'],
  ['outcome', 'value'],
  ['related', 'value'],
  ['request', 'value'],
  ['salt', 'value'],
  ['severity', 'value'],
  ['target', REFERENCE],
  ['team', 'value'],
  ['v', 'value'],
  ['ws', 'value'],
];

interface Place {
  /** With quotes and colon. */
  key: Buffer;
  /** Where its value is kept, from 0. */
  slot: number;
  content: 'value' | 'texts' | Place[];
}

const slots = new Map<string, number>();
const places = (shape: Shape, path: string): Place[] =>
  shape.map(([key, content]) => {
    const slot = slots.size;
    slots.set(path + key, slot);
    return {
      key: Buffer.from(`"${key}":`),
      slot,
      content: typeof content === 'string' ? content : places(content, `${path}${key}.`),
    };
  });
const ENVELOPE_PLACES = places(ENVELOPE, '');

/** The slot of a value by its path, such as `actor.kind`; for constants. */
export function slotOf(path: string): number {
  const slot = slots.get(path);
  if (slot === undefined) throw new Error(`no slot for ${path}`);
  return slot;
}

/** More than a body may have (`bodyText`): 16 KiB. */
const MOST_BYTES = 65_536;

/**
 * Where the values of a body stand in its text, found in the one pass that shows it to be canonical. It is what verifying a
 * long log spends its time on: nothing is made of values that are only compared, and one scan takes body after body.
 */
export class BodyScan {
  /** The text in UTF-8, of the last body. */
  readonly bytes = Buffer.alloc(MOST_BYTES);
  /** Where the value of each slot begins, -1 where there is none, and where it ends. */
  readonly from = new Int32Array(slots.size);
  readonly to = new Int32Array(slots.size);
  readonly #scan = new CanonicalScan();
  #length = 0;

  /** Takes the next body. @returns whether it is of that many bytes that it could be one */
  begin(text: string): boolean {
    // Three bytes are the most that one unit of UTF-16 takes.
    if (text.length * 3 > MOST_BYTES || !text.isWellFormed()) return false;
    this.#length = this.bytes.write(text, 'utf8');
    return true;
  }

  /** Bytes of the text. */
  get text(): Buffer {
    return this.bytes.subarray(0, this.#length);
  }

  /** Whether it is canonical, with the keys of an envelope; false also for what only `readBody` can tell: escapes, or odd. */
  isCanonical(): boolean {
    this.from.fill(-1);
    this.#scan.begin(this.bytes, this.#length);
    return this.#object(ENVELOPE_PLACES, 0) && this.#scan.at === this.#length;
  }

  /** The text of a value as it stands there, a text with its quotes; null where there is none. */
  get(slot: number): string | null {
    const from = this.from[slot]!;
    return from < 0 ? null : this.bytes.toString('utf8', from, this.to[slot]);
  }

  /** The texts of a list of them that have no quotes in them; none where there is no list. */
  texts(slot: number): string[] {
    const [from, to] = [this.from[slot]!, this.to[slot]!];
    return to - from <= 2 || from < 0 ? [] : this.bytes.toString('utf8', from + 2, to - 2).split('","');
  }

  #object(known: readonly Place[], depth: number): boolean {
    const scan = this.#scan;
    if (!scan.sign(OPEN_OBJECT)) return false;
    // In order, as the known keys are: whatever is found after the last one found is after it, and no key comes twice.
    for (let next = 0; next < known.length; next++) {
      const { key, slot, content } = known[next]!;
      if (!this.#standsAt(key, scan.at)) continue;
      scan.at += key.length;
      this.from[slot] = scan.at;
      const isFine =
        content === 'value'
          ? scan.value(depth + 1)
          : content === 'texts'
            ? this.#texts()
            : this.#object(content, depth + 1);
      if (!isFine) return false;
      this.to[slot] = scan.at;
      if (!scan.sign(COMMA)) return scan.sign(CLOSE_OBJECT);
    }
    return false;
  }

  #standsAt(key: Buffer, at: number): boolean {
    const { bytes } = this;
    for (let index = key.length - 1; index >= 0; index--) if (bytes[at + index] !== key[index]) return false;
    return true;
  }

  #texts(): boolean {
    const scan = this.#scan;
    if (!scan.sign(OPEN_LIST)) return false;
    if (scan.sign(CLOSE_LIST)) return true;
    for (;;) {
      if (!scan.string()) return false;
      if (!scan.sign(COMMA)) return scan.sign(CLOSE_LIST);
    }
  }
}
