import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';

/** A file that an import brings, open. */
export interface SourceFile {
  bytes: number;
  /** Its first bytes, so many where it has them. */
  head(length: number): Promise<Buffer>;
  /** All of it, from its beginning. */
  contents(): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** Why a file cannot be taken. */
export interface NoFile {
  fault: string;
  /** It may well be there: whoever runs the import can do something about it, and nothing goes on without it. */
  outOfReach?: true;
}

/** Where an import finds the files that its lines name. */
export interface SourceFiles {
  /** @returns the file, or why it cannot be taken. */
  open(file: string): Promise<SourceFile | NoFile>;
}

/** What a name can be wrong by; anything else is wrong with the machine, and not with the line. */
const OF_THE_NAME: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  ENAMETOOLONG: 'is not there',
  ELOOP: 'is not there',
  ENXIO: 'is no file',
};
const FORBIDDEN: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);
/** A named pipe would wait for somebody who writes into it. */
const WITHOUT_WAITING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The files of a folder and of those in it. What a line names is never found anywhere else. */
export class FolderFiles implements SourceFiles {
  private constructor(private readonly folder: string) {}

  /** @throws what the system says of a folder that is not there. */
  static async in(folder: string): Promise<FolderFiles> {
    return new FolderFiles(await realpath(folder));
  }

  async open(file: string): Promise<SourceFile | NoFile> {
    if (isAbsolute(file) || file.split(sep).includes('..')) {
      return { fault: 'must be a path within the folder of the files' };
    }
    try {
      const path = await realpath(join(this.folder, file));
      // By a link: what is elsewhere was not meant to be given away by whoever named the folder.
      if (!path.startsWith(this.folder.endsWith(sep) ? this.folder : `${this.folder}${sep}`)) {
        return { fault: 'leads out of the folder of the files' };
      }
      return await opened(await open(path, WITHOUT_WAITING));
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (FORBIDDEN.has(code)) return { fault: 'may not be read by whoever runs this', outOfReach: true };
      const fault = OF_THE_NAME[code];
      if (fault === undefined) throw error;
      return { fault };
    }
  }
}

async function opened(handle: FileHandle): Promise<SourceFile | NoFile> {
  const found = await handle.stat();
  if (!found.isFile()) {
    await handle.close();
    return { fault: 'is no file' };
  }
  return {
    bytes: found.size,
    head: async (length) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    },
    contents: () => handle.createReadStream({ start: 0, autoClose: false }),
    close: () => handle.close(),
  };
}

/** Where nobody has said where files are. */
export const noFiles: SourceFiles = {
  open: async () => ({ fault: 'needs a folder: name it by --files', outOfReach: true }),
};

/** Files that are made by code, by their names. */
export const filesInMemory = (files: ReadonlyMap<string, Buffer>): SourceFiles => ({
  async open(file) {
    const whole = files.get(file);
    if (!whole) return { fault: 'is not there' };
    return {
      bytes: whole.length,
      head: async (length) => whole.subarray(0, length),
      contents: async function* () {
        yield whole;
      },
      close: async () => {},
    };
  },
});
