import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a whole file so that whatever happens the old one or the new one is there, and the new one stays once this has
 * resolved: the content reaches the disk before the name, and the name before the promise.
 * @param options.replace false = fail with EEXIST where there is a file already.
 */
export async function writeDurably(file: string, text: string, options: { replace: boolean }): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await (options.replace ? rename(temporary, file) : link(temporary, file));
    const names = await open(folder, 'r');
    await names.sync().finally(() => names.close());
  } finally {
    await rm(temporary, { force: true });
  }
}
