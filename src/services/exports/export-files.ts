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
    const whole = createHash('sha256');
    let [bytes, found] = [0, ''];
    const read = async function* (this: ExportFiles): AsyncGenerator<Buffer> {
      for (let part = 0; part < parts; part += 1) {
        const one = createHash('sha256');
        for await (const chunk of this.#part(key, part)) {
          one.update(chunk);
          whole.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
        found = chained(found, one.digest());
      }
    }.bind(this);
    // A name of its own: should two nodes do this at once, neither writes into the other's file.
    const unfinished = `${folderOf(key)}/unfinished-${newId()}`;
    try {
      await this.#disk.putStream(unfinished, Readable.from(read()));
      if (found !== digest) throw new PartsLost('the parts of an export are not what was written');
    } catch (error) {
      await this.#disk.delete(unfinished);
      // The library tells what went wrong with the reading by an error of its own.
      throw (error as Error).cause instanceof PartsLost ? (error as Error).cause : error;
    }
    await this.#disk.move(unfinished, wholeOf(key));
    return { bytes, sha256: whole.digest('hex') };
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
