import type { Call } from '../application.js';
import { conflict, invalid, notFound } from '../errors.js';
import { refuseWhoSeesParts } from '../guards.js';
import { Faults } from '../text.js';
import { parseCheckpoint, type Checkpoint } from './proofs/checkpoint.js';
import { Malformed } from './proofs/malformed.js';
import { consistencyProof, inclusionProof } from './proofs/prove.js';
import { verifyNote } from './proofs/signed-note.js';
import { rootAt } from './proofs/subtrees.js';
import { parseVerifierKey } from './proofs/verifier-key.js';
import { refuseInconsistent, splitOrigin } from './signing/consistent.js';
import { signCheckpoint } from './signing/sign-checkpoint.js';
import {
  checkpointCovering,
  inconsistent,
  readKeys,
  readSignedLog,
  storedSubtrees,
  type Rows,
  type SignedLog,
  type StoredCheckpoint,
} from './signing/stored.js';

/** A public key of the log with what it signs. */
export interface LogKey {
  vkey: string;
  epoch: number;
  fromSize: number;
  /** Null = it still signs. */
  toSize: number | null;
}

export const reading = ({ app }: Call): Rows => app.db.rows.bind(app.db);
const sourceOf = (call: Call) => storedSubtrees(reading(call), call.principal.workspaceId);

/**
 * The log as it stands, held against what was signed of it.
 * @throws AppError FORBIDDEN; RECORD_INCONSISTENT when it does not go on from there.
 */
async function currentLog(call: Call): Promise<SignedLog> {
  refuseWhoSeesParts(call);
  const { app, principal } = call;
  const own = await app.signing.own.last(principal.workspaceId);
  const log = await readSignedLog(reading(call), principal.workspaceId);
  if (!log) throw notFound('record');
  await refuseInconsistent(log, own, sourceOf(call));
  return log;
}

/**
 * The newest checkpoint, or the smallest over at least `treeSize` events; signed now where there is none yet.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED, RECORD_INCONSISTENT, UNAVAILABLE
 */
export async function findCheckpoint(call: Call, treeSize: number | null): Promise<StoredCheckpoint> {
  return covering(call, await currentLog(call), treeSize);
}

async function covering(call: Call, log: SignedLog, size: number | null): Promise<StoredCheckpoint> {
  const { app, principal } = call;
  const { workspaceId } = principal;
  if (size !== null && (size < 1 || size > log.size)) {
    throw invalid({ path: 'treeSize', message: `must be from 1 to ${log.size}, the events that there are` });
  }
  const found = size === null ? log.last : await checkpointCovering(reading(call), workspaceId, log.epoch, size);
  return found ?? signCheckpoint(app, workspaceId, size ?? 0);
}

/** That an event is in the log over which a checkpoint was signed. */
export interface FoundInclusionProof {
  leafIndex: number;
  treeSize: number;
  leafHash: string;
  hashes: string[];
  checkpoint: StoredCheckpoint;
}

/**
 * Proves one event to a checkpoint: that of exactly `treeSize` events, else the newest, or one that is signed now.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED, NOT_FOUND where there is no such event, RECORD_INCONSISTENT, UNAVAILABLE
 */
export async function proveInclusion(
  call: Call,
  sequence: number,
  treeSize: number | null,
): Promise<FoundInclusionProof> {
  const log = await currentLog(call);
  if (sequence < 0 || sequence >= log.size) throw notFound('event');
  if (treeSize !== null && treeSize <= sequence) {
    throw invalid({ path: 'treeSize', message: `must be larger than the sequence ${sequence}` });
  }
  const newest = treeSize === null && log.last && log.last.size > sequence ? log.last : null;
  const checkpoint = newest ?? (await covering(call, log, treeSize ?? sequence + 1));
  if (treeSize !== null && checkpoint.size !== treeSize) {
    throw invalid({ path: 'treeSize', message: `no checkpoint of ${treeSize} events was signed` });
  }
  const source = sourceOf(call);
  const range = { start: 0n, end: BigInt(checkpoint.size) };
  const [hashes, [leaf]] = await Promise.all([
    inclusionProof(source, BigInt(sequence), range),
    source([{ level: 0, index: BigInt(sequence) }]),
  ]);
  return {
    leafIndex: sequence,
    treeSize: checkpoint.size,
    leafHash: leaf!.toString('base64'),
    hashes: hashes.map(base64),
    checkpoint,
  };
}

/** That one state of the log grew from another. */
export interface FoundConsistencyProof {
  fromSize: number;
  toSize: number;
  hashes: string[];
}

