import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
import { newId } from '../ids.js';

/** Whose files. */
export interface ExportKey {
  workspaceId: string;
  id: string;
}

/** What is known of a whole file. */
export interface WholeFile {
  bytes: number;
  sha256: string;
}

/** A file that has been written and is not in its place yet. */
export interface UnfinishedFile extends WholeFile {
  /** Puts it in its place. */
  settle(): Promise<void>;
  discard(): Promise<void>;
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
  readonly #disk: Disk;

  constructor(directory: string) {
    this.#disk = new Disk(new FSDriver({ location: directory, visibility: 'private' }));
  }

  /** Writes one part; again, if need be. @returns the digest over all parts so far. */
  async putPart(key: ExportKey, part: number, contents: Buffer, digestBefore: string): Promise<string> {
    await this.#disk.put(partOf(key, part), contents);
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
  async write(key: ExportKey, contents: AsyncIterable<Buffer>): Promise<UnfinishedFile> {
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
    const unfinished = `${folderOf(key)}/unfinished-${newId()}`;
    const discard = () => this.#disk.delete(unfinished);
    try {
      await this.#disk.putStream(unfinished, Readable.from(counted()));
    } catch (error) {
      await discard();
      // The library tells what went wrong with the reading by an error of its own.
      throw failure ?? error;
    }
    return {
      bytes,
      sha256: whole.digest('hex'),
      settle: () => this.#disk.move(unfinished, wholeOf(key)),
      discard,
    };
  }

  /** Whether the whole file is here, and of this size. */
  async holds(key: ExportKey, bytes: number): Promise<boolean> {
    try {
      return (await this.#disk.getMetaData(wholeOf(key))).contentLength === bytes;
    } catch {
      return false;
    }
  }

  /** The whole file. */
  read(key: ExportKey): Promise<Readable> {
    return this.#disk.getStream(wholeOf(key));
  }

  /** Removes what is not needed once the whole is there. */
  async removeParts(key: ExportKey, parts: number): Promise<void> {
    for (let part = 0; part < parts; part += 1) await this.#disk.delete(partOf(key, part));
  }

  /** Removes everything of an export. */
  remove(key: ExportKey): Promise<void> {
    return this.#disk.deleteAll(folderOf(key));
  }

  async *#part(key: ExportKey, part: number): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of await this.#disk.getStream(partOf(key, part))) yield chunk as Buffer;
    } catch (error) {
      if (await this.#disk.exists(partOf(key, part))) throw error;
      throw new PartsLost('a part of an export is not there', { cause: error });
    }
  }
}

const folderOf = ({ workspaceId, id }: ExportKey): string => `${workspaceId}/${id}`;
const wholeOf = (key: ExportKey): string => `${folderOf(key)}/whole`;
const partOf = (key: ExportKey, part: number): string => `${folderOf(key)}/part-${part}`;

const chained = (before: string, digest: Buffer): string =>
  createHash('sha256').update(before, 'ascii').update(digest).digest('hex');
