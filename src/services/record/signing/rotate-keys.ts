import type { Application } from '../../application.js';
import { commit, type Tx } from '../../commit.js';
import { sql } from '../../database.js';
import { formatVerifierKey } from '../proofs/verifier-key.js';
import { keyOfLog, type RecordKey } from './record-keys.js';
import { alone, signingCall } from './sign-checkpoint.js';
import { readKeys, readSignedLog } from './stored.js';

/** What a rotation did to one log. */
export interface RotatedLog {
  workspaceId: string;
  vkey: string;
}

/**
 * Makes a new key the one that signs all logs that were ever signed; the old ones stay listed with what they signed.
 * A rotation that was broken off is finished with the key that it had made.
 */
export async function rotateKeys(app: Application, workspaceIds: readonly string[]): Promise<RotatedLog[]> {
  const { keys } = app.signing;
  const newest = async () => (await keys.all())[0]!;
  let rotated = await useEverywhere(app, workspaceIds, await newest());
  if (rotated.length === 0) {
    await keys.add();
    rotated = await useEverywhere(app, workspaceIds, await newest());
  }
  return rotated;
}

async function useEverywhere(app: Application, workspaceIds: readonly string[], key: RecordKey): Promise<RotatedLog[]> {
  const rotated: RotatedLog[] = [];
  for (const workspaceId of workspaceIds) {
    const vkey = await commit(signingCall(app, workspaceId), (tx) => use(tx, key));
    if (vkey) rotated.push({ workspaceId, vkey });
  }
  return rotated;
}

/** @returns the key's text, or null where it signs already or nothing was ever signed. */
async function use(tx: Tx, key: RecordKey): Promise<string | null> {
  const { rows, now, principal } = tx;
  const { workspaceId } = principal;
  await alone(tx);
  const log = await readSignedLog(rows, workspaceId);
  if (!log) return null;
  const { epoch } = log;
  const current = (await readKeys(rows, workspaceId)).findLast((one) => one.epoch === epoch);
  const vkey = formatVerifierKey(keyOfLog(key, log.origin));
  if (!current || current.vkey === vkey) return null;
  // What this signs next is larger than what the one before has signed: of each size there is one checkpoint.
  const fromSize = (log.last?.size ?? 0) + 1;
  await rows(
    sql`select record_key_add(${workspaceId}, ${vkey}, ${epoch}, ${fromSize}, ${now.toISOString()}::timestamptz)`,
  );
  tx.record({
    action: 'audit.key_rotated',
    target: { type: 'record', id: workspaceId, label: 'the record' },
    metadata: { vkey, previousVkey: current.vkey, epoch, fromSize },
  });
  return vkey;
}
