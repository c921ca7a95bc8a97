import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unavailable } from '../../errors.js';
import { parseCheckpoint, type Checkpoint } from '../proofs/checkpoint.js';
import { parseNote } from '../proofs/signed-note.js';
import { writeDurably } from './durable-file.js';

/** A checkpoint with the note that it stands in. */
export interface OwnCheckpoint extends Checkpoint {
  note: string;
}

/**
 * The last checkpoint that was signed of each log, in files, because a restored backup or a tampered database would bring
 * its own story: against this one the signer holds what it is about to sign.
 */
export class OwnCheckpoints {
  constructor(private readonly folder: string) {}

  /** The last one, or null where none was ever signed from here. @throws AppError UNAVAILABLE when it cannot be read. */
  async last(workspaceId: string): Promise<OwnCheckpoint | null> {
    try {
      const note = await readFile(this.#file(workspaceId), 'utf8');
      return { ...parseCheckpoint(parseNote(note).text), note };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw unavailable('What was signed last of the record cannot be read here now.', error);
    }
  }

  /** Resolves when it is on the disk; only then may anybody else see the note. @throws AppError UNAVAILABLE */
  async keep(workspaceId: string, note: string): Promise<void> {
    try {
      await writeDurably(this.#file(workspaceId), note, { replace: true });
    } catch (error) {
      throw unavailable('The checkpoint could not be kept here now.', error);
    }
  }

  #file(workspaceId: string): string {
    return join(this.folder, workspaceId);
  }
}
