import type { Call } from '../application.js';
import { contentOf, HEAD_BYTES } from '../attachments/content-type.js';
import { writeWhole } from '../attachments/write-whole.js';
import { commit } from '../commit.js';
import { AppError, isUnavailable } from '../errors.js';
import { newId } from '../ids.js';
import { randomSalt } from '../record/disclosure.js';
import type { ImportedFile } from './attachment-line.js';
import { awaitFiles, leaveFiles, type FoundFile, type StoredFile } from './file-rows.js';
import type { ImportedConversation, ImportedEntry } from './import-line.js';
import type { ImportTarget } from './import-target.js';
import type { NoFile, SourceFile, SourceFiles } from './source-files.js';

/** Files of one transaction that are on their way at once. */
const STREAMS = 4;

/** The files of messages: looked at before anything is decided, and stored before the messages that they belong to. */
export class ImportFiles {
  readonly #found = new WeakMap<ImportedFile, FoundFile>();
  readonly #stored = new WeakMap<ImportedFile, StoredFile>();

  constructor(
    private readonly call: Call,
    private readonly target: ImportTarget,
    private readonly source: SourceFiles,
  ) {}

  /**
   * Looks at the files of messages that are new: whether they are there, and what they are. Where a message can do without
   * it does, but not without files that may be there and cannot be reached: it would never have them.
   * @returns why the others cannot be taken, each reason with where, and how many files are left out.
   */
  async look(entries: readonly ImportedEntry[]): Promise<{ faults: string[]; files: number; leftOut: number }> {
    const all = { faults: [] as string[], files: 0, leftOut: 0 };
    for (const entry of entries) {
      if (!entry.files) continue;
      const faults: string[] = [];
      let canDoWithout = entry.textWithoutFiles !== undefined;
      for (const file of entry.files) {
        const found = await this.#look(file);
        if ('fault' in found) {
          faults.push(`${file.path}.file: ${found.fault}`);
          canDoWithout &&= !found.outOfReach;
        } else this.#found.set(file, found);
      }
      if (faults.length > 0 && canDoWithout) {
        all.leftOut += entry.files.length;
        entry.text = entry.textWithoutFiles!;
        delete entry.files;
      } else {
        all.files += entry.files.length;
        all.faults.push(...faults);
      }
    }
    return all;
  }

  /** The bytes of what a message brings, as they were found. */
  bytesOf({ files = [] }: ImportedEntry): number {
    return files.reduce((sum, file) => sum + (this.#found.get(file)?.bytes ?? 0), 0);
  }

  /**
   * Stores the files of these conversations that were looked at and are not in the store yet.
   * @returns why some cannot be taken after all, by the conversations that they are of.
   * @throws AppError UNAVAILABLE; what is stored by then stays so when it is done again.
   */
  async store(conversations: readonly ImportedConversation[]): Promise<ReadonlyMap<ImportedConversation, string[]>> {
    const refused = new Map<ImportedConversation, string[]>();
    const wanted = conversations.flatMap((of) =>
      filesOf(of).flatMap((file) => {
        const found = this.#found.get(file);
        return found && !this.#stored.has(file) ? [{ id: newId(), salt: randomSalt(), file, found, of }] : [];
      }),
    );
    if (wanted.length === 0) return refused;
    await commit(this.call, (tx) => awaitFiles(tx, this.target, wanted));
    const waiting = wanted.values();
    const work = async (): Promise<void> => {
      for (const { of, ...next } of waiting) {
        const fault = await this.#put(next);
        if (fault !== null) refused.set(of, [...(refused.get(of) ?? []), `${next.file.path}.file: ${fault}`]);
      }
    };
    // All are waited for: nothing is written behind the end.
    const done = await Promise.allSettled(Array.from({ length: STREAMS }, work));
    for (const each of done) if (each.status === 'rejected') throw each.reason;
    return refused;
  }

  /** A file that was stored; null where nobody thought that it would be needed. */
  of(file: ImportedFile): StoredFile | null {
    return this.#stored.get(file) ?? null;
  }

  /**
   * Leaves what was stored for these conversations, and belongs to no message, to be removed like all that is never sent.
   * @param tied how many of their files belong to one.
   */
  async leave(conversations: readonly ImportedConversation[], tied: number): Promise<void> {
    const files = conversations.flatMap(filesOf).filter((file) => this.#stored.has(file));
    if (files.length === tied) return;
    const ids = files.map((file) => this.#stored.get(file)!.id);
    await this.call.app.db.inWorkspace(this.target.workspaceId, (transaction) =>
      leaveFiles({ rows: transaction.rows.bind(transaction) }, this.target.workspaceId, ids),
    );
    for (const file of files) this.#stored.delete(file);
  }

  async #look({ file, isRecording }: ImportedFile): Promise<FoundFile | NoFile> {
    const opened = await this.source.open(file);
    if ('fault' in opened) return opened;
    try {
      return await describe(opened, isRecording, this.call.app.attachments.files.limits);
    } finally {
      await opened.close();
    }
  }

  /** @returns why it cannot be taken; null = it is in the store. */
  async #put({ id, salt, file, found }: { id: string; salt: string; file: ImportedFile; found: FoundFile }) {
    const opened = await this.source.open(file.file);
    if ('fault' in opened) return opened.fault;
    const { files } = this.call.app.attachments;
    const key = { workspaceId: this.target.workspaceId, id };
    const expected = { byteSize: found.bytes, isRecording: file.isRecording };
    try {
      const { file: written, content } = await writeWhole(files, key, expected, readable(opened));
      try {
        await written.settle();
      } catch (error) {
        await written.discard();
        throw error;
      }
      this.#stored.set(file, { id, salt, bytes: found.bytes, sha256: written.sha256, ...content });
      return null;
    } catch (error) {
      if (!(error instanceof AppError) || isUnavailable(error)) throw error;
      return 'has changed since it was looked at, or cannot be read to its end';
    } finally {
      await opened.close();
    }
  }
}

/** What a file is, or why it cannot be taken: empty, or over the limit of its kind. */
export async function describe(
  file: Pick<SourceFile, 'bytes' | 'head'>,
  isRecording: boolean,
  limits: Call['app']['attachments']['files']['limits'],
): Promise<FoundFile | { fault: string }> {
  const { bytes } = file;
  if (bytes === 0) return { fault: 'is empty' };
  const content = await contentOf(await file.head(HEAD_BYTES), isRecording);
  const max = limits[content.kind];
  if (bytes > max) return { fault: `has ${bytes} bytes, of a kind (${content.kind}) that may have ${max}` };
  return { bytes, ...content };
}

const filesOf = ({ entries }: ImportedConversation): ImportedFile[] => entries.flatMap(({ files = [] }) => files);

/** Tells a file that cannot be read from a store that cannot be reached. */
async function* readable(file: SourceFile): AsyncGenerator<Buffer> {
  try {
    yield* file.contents();
  } catch (error) {
    throw new AppError('VALIDATION_FAILED', 'The file cannot be read to its end.', {}, { cause: error });
  }
}
