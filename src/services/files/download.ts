import type { Readable } from 'node:stream';

/** A file on its way out. */
export interface Download {
  contents: Readable;
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
  name: string;
  mediaType: string;
}
