import { v7 } from 'uuid';
import { randomPiece } from './random-pieces.js';

let msecs = 0;
let seq = 0;

/** A new UUIDv7, ascending within this process also inside one millisecond (RFC 9562 section 6.2, method 1). */
export function newId(): string {
  const random = randomPiece(16);
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // Half of what the counter can hold is left to count in.
    seq = random.readUInt32BE(6) >>> 1;
  } else {
    seq += 1;
  }
  return v7({ random, msecs, seq });
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a caller's string is an id at all. What is not cannot exist, so it is answered like an id that does not. */
export const isId = (value: string): boolean => UUID.test(value);
