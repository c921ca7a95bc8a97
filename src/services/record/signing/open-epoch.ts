import type { Application } from '../../application.js';
import { commit } from '../../commit.js';
import { sql } from '../../database.js';
import { notFound } from '../../errors.js';
import { splitOrigin } from './consistent.js';
import { alone, signCheckpoint, signingCall } from './sign-checkpoint.js';
import { readSignedLog, type StoredCheckpoint } from './stored.js';

/**
 * Opens a new epoch of a log and signs it: from here on nothing is promised of what was signed before. Its first event
 * keeps the last checkpoint of the old epoch, so that everybody can see from where on the two differ.
 * @throws AppError NOT_FOUND where there is no log.
 */
export async function openEpoch(app: Application, workspaceId: string): Promise<StoredCheckpoint> {
  await commit(signingCall(app, workspaceId), async (tx) => {
    await alone(tx);
    const log = await readSignedLog(tx.rows, workspaceId);
    if (!log) throw notFound('record');
    const own = await app.signing.own.last(workspaceId);
    // A restored database may not know of an epoch that was signed already.
    const ownEpoch = own ? splitOrigin(own.origin).epoch : 0;
    const previousEpoch = Math.max(log.epoch, ownEpoch);
    const isOwnNewer = own && (ownEpoch > log.epoch || (ownEpoch === log.epoch && own.size > (log.last?.size ?? 0)));
    const previousCheckpoint = (isOwnNewer ? own : log.last)?.note ?? null;
    const epoch = previousEpoch + 1;
    await tx.rows(sql`select record_epoch_open(${workspaceId}, ${epoch})`);
    tx.record({
      action: 'audit.epoch_opened',
      target: { type: 'record', id: workspaceId, label: 'the record' },
      metadata: { epoch, previousEpoch, previousCheckpoint },
    });
  });
  return signCheckpoint(app, workspaceId);
}
