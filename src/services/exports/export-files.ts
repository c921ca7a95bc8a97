import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { FileStore, type UnfinishedFile, type WholeFile } from '../files/file-store.js';

/** Whose files. */
export interface ExportKey {
  workspaceId: string;
  id: string;
}

/** The parts are not what was written: some are lost or cut. They must be written again. */
export class PartsLost extends Error {
  override readonly name = 'PartsLost';
}

/**
 * The files of exports: parts while one is written, and the whole once it is there, which is put in its place by a
 * rename. Every node must see the same directory.
 */
export class ExportFiles {
  readonly #store: FileStore;

  constructor(directory: string) {
    this.#store = FileStore.in(directory);
  }

  /** Writes one part; again, if need be. @returns the digest over all parts so far. */
  async putPart(key: ExportKey, part: number, contents: Buffer, digestBefore: string): Promise<string> {
    await this.#store.disk.put(partOf(key, part), contents);
    return chained(digestBefore, createHash('sha256').update(contents).digest());
  }

  /**
   * Puts the parts together, and the whole in its place.
   * @throws PartsLost when they are not those that the digest is of.
   */
  async assemble(key: ExportKey, parts: number, digest: string): Promise<WholeFile> {
    let found = '';
    const read = async function* (this: ExportFiles): AsyncGenerator<Buffer> {
      for (let part = 0; part < parts; part += 1) {
        const one = createHash('sha256');
        for await (const chunk of this.#part(key, part)) {
          one.update(chunk);
          yield chunk;
        }
        found = chained(found, one.digest());
      }
    }.bind(this);
    const file = await this.write(key, read());
    if (found !== digest) {
      await file.discard();
      throw new PartsLost('the parts of an export are not what was written');
    }
    await file.settle();
    const { bytes, sha256 } = file;
    return { bytes, sha256 };
  }

  /** Writes a whole file beside its place. What fails leaves nothing behind. */
  write(key: ExportKey, contents: AsyncIterable<Buffer>): Promise<UnfinishedFile> {
    return this.#store.write(folderOf(key), WHOLE, contents);
  }

  /** Whether the whole file is here, and of this size. */
  holds(key: ExportKey, bytes: number): Promise<boolean> {
    return this.#store.holds(wholeOf(key), bytes);
  }

  /** The whole file. */
  read(key: ExportKey): Promise<Readable> {
    return this.#store.read(wholeOf(key));
  }

  /** Removes what is not needed once the whole is there. */
  async removeParts(key: ExportKey, parts: number): Promise<void> {
    for (let part = 0; part < parts; part += 1) await this.#store.disk.delete(partOf(key, part));
  }

  /** Removes everything of an export. */
  remove(key: ExportKey): Promise<void> {
    return this.#store.remove(folderOf(key));
  }

  async *#part(key: ExportKey, part: number): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of await this.#store.disk.getStream(partOf(key, part))) yield chunk as Buffer;
    } catch (error) {
      if (await this.#store.disk.exists(partOf(key, part))) throw error;
      throw new PartsLost('a part of an export is not there', { cause: error });
    }
  }
}

const folderOf = ({ workspaceId, id }: ExportKey): string => `${workspaceId}/${id}`;
const WHOLE = 'whole';
const wholeOf = (key: ExportKey): string => `${folderOf(key)}/${WHOLE}`;
const partOf = (key: ExportKey, part: number): string => `${folderOf(key)}/part-${part}`;

const chained = (before: string, digest: Buffer): string =>
  createHash('sha256').update(before, 'ascii').update(digest).digest('hex');
