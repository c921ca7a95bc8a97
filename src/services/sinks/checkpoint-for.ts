import type { AuditSink } from '../../entities/audit-sink.js';
import type { RowOf } from '../../entities/row.js';
import type { Application } from '../application.js';
import { AppError } from '../errors.js';
import { consistencyProof } from '../record/proofs/prove.js';
import { readSignedLog, storedSubtrees, type Rows, type SignedLog } from '../record/signing/stored.js';

/** What makes a receiver of batches a witness of the log: it can tell later that the log was another one then. */
export interface BatchCheckpoint {
  /** The newest signed checkpoint, as a C2SP signed note. */
  note: string;
  epoch: number;
  treeSize: number;
  /**
   * That the log has only grown since the checkpoint of the last batch that was taken: RFC 9162 §2.1.4, base64. Null for
   * the first of an epoch; null for any other is what a log looks like that is no longer the one that was signed.
   */
  consistency: { fromSize: number; toSize: number; hashes: string[] } | null;
}

/** The checkpoint that goes with a batch; null as long as the log has none. */
export async function checkpointFor(
  app: Application,
  { workspaceId, sentEpoch, sentSize }: Pick<RowOf<AuditSink>, 'workspaceId' | 'sentEpoch' | 'sentSize'>,
): Promise<BatchCheckpoint | null> {
  const rows: Rows = app.db.rows.bind(app.db);
  const log = await readSignedLog(rows, workspaceId);
  if (!log?.last) return null;
  const { note, epoch, size } = log.last;
  const from = sentEpoch === epoch ? sentSize : null;
  return { note, epoch, treeSize: size, consistency: from === null ? null : await grown(rows, workspaceId, log, from) };
}

async function grown(
  rows: Rows,
  workspaceId: string,
  { last }: SignedLog,
  fromSize: number,
): Promise<BatchCheckpoint['consistency']> {
  const toSize = last!.size;
  if (fromSize > toSize) return null;
  try {
    const source = storedSubtrees(rows, workspaceId);
    const hashes = await consistencyProof(source, { start: 0n, end: BigInt(fromSize) }, BigInt(toSize));
    return { fromSize, toSize, hashes: hashes.map((hash) => hash.toString('base64')) };
  } catch (error) {
    // Events go on leaving, and whoever gets them sees that the proof is missing.
    if (error instanceof AppError && error.code === 'RECORD_INCONSISTENT') return null;
    throw error;
  }
}
