import { HASH_BYTES } from '../merkle.js';
import { Malformed, strictBase64, strictDecimal } from './malformed.js';

/** What a checkpoint says: of this log, the first so many entries have this root (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** Which log: a URL without its schema. */
  origin: string;
  size: bigint;
  /** 32 bytes. */
  root: Buffer;
}

/** The text that is signed. @throws Malformed when it could not be read back. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
  parseCheckpoint(text);
  return text;
}

/** Reads the text of a checkpoint; lines that others add below the root are passed over. @throws Malformed */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  if (lines.length < 4 || lines.pop() !== '') throw new Malformed('not the text of a checkpoint');
  const [origin, size, encoded] = lines as [string, string, string];
  if (lines.includes('')) throw new Malformed('a line of the checkpoint is empty');
  const root = strictBase64(encoded, 'the root of the checkpoint');
  if (root.length !== HASH_BYTES) throw new Malformed('the root of the checkpoint is not 32 bytes');
  return { origin, size: strictDecimal(size, 1n << 63n, 'the size of the checkpoint'), root };
}
