import type { Faults } from './text.js';

const MAX_URL = 2_000;

/** Refuses what cannot be the address of somebody's picture; null and undefined are none. */
export function checkPicture(faults: Faults, url: string | null | undefined, path = 'avatarUrl'): void {
  if (url == null) return;
  const isPicture = url.length <= MAX_URL && URL.canParse(url) && new URL(url).protocol === 'https:';
  if (!isPicture) faults.add(path, `must be an https address of at most ${MAX_URL} characters`);
}
