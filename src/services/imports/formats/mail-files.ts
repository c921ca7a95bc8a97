import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attachment } from 'postal-mime';
import { asFileName } from '../../attachments/file-name.js';
import { MAX_FILES } from '../../attachments/take-uploads.js';
import { describe } from '../import-files.js';
import type { LeftOut, MessageText } from '../source.js';

/** What a mail brings: what its message gets, and of what else was attached the names. */
export interface MailFiles {
  attachments: NonNullable<MessageText['attachments']>;
  names: string[];
}

/**
 * Lays the files of mails into a folder, each as a file of its own, so that no more than one mail is held in memory. What
 * is empty, too large for its kind, or more than a message may have, stays behind.
 */
export class MailFolder {
  private constructor(
    readonly folder: string,
    private readonly limits: Parameters<typeof describe>[2],
    private readonly leftOut: LeftOut,
  ) {}

  /** @param within a folder that nobody else reads, which somebody else removes. */
  static async open(within: string, limits: Parameters<typeof describe>[2], leftOut: LeftOut): Promise<MailFolder> {
    const folder = join(within, 'files');
    await mkdir(folder, { mode: 0o700 });
    return new MailFolder(folder, limits, leftOut);
  }

  /** Takes the files of one mail: what is attached to it first, then the pictures in it. @param number of the mail */
  async take(number: number, all: readonly Attachment[]): Promise<MailFiles> {
    const kept: MailFiles = { attachments: [], names: [] };
    for (const [index, { filename, mimeType, related, content, encoding }] of all
      .toSorted((one, other) => Number(one.related ?? false) - Number(other.related ?? false))
      .entries()) {
      const bytes = typeof content === 'string' ? Buffer.from(content, encoding) : Buffer.from(content as ArrayBuffer);
      const file = { bytes: bytes.length, head: async (length: number) => bytes.subarray(0, length) };
      if (kept.attachments.length < MAX_FILES && !('fault' in (await describe(file, false, this.limits)))) {
        const name = `${number}-${index + 1}`;
        await writeFile(join(this.folder, name), bytes, { mode: 0o600 });
        const unnamed = asFileName(mimeType.replaceAll('/', '.'), 'file');
        kept.attachments.push({ file: name, name: asFileName(filename, unnamed) });
        continue;
      }
      this.leftOut.files += 1;
      // A picture in a text is no more than that: nobody has given it a name.
      if (!related) kept.names.push(`[attachment: ${filename ?? mimeType}]`);
    }
    return kept;
  }
}