/**
 * Proves that the log over `toSize` events begins with that over `fromSize`; both up to the newest checkpoint.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED, RECORD_INCONSISTENT
 */
export async function proveConsistency(call: Call, fromSize: number, toSize: number): Promise<FoundConsistencyProof> {
  const log = await currentLog(call);
  const most = log.last?.size ?? 0;
  const faults = new Faults();
  if (fromSize < 1) faults.add('fromSize', 'must be 1 at least: an empty log proves nothing');
  else if (fromSize > toSize) faults.add('fromSize', 'must not be larger than toSize');
  if (toSize > most) faults.add('toSize', `must not be larger than the newest checkpoint, of ${most} events`);
  faults.refuse();
  const hashes = await consistencyProof(sourceOf(call), { start: 0n, end: BigInt(fromSize) }, BigInt(toSize));
  return { fromSize, toSize, hashes: hashes.map(base64) };
}

/**
 * The newest checkpoint for somebody who holds an older one, with the proof that leads from there.
 * @throws AppError FORBIDDEN; VALIDATION_FAILED for a note that no key of this log has signed; CONFLICT for one of an
 *   earlier epoch; RECORD_INCONSISTENT when the log is no longer the one that it was signed of.
 */
export async function checkpointSince(
  call: Call,
  note: string,
): Promise<{ checkpoint: StoredCheckpoint; proof: FoundConsistencyProof }> {
  refuseWhoSeesParts(call);
  const known = await readKnown(call, note);
  const log = await currentLog(call);
  const { base, epoch } = splitOrigin(known.origin);
  const { base: ours } = splitOrigin(log.origin);
  if (base !== ours) throw invalid({ path: 'note', message: 'is of another log' });
  if (epoch !== log.epoch) {
    throw conflict('The log is in a later epoch than your checkpoint.', { epoch: log.epoch, origin: log.origin });
  }
  const size = Number(known.size);
  if (size < 1) throw invalid({ path: 'note', message: 'is of an empty log, which proves nothing' });
  if (size > log.size) throw inconsistent(`it has ${log.size} events, and ${size} were signed`);
  const checkpoint = log.last && log.last.size >= size ? log.last : await covering(call, log, size);
  const source = sourceOf(call);
  if (!(await rootAt(source, known.size)).equals(known.root)) {
    throw inconsistent(`its first ${size} events are not those that were signed`);
  }
  const hashes = await consistencyProof(source, { start: 0n, end: known.size }, BigInt(checkpoint.size));
  return { checkpoint, proof: { fromSize: size, toSize: checkpoint.size, hashes: hashes.map(base64) } };
}

/** Reads a note that a key of this log has signed, while it did. */
async function readKnown(call: Call, note: string): Promise<Checkpoint> {
  const keys = await keysOf(call);
  try {
    const { text, signedBy } = verifyNote(
      note,
      keys.map(({ vkey }) => parseVerifierKey(vkey)),
    );
    const checkpoint = parseCheckpoint(text);
    const mayBe = keys.some(
      ({ fromSize, toSize }, place) =>
        signedBy.some(({ name, publicKey }) => {
          const key = parseVerifierKey(keys[place]!.vkey);
          return name === checkpoint.origin && name === key.name && publicKey.equals(key.publicKey);
        }) &&
        checkpoint.size >= fromSize &&
        (toSize === null || checkpoint.size <= toSize),
    );
    if (!mayBe) throw new Malformed('its key does not sign a log of that name and size');
    return checkpoint;
  } catch (error) {
    if (error instanceof Malformed) throw invalid({ path: 'note', message: error.message });
    throw error;
  }
}

/**
 * The public keys of the log, of all epochs, in the order in which they began to sign. A log that was never signed is signed
 * now: whoever asks for its first checkpoint and its keys at once gets both.
 * @throws AppError FORBIDDEN, RECORD_INCONSISTENT, UNAVAILABLE
 */
export async function listLogKeys(call: Call): Promise<LogKey[]> {
  refuseWhoSeesParts(call);
  const keys = await keysOf(call);
  if (keys.length > 0) return keys;
  await findCheckpoint(call, null);
  return keysOf(call);
}

async function keysOf(call: Call): Promise<LogKey[]> {
  const keys = await readKeys(reading(call), call.principal.workspaceId);
  return keys.map((key, place) => {
    const next = keys[place + 1];
    return { ...key, toSize: next && next.epoch === key.epoch ? next.fromSize - 1 : null };
  });
}

const base64 = (hash: Buffer): string => hash.toString('base64');
