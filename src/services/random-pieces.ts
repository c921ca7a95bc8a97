import { randomFillSync } from 'node:crypto';

/** A request to the system costs some microseconds, whether it is for sixteen bytes or for thousands. */
const supply = Buffer.allocUnsafeSlow(8_192);
let given = supply.length;

/**
 * Random bytes, fit for secrets, of which many small pieces are wanted: a salt, an id. No byte is given twice.
 * @param bytes 8,192 at most
 * @returns what is to be read at once: the place is filled anew after some hundred more.
 */
export function randomPiece(bytes: number): Buffer {
  if (given + bytes > supply.length) {
    randomFillSync(supply);
    given = 0;
  }
  given += bytes;
  return supply.subarray(given - bytes, given);
}
