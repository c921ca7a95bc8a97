/** As many levels as `canonicalJson` accepts. */
const DEEPEST = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Moves over the text of canonical JSON in one pass, making nothing of it. Every method answers whether what it moved over
 * is canonical, and leaves `at` behind it. A text with an escape in it is never accepted here: that is for `readBody`.
 */
export class CanonicalScan {
  at = 0;
  /** The text in UTF-8, up to `end`. Bytes, because they are read at half the cost of the characters of a text. */
  bytes: Uint8Array = new Uint8Array(0);
  end = 0;

  /** Begins with another text. @param bytes well-formed UTF-8, at least `end` of it */
  begin(bytes: Uint8Array, end: number): void {
    [this.bytes, this.end, this.at] = [bytes, end, 0];
  }

  /** Whether all of the text was one canonical value. */
  isWhole(): boolean {
    return this.value(0) && this.at === this.end;
  }

  /** Moves over one value. @param depth how many lists and objects it stands in */
  value(depth: number): boolean {
    switch (this.bytes[this.at]) {
      case QUOTE:
        return this.string();
      case OPEN_OBJECT:
        return this.#object(depth);
      case OPEN_LIST:
        return this.#list(depth);
      case 0x6e:
        return this.#literal('null');
      case 0x74:
        return this.#literal('true');
      case 0x66:
        return this.#literal('false');
      default:
        return this.#integer();
    }
  }

  /** Moves over one sign, if it is this one. */
  sign(code: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== code) return false;
    this.at += 1;
    return true;
  }

  /** Moves over a text with its quotes. */
  string(): boolean {
    const { bytes, end } = this;
    let { at } = this;
    if (bytes[at] !== QUOTE) return false;
    while (++at < end) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at + 1;
        return at < end;
      }
      if (byte < 0x20 || byte === BACKSLASH) return false;
    }
    return false;
  }

  #object(depth: number): boolean {
    if (depth >= DEEPEST) return false;
    this.at += 1;
    if (this.sign(CLOSE_OBJECT)) return true;
    let [lastFrom, lastTo] = [-1, -1];
    for (;;) {
      const from = this.at + 1;
      if (!this.string()) return false;
      const to = this.at - 1;
      if (lastFrom >= 0 && !this.#isBefore(lastFrom, lastTo, from, to)) return false;
      [lastFrom, lastTo] = [from, to];
      if (!this.sign(COLON) || !this.value(depth + 1)) return false;
      if (!this.sign(COMMA)) return this.sign(CLOSE_OBJECT);
    }
  }

  #list(depth: number): boolean {
    if (depth >= DEEPEST) return false;
    this.at += 1;
    if (this.sign(CLOSE_LIST)) return true;
    for (;;) {
      if (!this.value(depth + 1)) return false;
      if (!this.sign(COMMA)) return this.sign(CLOSE_LIST);
    }
  }

  /** Whether one stretch of the text is before another by UTF-16 code units (RFC 8785 §3.2.3), and not the same. */
  #isBefore(from: number, to: number, otherFrom: number, otherTo: number): boolean {
    const { bytes } = this;
    for (let one = from, other = otherFrom; other < otherTo; one++, other++) {
      if (one === to) return true;
      const difference = inUtf16(bytes[one]!) - inUtf16(bytes[other]!);
      if (difference !== 0) return difference < 0;
    }
    return false;
  }

  #literal(literal: string): boolean {
    for (let index = 0; index < literal.length; index++) {
      if (this.bytes[this.at + index] !== literal.charCodeAt(index)) return false;
    }
    this.at += literal.length;
    return true;
  }

  /** Within ±(2^53−1), without leading zeros and −0. */
  #integer(): boolean {
    const negative = this.sign(MINUS);
    const first = this.at;
    let value = 0;
    for (;;) {
      const code = this.at < this.end ? this.bytes[this.at]! : 0;
      if (code < DIGIT_0 || code > DIGIT_9) break;
      value = value * 10 + (code - DIGIT_0);
      if (value > Number.MAX_SAFE_INTEGER) return false;
      this.at += 1;
    }
    const digits = this.at - first;
    if (digits === 0) return false;
    return this.bytes[first] !== DIGIT_0 || (digits === 1 && !negative);
  }
}

/** The first bytes of what UTF-16 writes as surrogates, U+10000 and on, are before those of U+E000 to U+FFFF. */
const inUtf16 = (byte: number): number => (byte >= 0xf0 ? 0xed + (byte - 0xef) / 16 : byte);
