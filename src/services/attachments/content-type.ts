import { fileTypeFromBuffer } from 'file-type';
import type { AttachmentKind } from '../../entities/enums.js';

/** As much of a file as its type can be told by, in bytes. */
export const HEAD_BYTES = 4_100;
/** What nothing is known of; also what a browser could take for a page, such as SVG, HTML or XML, which have no mark. */
const UNKNOWN = 'application/octet-stream';

const KINDS: Readonly<Record<string, AttachmentKind>> = { image: 'IMAGE', audio: 'AUDIO', video: 'VIDEO' };

/** What a file will be, as its uploader says, until its content is known. */
export function guessedKind(contentType: string | null | undefined, isRecording: boolean): AttachmentKind {
  if (isRecording) return 'RECORDING';
  return KINDS[contentType?.split('/')[0]?.toLowerCase() ?? ''] ?? 'FILE';
}

/**
 * What a file is, by its first bytes; never by its name or by what its uploader says. Only sound and pictures that move
 * are recordings.
 */
export async function contentOf(
  head: Buffer,
  isRecording: boolean,
): Promise<{ contentType: string; kind: AttachmentKind }> {
  const mime = (await fileTypeFromBuffer(head))?.mime ?? UNKNOWN;
  const contentType = /xml|svg|html/.test(mime) ? UNKNOWN : mime;
  const kind = KINDS[contentType.split('/')[0]!] ?? 'FILE';
  return { contentType, kind: isRecording && (kind === 'AUDIO' || kind === 'VIDEO') ? 'RECORDING' : kind };
}
