import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { EventFormat } from '../../entities/enums.js';
import { ExportJob } from '../../entities/export-job.js';
import type { Application, Call } from '../application.js';
import { commit } from '../commit.js';
import { sql } from '../database.js';
import { AppError } from '../errors.js';
import type { Principal } from '../principal.js';
import { canExportRecord, exportSight } from '../policy.js';
import { exportTarget, type ExportRow } from './access-export.js';
import { PartsLost, type ExportKey } from './export-files.js';
import { callOf, complete, fail, moveOn, ownerOf, stateOf, type ExportFault } from './export-steps.js';
import { tellProgress } from './export-progress.js';
import { extractPage, keptFilter, logName, pageText } from './page.js';

/** How long one sweep works before others have their turn, in milliseconds: well within what a turn holds. */
const SLICE_MS = 3_000;
/** Exports that are written by turns, a page each. */
const AT_ONCE = 10;
/** Files that are removed in one sweep; the rest wait for the next one. */
const EXPIRED_AT_ONCE = 100;
/** After so many failures of one page the export fails. */
const MAX_FAILURES = 5;
/** The same where what failed may pass by itself, such as a database that is too busy: it gets minutes. */
const MAX_UNAVAILABLE = 100;
export const zipped = promisify(gzip);

/**
 * Writes what was asked for, a page of each export at a time. What is done is on the export's row after each page, so
 * whoever goes on, here or on another node, goes on there. Safe in several processes at once: a page moves the row only
 * from where it began.
 */
export async function runExports(app: Application): Promise<void> {
  const until = Date.now() + SLICE_MS;
  for (;;) {
    const due = await app.db.asApplication<ExportKey>(
      sql`select workspace_id as "workspaceId", id from exports_due(${AT_ONCE})`,
    );
    if (due.length === 0) return;
    let moved = false;
    for (const key of due) {
      moved = (await quietly(app, key, () => step(app, key))) || moved;
      if (Date.now() >= until) return;
    }
    // What failed is tried again by the next sweep, not at once.
    if (!moved) return;
  }
}

/** What fails in one export must not keep the others waiting; the next sweep tries again. */
async function quietly(app: Application, key: ExportKey, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    app.log.warn({ err: error, exportId: key.id }, 'an export could not go on; it is tried again');
    return false;
  }
}

/** Writes the next page of an export, or the whole of it once all pages are there. @returns whether it went on. */
async function step(app: Application, key: ExportKey): Promise<boolean> {
  const [row] = await app.db.byIds(ExportJob, key.workspaceId, [key.id]);
  if (!row || (row.state !== 'REQUESTED' && row.state !== 'RUNNING')) return false;
  const call = callOf(app, key.workspaceId);
  const owner = await ownerOf(app, row);
  const fault = !owner || !canExportRecord(owner) ? 'RIGHTS_ENDED' : rightsFault(owner, row);
  if (fault !== null) return fail(call, row, fault);
  try {
    await (row.nextSequence <= row.toSequence ? writePage(call, row, owner!) : finish(call, row));
    tellProgress(app, key);
    return true;
  } catch (error) {
    app.log.warn({ err: error, exportId: row.id }, 'a page of an export could not be written; it is tried again');
    if (error instanceof PartsLost) await startOver(call, row);
    else if (row.failures + 1 >= (error instanceof AppError ? MAX_UNAVAILABLE : MAX_FAILURES))
      return fail(call, row, 'NOT_WRITTEN');
    else await moveOn(call, row, { failures: row.failures + 1 });
    return false;
  }
}

/** A file of which one half is masked and the other is not would be neither. */
const rightsFault = (owner: Principal, row: ExportRow): ExportFault | null =>
  exportSight(owner).unmasked === row.unmasked ? null : 'RIGHTS_CHANGED';

/** Evidence is not among what is due here. */
function eventFormat({ format }: ExportRow): EventFormat {
  if (format === 'EVIDENCE') throw new TypeError('evidence is not written event by event');
  return format;
}

async function writePage(call: Call, row: ExportRow, owner: Principal): Promise<void> {
  const { db, exports } = call.app;
  const log = await logName(db, row.workspaceId);
  const extract = { filter: keptFilter(row.filter), sight: exportSight(owner), toSequence: row.toSequence };
  const { events, next } = await extractPage(db, log, extract, row.nextSequence);
  const text = pageText(eventFormat(row), events, row.parts === 0);
  // Parts zipped one by one are, one after the other, one zipped file (RFC 1952 §2.2).
  const contents = row.gzip ? await zipped(text) : Buffer.from(text, 'utf8');
  const partsDigest = await exports.files.putPart(row, row.parts, contents, row.partsDigest);
  const moved = await moveOn(call, row, {
    state: 'RUNNING',
    nextSequence: next,
    parts: row.parts + 1,
    partsDigest,
    rows: row.rows + events.length,
    failures: 0,
  });
  if (moved) return;
  const state = await stateOf(call, row);
  // Finished meanwhile by another node: only what has just been written is too much.
  if (state === 'COMPLETED') await exports.files.removeParts(row, row.parts + 1);
  // Cancelled meanwhile: nobody else removes it.
  else if (state !== 'REQUESTED' && state !== 'RUNNING') await exports.files.remove(row);
}

const startOver = (call: Call, row: ExportRow): Promise<boolean> =>
  moveOn(call, row, { nextSequence: row.fromSequence, parts: 0, partsDigest: '', rows: 0, failures: row.failures + 1 });

async function finish(call: Call, row: ExportRow): Promise<void> {
  const { files } = call.app.exports;
  if (row.parts === 0) {
    // Nothing to look at is a file too: with its header, and without events.
    const text = Buffer.from(pageText(eventFormat(row), [], true), 'utf8');
    const digest = await files.putPart(row, 0, row.gzip ? await zipped(text) : text, '');
    await moveOn(call, row, { state: 'RUNNING', parts: 1, partsDigest: digest });
    return;
  }
  const { bytes, sha256 } = await files.assemble(row, row.parts, row.partsDigest);
  const done = await complete(call, row, { rows: row.rows, bytes, sha256 });
  if (done) await files.removeParts(row, row.parts);
  else if ((await stateOf(call, row)) !== 'COMPLETED') await files.remove(row);
}

/**
 * Removes the files whose time is over. Here as wherever an export ends without a file: under the lock of its row it goes
 * first, and only then the row says that it has gone. Whoever dies in between has left the row as it was, and the next one
 * removes it again, which does no harm; the other way round a file would stay for ever.
 */
export async function expireExports(app: Application): Promise<void> {
  const due = await app.db.asApplication<ExportKey>(
    sql`select workspace_id as "workspaceId", id from exports_expired(${app.now()}, ${EXPIRED_AT_ONCE})`,
  );
  for (const key of due) {
    try {
      await expire(app, key);
    } catch (error) {
      app.log.warn({ err: error, exportId: key.id }, 'the file of an export could not be removed; it is tried again');
    }
  }
}

const expire = (app: Application, { workspaceId, id }: ExportKey): Promise<void> =>
  commit(callOf(app, workspaceId), async (tx) => {
    const [ended] = await tx.rows<Pick<ExportRow, 'format' | 'rows'>>(sql`
      select format, rows from export_job
      where workspace_id = ${workspaceId} and id = ${id} and state = 'COMPLETED' for update`);
    if (!ended) return;
    await app.exports.files.remove({ workspaceId, id });
    await tx.rows(sql`update export_job set state = 'EXPIRED' where workspace_id = ${workspaceId} and id = ${id}`);
    tx.record({ action: 'export.expired', target: exportTarget(id), metadata: { ...ended } });
  });
