import type { Application, Call } from '../../application.js';
import { commit, type Tx } from '../../commit.js';
import { sql } from '../../database.js';
import { databaseErrorCode } from '../../database-errors.js';
import { notFound, unavailable } from '../../errors.js';
import { newId } from '../../ids.js';
import { systemPrincipal } from '../../principal.js';
import { rootOf } from '../merkle.js';
import { formatCheckpoint } from '../proofs/checkpoint.js';
import { signNote } from '../proofs/signed-note.js';
import { rootAt } from '../proofs/subtrees.js';
import { formatVerifierKey } from '../proofs/verifier-key.js';
import { refuseInconsistent } from './consistent.js';
import { keyOfLog, type RecordKey } from './record-keys.js';
import {
  inconsistent,
  readKeys,
  readSignedLog,
  storedSubtrees,
  type Rows,
  type SignedLog,
  type StoredCheckpoint,
} from './stored.js';

/** Tiles of one transaction: some hundred milliseconds. */
const TILES = 64;
/** Transactions of one call; a log that is longer behind goes on with the next call. */
const FILLS = 100;
/** Tells these locks from those of others; the second half is the workspace. */
const SIGNING_LOCK = 720_318_551;
/** The gap that a function of the database found. */
const GAP = 'VB002';

/**
 * Signs what is on the record of a workspace now, unless nothing has happened since the last time: that it was signed is
 * an event, but nothing new by itself.
 *
 * What is signed was committed before, by transactions that this one's commit makes durable
 * where they are not; the signer's own file has the checkpoint before anybody else can see it.
 * @param covering the first so many events are wanted, whatever they are.
 * @throws AppError RECORD_INCONSISTENT when the log does not go on from what was signed; UNAVAILABLE without the key that
 *   is registered, or when the database is too busy; NOT_FOUND where there is no log.
 */
export async function signCheckpoint(app: Application, workspaceId: string, covering = 0): Promise<StoredCheckpoint> {
  for (let tries = 0; tries < 3; tries++) {
    const checkpoint = await app.signing.together(workspaceId, () => signOnce(app, workspaceId, covering));
    // What was under way already may have begun before the event that somebody waits for.
    if (checkpoint.size >= covering) return checkpoint;
  }
  throw unavailable('The record could not be signed that far. Try again.');
}

async function signOnce(app: Application, workspaceId: string, covering: number): Promise<StoredCheckpoint> {
  try {
    await fillTiles(app, workspaceId);
    return await commit(signingCall(app, workspaceId), (tx) => sign(tx, covering));
  } catch (error) {
    if (databaseErrorCode(error) === GAP) throw inconsistent('events are missing');
    throw error;
  }
}

/** The call in which the product signs by itself. */
export const signingCall = (app: Application, workspaceId: string): Call => ({
  app,
  principal: systemPrincipal(workspaceId),
  request: { id: newId(), ipAddress: null, userAgent: null },
});

/** Makes the tiles of what is on the record, so that proofs read few rows. */
async function fillTiles(app: Application, workspaceId: string): Promise<void> {
  for (let fills = 0; fills < FILLS; fills++) {
    const isWhole = await app.db.inWorkspace(workspaceId, (transaction) =>
      fillSome(transaction.rows.bind(transaction), workspaceId),
    );
    if (isWhole) return;
  }
  throw unprepared();
}

/** @returns whether there are now all that there can be. */
async function fillSome(rows: Rows, workspaceId: string): Promise<boolean> {
  const [row] = await rows<{ made: number }>(sql`select record_tiles_fill(${workspaceId}, ${TILES}) as made`);
  return row!.made < TILES;
}

const unprepared = () => unavailable('The record is still being prepared for its checkpoint. Try again.');

/** Makes this transaction the only one that signs the log, on all nodes, and its commit durable whatever is configured. */
export async function alone({ rows, principal: { workspaceId } }: Tx): Promise<void> {
  await rows(sql`select pg_advisory_xact_lock(${SIGNING_LOCK}::int, hashtext(${workspaceId}))`);
  await rows(sql`select set_config('synchronous_commit', case when current_setting('synchronous_commit') in ('off', 'local')
    then 'on' else current_setting('synchronous_commit') end, true)`);
}

async function sign(tx: Tx, covering: number): Promise<StoredCheckpoint> {
  const { rows, now, call, principal } = tx;
  const { workspaceId } = principal;
  const { signing } = call.app;
  await alone(tx);
  const log = await readSignedLog(rows, workspaceId);
  if (!log || log.size === 0) throw notFound('record');
  // Once more: the head may have moved on meanwhile.
  if (!(await fillSome(rows, workspaceId))) throw unprepared();
  const source = storedSubtrees(rows, workspaceId);
  await refuseInconsistent(log, await signing.own.last(workspaceId), source);
  if (log.last && log.last.size >= covering && !(await hasNews(tx, log.last.size))) return log.last;

  const root = rootOf(log.frontier);
  if (!root.equals(await rootAt(source, BigInt(log.size)))) throw inconsistent('its head is not that of its events');
  const { epoch, size, origin } = log;
  const key = await signingKey(tx, log);
  const note = signNote(formatCheckpoint({ origin, size: BigInt(size), root }), keyOfLog(key, origin), key.privateKey);
  await signing.own.keep(workspaceId, note);
  await rows(
    sql`select record_checkpoint_add(${workspaceId}, ${epoch}, ${size}, ${root}, ${note}, ${now.toISOString()}::timestamptz)`,
  );
  tx.record({
    action: 'audit.checkpoint_signed',
    target: { type: 'record', id: workspaceId, label: 'the record' },
    metadata: { epoch, size, root: root.toString('base64') },
  });
  return { origin, epoch, size, root, note, issuedAt: now };
}

async function hasNews({ rows, principal: { workspaceId } }: Tx, since: number): Promise<boolean> {
  const found = await rows(sql`select 1 as news from record_body b where b.workspace_id = ${workspaceId}
    and b.sequence >= ${since} and b.action <> 'audit.checkpoint_signed' limit 1`);
  return found.length > 0;
}

/** The key that is registered for this epoch, or the newest one, which then is. */
async function signingKey(tx: Tx, { origin, epoch }: SignedLog): Promise<RecordKey> {
  const { rows, call, principal, now } = tx;
  const registered = await readKeys(rows, principal.workspaceId);
  const keys = await call.app.signing.keys.all().catch((error: unknown) => {
    throw unavailable('The record cannot be signed here now.', error);
  });
  const current = registered.findLast((key) => key.epoch === epoch);
  if (!current) {
    const vkey = formatVerifierKey(keyOfLog(keys[0]!, origin));
    await rows(
      sql`select record_key_add(${principal.workspaceId}, ${vkey}, ${epoch}, 0, ${now.toISOString()}::timestamptz)`,
    );
    return keys[0]!;
  }
  const key = keys.find((one) => formatVerifierKey(keyOfLog(one, origin)) === current.vkey);
  if (key) return key;
  throw unavailable(
    'The record cannot be signed here now.',
    new Error(`RECORD_KEYS_FILE has not the key ${current.vkey}`),
  );
}
