import { ExportJob } from '../../entities/export-job.js';
import type { Application } from '../application.js';
import { sql } from '../database.js';
import { AppError } from '../errors.js';
import { canExportEvidence } from '../policy.js';
import type { Principal } from '../principal.js';
import type { Wanted } from '../record/bundle/asked.js';
import { makeEvidence } from '../record/bundle/make-evidence.js';
import type { ExportRow } from './access-export.js';
import type { ExportKey } from './export-files.js';
import { tellProgress } from './export-progress.js';
import { callOf, complete, fail, moveOn, ownerOf, stateOf } from './export-steps.js';
import { zipped } from './run-exports.js';

/** Exports that one sweep looks at; the rest wait for the next one. */
const AT_ONCE = 10;
/** Each attempt may have put onto the record that evidence was made. */
const MAX_FAILURES = 5;
/** So much of a file is put together before it is written, in characters. */
const CHUNK = 256 * 1024;

/**
 * Makes the bundles of evidence that were asked for, one after the other. Unlike other exports each is made at one go: a
 * bundle is of the log as it is then, so a node that is killed is followed by one that makes it anew. Safe in several
 * processes at once: only one puts its file in place.
 * @param stopping ends it early; whoever has the turn next begins again.
 */
export async function runEvidence(app: Application, stopping: AbortSignal): Promise<void> {
  const due = await app.db.asApplication<ExportKey>(
    sql`select workspace_id as "workspaceId", id from evidence_due(${AT_ONCE})`,
  );
  for (const key of due) {
    if (stopping.aborted) return;
    try {
      await makeOne(app, key, stopping);
    } catch (error) {
      app.log.warn({ err: error, exportId: key.id }, 'evidence could not be made; it is tried again');
    }
  }
}

async function makeOne(app: Application, key: ExportKey, stopping: AbortSignal): Promise<void> {
  const [row] = await app.db.byIds(ExportJob, key.workspaceId, [key.id]);
  if (!row || (row.state !== 'REQUESTED' && row.state !== 'RUNNING')) return;
  const call = callOf(app, key.workspaceId);
  const owner = await ownerOf(app, row);
  if (!owner || !canExportEvidence(owner)) return void (await fail(call, row, 'RIGHTS_ENDED'));
  if (!(await moveOn(call, row, { state: 'RUNNING' }))) return;
  tellProgress(app, row);
  const running = { ...row, state: 'RUNNING' as const };
  try {
    await write(app, running, owner, stopping);
    tellProgress(app, row);
  } catch (error) {
    if (stopping.aborted) return;
    app.log.warn({ err: error, exportId: row.id }, 'evidence could not be made; it is tried again');
    if (isFinal(error) || row.failures + 1 >= MAX_FAILURES) await fail(call, running, 'NOT_WRITTEN');
    else await moveOn(call, running, { failures: row.failures + 1 });
  }
}

/** Whether trying again would come to the same. */
const isFinal = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'VALIDATION_FAILED' || error.code === 'NOT_FOUND');

async function write(app: Application, row: ExportRow, owner: Principal, stopping: AbortSignal): Promise<void> {
  const call = callOf(app, row.workspaceId);
  const { manifest, lines } = await makeEvidence(app, row.workspaceId, wantedOf(row), {
    by: owner.displayName,
    unmasked: row.unmasked,
    // By whom, without a session: it may have ended, and they do not wait for it.
    asker: { call: { ...call, principal: { ...owner, sessionId: null } }, exportId: row.id },
    stopping,
  });
  const file = await app.exports.files.write(row, chunks(lines, row.gzip, stopping));
  const { bytes, sha256 } = file;
  const rows = manifest.counts.events;
  let settled = false;
  try {
    settled = await complete(call, row, { rows, bytes, sha256 }, () => file.settle());
  } finally {
    if (!settled) await file.discard();
  }
  // Ended meanwhile: nobody else removes what was written.
  if (!settled && (await stateOf(call, row)) !== 'COMPLETED') await app.exports.files.remove(row);
}

const wantedOf = ({ conversationId, contactId, fromSequence, toSequence }: ExportRow): Wanted => {
  if (conversationId) return { conversation: conversationId };
  if (contactId) return { contact: contactId };
  return { from: fromSequence, to: toSequence };
};

/** Lines by the chunk, each zipped for itself: one after the other they are one zipped file (RFC 1952 §2.2). */
async function* chunks(lines: AsyncIterable<string>, gzip: boolean, stopping: AbortSignal): AsyncGenerator<Buffer> {
  let text = '';
  const chunk = () => (gzip ? zipped(text) : Promise.resolve(Buffer.from(text, 'utf8')));
  for await (const line of lines) {
    stopping.throwIfAborted();
    text += line;
    if (text.length < CHUNK) continue;
    yield await chunk();
    text = '';
  }
  if (text !== '') yield await chunk();
}
