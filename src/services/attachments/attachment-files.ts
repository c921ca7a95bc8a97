import type { Readable } from 'node:stream';
import type { AttachmentKind } from '../../entities/enums.js';
import { FileStore, type UnfinishedFile } from '../files/file-store.js';

/** Whose file. */
export interface AttachmentKey {
  workspaceId: string;
  id: string;
}

/** The files of attachments, a folder each. */
export class AttachmentFiles {
  readonly #store: FileStore;

  /** @param limits the most bytes of each kind. */
  constructor(
    directory: string,
    readonly limits: Readonly<Record<AttachmentKind, number>>,
  ) {
    this.#store = FileStore.in(directory);
  }

  /** Writes a file beside its place. What fails leaves nothing behind. */
  write(key: AttachmentKey, contents: AsyncIterable<Buffer>): Promise<UnfinishedFile> {
    return this.#store.write(folderOf(key), WHOLE, contents);
  }

  /** Whether the file is here, and of this size. */
  holds(key: AttachmentKey, bytes: number): Promise<boolean> {
    return this.#store.holds(`${folderOf(key)}/${WHOLE}`, bytes);
  }

  read(key: AttachmentKey): Promise<Readable> {
    return this.#store.read(`${folderOf(key)}/${WHOLE}`);
  }

  /** Removes everything of an attachment, also what was never finished. */
  remove(key: AttachmentKey): Promise<void> {
    return this.#store.remove(folderOf(key));
  }
}

const WHOLE = 'whole';
const folderOf = ({ workspaceId, id }: AttachmentKey): string => `${workspaceId}/${id}`;
