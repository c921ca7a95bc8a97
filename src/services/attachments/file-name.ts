import { MAX_EXTERNAL_ID } from '../text.js';

/** What no name of a file has: a path, and characters that nobody sees. */
// oxlint-disable-next-line no-control-regex
const NOT_IN_NAMES = /[\u0000-\u001f\u007f/\\]/g;

/** What is wrong with a name that holds anything else than one. */
export const NO_FILE_NAME = 'must hold no path and no control characters';

/** Whether a file can be called this, which is neither empty nor too long. */
export const isFileName = (name: string): boolean => name.search(NOT_IN_NAMES) < 0;

/** The name of a file from a program that allows others than we do; where nothing is left of it, what it is called then. */
export function asFileName(said: string | null | undefined, otherwise: string): string {
  const name = (said ?? '').toWellFormed().replaceAll(NOT_IN_NAMES, '_').trim();
  if (name.length <= MAX_EXTERNAL_ID) return name || otherwise;
  // How it ends is what people know it by.
  const ending = /\.\w{1,10}$/.exec(name)?.[0] ?? '';
  return `${name.slice(0, MAX_EXTERNAL_ID - ending.length)}${ending}`.toWellFormed();
}
