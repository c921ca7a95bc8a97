import { readFile, stat } from 'node:fs/promises';
import { Malformed } from '../services/record/proofs/malformed.js';

/** Policies and checkpoints are a page or two. */
const LONGEST = 1024 * 1024;

/** Reads a small file that somebody named. @throws Malformed for one that is no such file; what the system says otherwise. */
export async function readSmallFile(file: string): Promise<string> {
  if ((await stat(file)).size > LONGEST) throw new Malformed(`${file} is larger than 1 MiB`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) throw new Malformed(`${file} is not UTF-8`);
    throw error;
  }
}
