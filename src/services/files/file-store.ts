import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import { unavailable } from '../errors.js';
import { newId } from '../ids.js';

/** What is known of a whole file. */
export interface WholeFile {
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}

/** A file that has been written and is not in its place yet. */
export interface UnfinishedFile extends WholeFile {
  /** Puts it in its place. */
  settle(): Promise<void>;
  discard(): Promise<void>;
}

/** What a place elsewhere has that a directory has not. */
export interface Elsewhere {
  /** Resolves while the place can be worked with. @throws Error that says why it cannot. */
  check: () => Promise<void>;
}

/** Files in folders. A file is put in its place at one go, once all of it is there. Every node must see the same. */
export class FileStore {
  readonly #elsewhere: Elsewhere | null;

  constructor(
    readonly disk: Disk,
    elsewhere?: Elsewhere,
  ) {
    this.#elsewhere = elsewhere ?? null;
  }

  /** In a directory of the file system. */
  static in(directory: string): FileStore {
    return new FileStore(new Disk(new FSDriver({ location: directory, visibility: 'private' })));
  }

  /** Whether files can be reached. A directory is not asked: it is made when it is needed. @throws Error that says why not. */
  async check(): Promise<void> {
    await this.#elsewhere?.check();
  }

  /**
   * Writes a whole file beside its place. What fails leaves nothing behind.
   * @param expected how many bytes come, which stores elsewhere must know; `contents` must fail rather than end with others.
   */
  async write(
    folder: string,
    name: string,
    contents: AsyncIterable<Buffer>,
    expected?: number,
  ): Promise<UnfinishedFile> {
    const whole = createHash('sha256');
    let bytes = 0;
    let failure: unknown = null;
    const counted = async function* (): AsyncGenerator<Buffer> {
      try {
        for await (const chunk of contents) {
          whole.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    // A name of its own: should two nodes do this at once, neither writes into the other's file.
    const unfinished = `${folder}/unfinished-${newId()}`;
    const discard = () => this.disk.delete(unfinished);
    const body = Readable.from(counted());
    try {
      await this.disk.putStream(unfinished, body, expected === undefined ? {} : { contentLength: expected });
    } catch (error) {
      // A store that has refused reads no further: whoever sends must not be left waiting.
      body.destroy();
      // The library tells what went wrong with the reading by an error of its own.
      const cause = failure ?? error;
      // Where even that is out of reach, what is left goes with its folder.
      await discard().catch(() => {});
      throw cause;
    }
    return {
      bytes,
      sha256: whole.digest('hex'),
      settle: () => this.disk.move(unfinished, `${folder}/${name}`),
      discard,
    };
  }

  /** Whether the file is here, and of this size. @throws AppError UNAVAILABLE where that cannot be told. */
  async holds(file: string, bytes: number): Promise<boolean> {
    try {
      return (await this.disk.getMetaData(file)).contentLength === bytes;
    } catch (error) {
      if (isMissing(error)) return false;
      throw unavailable('The files are out of reach. Try again.', error);
    }
  }

  read(file: string): Promise<Readable> {
    return this.disk.getStream(file);
  }

  /** Removes a folder with everything in it; one that is not there is no fault. */
  async remove(folder: string): Promise<void> {
    if (!this.#elsewhere) return this.disk.deleteAll(folder);
    // One by one: not every store takes many at once, and one that does says in an answer that succeeds which it has kept.
    let next: string | undefined;
    do {
      const page = await this.disk.listAll(folder, {
        recursive: true,
        ...(next === undefined ? {} : { paginationToken: next }),
      });
      for (const found of page.objects) {
        if (found.isFile && found.key.startsWith(`${folder}/`)) await this.disk.delete(found.key);
      }
      next = page.paginationToken;
    } while (next !== undefined);
  }
}

/** Whether the store has answered, and has no such file. */
function isMissing(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code, $metadata } = each as { code?: string; $metadata?: { httpStatusCode?: number } };
    if (code === 'ENOENT' || code === 'ENOTDIR' || $metadata?.httpStatusCode === 404) return true;
  }
  return false;
}
