import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { AttachmentKind } from '../../entities/enums.js';
import { AppError, unavailable } from '../errors.js';
import type { FileStore, UnfinishedFile } from '../files/file-store.js';

/** Whose file. */
export interface AttachmentKey {
  workspaceId: string;
  id: string;
}

/** The files of attachments, a folder each. */
export class AttachmentFiles {
  readonly #store: FileStore;
  /** As it was when it was last looked at; nothing starts without. */
  #reachable = true;
  #look: { at: number; over: Promise<void> } | null = null;

  /** @param limits the most bytes of each kind. */
  constructor(
    store: FileStore,
    readonly limits: Readonly<Record<AttachmentKind, number>>,
  ) {
    this.#store = store;
  }

  /** Resolves while files can be reached. @throws Error that says why they cannot. */
  check(): Promise<void> {
    return this.#store.check();
  }

  /**
   * Whether files could be reached some seconds ago: probes come often and from many sides, and one that is kept waiting
   * takes the node for dead.
   */
  async reachable(): Promise<boolean> {
    const at = performance.now();
    if (this.#look === null || at - this.#look.at > LOOK_EVERY_MS) {
      const over = this.check().then(
        () => void (this.#reachable = true),
        () => void (this.#reachable = false),
      );
      this.#look = { at, over };
    }
    await Promise.race([this.#look.over, pause(PATIENCE_MS, null, { ref: false })]);
    return this.#reachable;
  }

  /**
   * Writes a file beside its place. What fails leaves nothing behind.
   * @param bytes so many come; `contents` must fail rather than end with others.
   * @throws AppError UNAVAILABLE, here as from what is returned, where the files are out of reach
   */
  async write(key: AttachmentKey, contents: AsyncIterable<Buffer>, bytes: number): Promise<UnfinishedFile> {
    const file = await reached(this.#store.write(folderOf(key), WHOLE, contents, bytes));
    return {
      ...file,
      settle: () => reached(file.settle()),
      // What cannot be discarded goes with its folder, when what it was for does.
      discard: () => file.discard().catch(() => {}),
    };
  }

  /** Whether the file is here, and of this size. @throws AppError UNAVAILABLE where that cannot be told. */
  holds(key: AttachmentKey, bytes: number): Promise<boolean> {
    return this.#store.holds(`${folderOf(key)}/${WHOLE}`, bytes);
  }

  /** @throws AppError UNAVAILABLE */
  read(key: AttachmentKey): Promise<Readable> {
    return reached(this.#store.read(`${folderOf(key)}/${WHOLE}`));
  }

  /** Removes everything of an attachment, also what was never finished. */
  remove(key: AttachmentKey): Promise<void> {
    return this.#store.remove(folderOf(key));
  }
}

/** So often it is looked at whether files can be reached, and so long whoever asks waits for that, in milliseconds. */
const LOOK_EVERY_MS = 5_000;
const PATIENCE_MS = 500;
const WHOLE = 'whole';
const folderOf = ({ workspaceId, id }: AttachmentKey): string => `${workspaceId}/${id}`;

async function reached<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unavailable('The files are out of reach. Try again.', error);
  }
}
