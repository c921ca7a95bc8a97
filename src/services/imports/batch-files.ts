import type { AccessedConversation } from '../access.js';
import { attachmentTarget } from '../attachments/attachment-target.js';
import type { Tx } from '../commit.js';
import type { ConversationState } from '../conversations/plain-conversation.js';
import { recordOfConversation } from '../conversations/transcript-entries.js';
import { contentDigest } from '../record/content-digest.js';
import { tieFiles, type TiedFile } from './file-rows.js';
import type { ImportFiles } from './import-files.js';
import type { ImportedEntry } from './import-line.js';

/** The files of the messages that a batch writes. */
export class BatchFiles {
  readonly #tied: TiedFile[] = [];

  constructor(
    private readonly tx: Tx,
    private readonly stored: Pick<ImportFiles, 'of'>,
  ) {}

  get count(): number {
    return this.#tied.length;
  }

  /** Why messages cannot be written: they were there when it was decided what is stored, and are not now. */
  faultsOf(fresh: readonly ImportedEntry[]): string[] {
    const missing = fresh.flatMap(({ files = [] }) => files).filter((file) => !this.stored.of(file));
    return missing.map(({ path }) => `${path}.file: is of a message that was there a moment ago; import it again`);
  }

  /**
   * Adds the files of a message, which have arrived now and are seen with it.
   * @returns their digests, for the event of the message.
   */
  add(
    accessed: AccessedConversation<ConversationState>,
    { files = [] }: ImportedEntry,
    messageId: string,
  ): { message: string; digest: string }[] {
    return files.map((file, index) => {
      const { id, kind, contentType, bytes, sha256, salt } = this.stored.of(file)!;
      const place = { message_id: messageId, conversation_id: accessed.conversation.id, position: index + 1 };
      this.#tied.push({ id, kind, content_type: contentType, sha256, ...place });
      recordOfConversation(this.tx, accessed, {
        action: 'attachment.uploaded',
        target: attachmentTarget(id),
        metadata: { kind, contentType, bytes },
      });
      return { message: id, digest: contentDigest(sha256, salt) };
    });
  }

  /** Ties them to their messages, which are stored already. @throws FilesGone where one was removed meanwhile. */
  async write(workspaceId: string): Promise<void> {
    await tieFiles(this.tx, workspaceId, this.#tied);
  }
}
