import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Disk } from 'flydrive';
import { FSDriver } from 'flydrive/drivers/fs';
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

/** Files in folders. A file is put in its place by a rename, once all of it is there. Every node must see the same. */
export class FileStore {
  constructor(readonly disk: Disk) {}

  /** In a directory of the file system. */
  static in(directory: string): FileStore {
    return new FileStore(new Disk(new FSDriver({ location: directory, visibility: 'private' })));
  }

  /** Writes a whole file beside its place. What fails leaves nothing behind. */
  async write(folder: string, name: string, contents: AsyncIterable<Buffer>): Promise<UnfinishedFile> {
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
    try {
      await this.disk.putStream(unfinished, Readable.from(counted()));
    } catch (error) {
      await discard();
      // The library tells what went wrong with the reading by an error of its own.
      throw failure ?? error;
    }
    return {
      bytes,
      sha256: whole.digest('hex'),
      settle: () => this.disk.move(unfinished, `${folder}/${name}`),
      discard,
    };
  }

  /** Whether the file is here, and of this size. */
  async holds(file: string, bytes: number): Promise<boolean> {
    try {
      return (await this.disk.getMetaData(file)).contentLength === bytes;
    } catch {
      return false;
    }
  }

  read(file: string): Promise<Readable> {
    return this.disk.getStream(file);
  }

  /** Removes a folder with everything in it; one that is not there is no fault. */
  remove(folder: string): Promise<void> {
    return this.disk.deleteAll(folder);
  }
}
