import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';

/** The lines that an import refuses. The file is there when it is whole, in place of that of an earlier run. */
export class RejectedFile {
  #stream: WriteStream | null = null;

  private constructor(readonly name: string) {}

  /** @throws an Error where it would be the file that is imported. */
  static async open(input: string, name?: string): Promise<RejectedFile> {
    const file = name ?? `${input === '-' ? 'stdin' : input}.rejected.ndjson`;
    if (input !== '-' && resolve(file) === resolve(input)) throw new Error('--rejected must be another file.');
    return new RejectedFile(file);
  }

  get #unfinished(): string {
    return `${this.name}.${process.pid}`;
  }

  async write(rejected: object): Promise<void> {
    // What customers wrote is in it.
    this.#stream ??= createWriteStream(this.#unfinished, { mode: 0o600, flush: true }).on('error', () => {});
    const stream = this.#stream;
    // Each is waited for: a disk that is full is heard of, and nothing piles up.
    await new Promise<void>((done, failed) => {
      stream.write(`${JSON.stringify(rejected)}\n`, (error) => (error ? failed(error) : done()));
    });
  }

  /** Puts it in its place. Where nothing was refused, what an earlier run left there goes: it is no longer so. */
  async keep(): Promise<void> {
    if (this.#stream === null) return rm(this.name, { force: true });
    this.#stream.end();
    await finished(this.#stream);
    await rename(this.#unfinished, this.name);
    this.#stream = null;
  }

  /** Removes what is not whole. */
  async close(): Promise<void> {
    if (this.#stream === null) return;
    this.#stream.destroy();
    await rm(this.#unfinished, { force: true });
  }
}
