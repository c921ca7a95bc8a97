import type { Application } from '../application.js';
import type { Batch } from './batch.js';

/** What makes a receiver of batches a witness of the log: it can tell later that the log was another one then. */
export interface BatchCheckpoint {
  /** The newest signed checkpoint, as a C2SP signed note. */
  note: string;
  treeSize: number;
  /** That the log has only grown since the checkpoint before: RFC 9162 §2.1.4, base64; null for the first. */
  consistency: { fromSize: number; toSize: number; hashes: string[] } | null;
}

/** The checkpoint that goes with a batch; null as long as the log has none, since none are signed yet. */
export const checkpointFor = async (
  _app: Application,
  _workspaceId: string,
  _batch: Batch,
): Promise<BatchCheckpoint | null> => null;
