import type { AttachmentKind } from '../../entities/enums.js';
import { AppError, invalid } from '../errors.js';
import type { UnfinishedFile } from '../files/file-store.js';
import type { AttachmentFiles, AttachmentKey } from './attachment-files.js';
import { contentOf, HEAD_BYTES } from './content-type.js';

/** A file that has been written beside its place, and what it is. */
export interface WrittenFile {
  file: UnfinishedFile;
  content: { contentType: string; kind: AttachmentKind };
}

/**
 * Writes a file beside its place, while it arrives: all of it as it was announced, or nothing. What it is, its content says.
 * @throws AppError VALIDATION_FAILED for another size than announced; LIMIT_EXCEEDED for one over the limit of its kind;
 *   UNAVAILABLE
 */
export async function writeWhole(
  files: AttachmentFiles,
  key: AttachmentKey,
  { byteSize, isRecording }: { byteSize: number; isRecording: boolean },
  contents: AsyncIterable<Buffer>,
): Promise<WrittenFile> {
  const head: Buffer[] = [];
  const file = await files.write(key, asAnnounced(byteSize, contents, head), byteSize);
  try {
    const content = await contentOf(Buffer.concat(head).subarray(0, HEAD_BYTES), isRecording);
    const max = files.limits[content.kind];
    if (file.bytes > max)
      throw new AppError('LIMIT_EXCEEDED', `A file of kind ${content.kind} may have ${max} bytes at most.`, {
        limit: 'attachment',
        max,
        actual: file.bytes,
      });
    return { file, content };
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Fails as soon as there is more than was announced, or when there is less, and keeps the beginning. */
async function* asAnnounced(byteSize: number, contents: AsyncIterable<Buffer>, head: Buffer[]): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of contents) {
    if (bytes < HEAD_BYTES) head.push(chunk);
    bytes += chunk.length;
    if (bytes > byteSize) throw invalid({ path: 'byteSize', message: `the body has more than ${byteSize} bytes` });
    yield chunk;
  }
  if (bytes < byteSize) throw invalid({ path: 'byteSize', message: `the body has ${bytes} bytes, not ${byteSize}` });
}
