import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startS3 } from './s3.js';

/** Where a server of a test keeps the files of messages. */
export interface FilePlace {
  env: Record<string, string>;
  /** Every file that is there, as `workspace/attachment/name`. */
  files(): string[];
  /** The same, with those of which not everything has arrived. */
  arriving(): string[];
  stop(): Promise<void>;
}

const inDirectory = async (): Promise<FilePlace> => {
  const directory = mkdtempSync(join(tmpdir(), 'verbatim-attachments-'));
  const files = () =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(directory, path)).isFile())
      .toSorted();
  return {
    env: { ATTACHMENTS_DIR: directory },
    files,
    arriving: files,
    stop: async () => rmSync(directory, { recursive: true, force: true }),
  };
};

const inBucket = async (): Promise<FilePlace> => {
  const { env, keys, arriving, stop } = await startS3();
  return { env, files: keys, arriving, stop };
};

/** All there are: what is true of files is true wherever they are. */
export const filePlaces: [name: string, open: () => Promise<FilePlace>][] = [
  ['in a directory', inDirectory],
  ['in a bucket', inBucket],
];
