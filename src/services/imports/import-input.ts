import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const GZIP = [0x1f, 0x8b];

/** What is imported from: a file, or standard input; where it is zipped, what is in it. */
export class ImportInput {
  /** Bytes taken from it so far, as they are in the file. */
  read = 0;
  #spooled: string | null = null;
  #private: string | null = null;

  private constructor(
    private readonly file: string | null,
    private readonly standardInput: AsyncIterable<Uint8Array>,
    /** In bytes; null = that is only known at the end. */
    readonly size: number | null,
  ) {}

  /** @throws what the system says of a file that is not there. */
  static async open(name: string, standardInput: AsyncIterable<Uint8Array>): Promise<ImportInput> {
    if (name === '-') return new ImportInput(null, standardInput, null);
    const found = await stat(name);
    return new ImportInput(name, standardInput, found.isFile() ? found.size : null);
  }

  /** The folder that it lies in; null = it is standard input. */
  get folder(): string | null {
    return this.file === null ? null : dirname(this.file);
  }

  /** What is in it, from its beginning. Standard input has it only once. */
  chunks(): AsyncGenerator<Uint8Array> {
    this.read = 0;
    return unzipped(this.#counted());
  }

  /** A file that can be read again and from anywhere: itself, or a copy that goes with `close`. */
  async plainFile(): Promise<string> {
    if (this.#spooled !== null) return this.#spooled;
    if (this.file !== null && this.size !== null && !(await isZipped(this.file))) return this.file;
    this.#spooled = join(await this.privateFolder(), 'input');
    await pipeline(this.chunks(), createWriteStream(this.#spooled, { mode: 0o600 }));
    return this.#spooled;
  }

  /** A folder that nobody else reads, which goes with `close`. */
  async privateFolder(): Promise<string> {
    return (this.#private ??= await mkdtemp(join(tmpdir(), 'verbatim-import-')));
  }

  async close(): Promise<void> {
    if (this.#private !== null) await rm(this.#private, { recursive: true, force: true });
    this.#spooled = null;
    this.#private = null;
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.file === null ? this.standardInput : createReadStream(this.file)) {
      this.read += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
    }
  }
}

async function isZipped(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0);
    return bytesRead === GZIP.length && startsZipped(buffer);
  } finally {
    await handle.close();
  }
}

const startsZipped = (bytes: Uint8Array): boolean => GZIP.every((byte, index) => bytes[index] === byte);

/** By what it begins with and not by its name, which standard input has not got. */
async function* unzipped(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0);
  while (head.length < GZIP.length) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = resumed(head, chunks);
  if (!startsZipped(head)) return yield* whole;
  const gunzip = createGunzip();
  // Where it is cut off or damaged, whoever reads it is told.
  pipeline(Readable.from(whole), gunzip).catch(() => {});
  yield* gunzip as AsyncIterable<Uint8Array> as AsyncGenerator<Uint8Array>;
}

async function* resumed(head: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* rest;
}
