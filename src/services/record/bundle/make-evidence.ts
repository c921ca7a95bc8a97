import { createHash } from 'node:crypto';
import type { Application, Call } from '../../application.js';
import { commit } from '../../commit.js';
import { conflict, invalid, notFound } from '../../errors.js';
import { sql, type Database } from '../../database.js';
import { rowLimit } from '../../paging.js';
import { Announcements } from '../announcements.js';
import type { RecordBody } from '../envelope.js';
import { readEvents } from '../read.js';
import { signCheckpoint, signingCall } from '../signing/sign-checkpoint.js';
import { readSignedLog, storedSubtrees, type StoredCheckpoint } from '../signing/stored.js';
import { resolveAsked, type Wanted } from './asked.js';
import { goneOf, isTouched, untoldOf, type Gone } from './gone.js';
import { exportLine, readAnnouncementLines, readAskedLines, type EntryScope } from './entry-lines.js';
import {
  BUNDLE_FORMAT,
  formatLine,
  type Asked,
  type BundleCounts,
  type EntryLine,
  type ManifestLine,
} from './lines.js';
import { reportOf } from './report.js';
import { writeTree, type WrittenEntry } from './write-tree.js';

/** Older checkpoints of the log at which a bundle can be compared without being asked to. */
const COMPARABLE = 256;

/** A bundle of evidence that is on the record and can be written. */
export interface Evidence {
  manifest: ManifestLine;
  checkpoint: StoredCheckpoint;
  /**
   * The lines, each with its newline; read from the database while they are taken.
   * @throws AppError CONFLICT at the end when what was to be told has changed meanwhile: what was written is worth nothing.
   */
  lines: AsyncIterable<string>;
}

/**
 * Makes a bundle of evidence, for somebody who may see everything. The event that records it is durable before the
 * first line is given, and has the digest of the manifest, which has that of all lines with events; the checkpoint is
 * over that event.
 * @param options.unmasked addresses and committed values are shown.
 * @param options.comparable sizes of older checkpoints that will be compared.
 * @param options.asker who has asked for it, and the export that it is for; the operator unless given.
 * @param options.stopping ends it early.
 * @throws AppError NOT_FOUND, VALIDATION_FAILED, CONFLICT, RECORD_INCONSISTENT, UNAVAILABLE
 */
export async function makeEvidence(
  app: Application,
  workspaceId: string,
  wanted: Wanted,
  options: {
    by: string;
    unmasked: boolean;
    comparable?: readonly number[];
    asker?: { call: Call; exportId: string };
    stopping?: AbortSignal;
  },
): Promise<Evidence> {
  const { db } = app;
  const log = await readSignedLog(db.rows.bind(db), workspaceId);
  if (!log || log.size === 0) throw notFound('record');
  const asked = await resolveAsked(db, workspaceId, wanted, log.size);
  const scope: EntryScope = {
    workspaceId,
    asked,
    size: log.size,
    unmasked: options.unmasked,
    stopping: options.stopping,
  };
  const { announcing, told } = await neededAnnouncements(db, scope);
  const { counts, digest: lines, untold } = await digestOfLines(db, scope, announcing, told);
  // Removed since the announcements were chosen: to who has only the bundle it would look taken out.
  if (untold.length > 0 && (await isAnyAnnounced(db, scope, untold))) throw changed(asked);
  if (counts.events === 0) throw invalid({ path: 'asked', message: 'nothing is recorded of it' });

  const workspace = { id: workspaceId, name: await workspaceName(db, workspaceId) };
  const at = app.now().toISOString();
  const { origin, epoch } = log;
  const { by } = options;
  const report = reportOf({ asked, counts, workspace: workspace.name, by, at });
  const manifest: ManifestLine = {
    type: 'manifest',
    format: BUNDLE_FORMAT,
    workspace,
    origin,
    epoch,
    asked,
    by,
    at,
    counts,
    lines,
    report,
  };
  const text = formatLine(manifest);
  const digest = createHash('sha256').update(text.slice(0, -1), 'utf8').digest('base64url');
  const eventId = await recordExport(options.asker ?? { call: signingCall(app, workspaceId) }, scope, counts, digest);
  const [row] = await readEvents(db, workspaceId, [eventId]);
  if (!row) throw new Error('the event that was recorded is not on the record');
  const checkpoint = await signCheckpoint(app, workspaceId, row.sequence + 1);
  if (checkpoint.origin !== origin) throw changed(asked);
  const last = { sequence: row.sequence, text: formatLine(await exportLine(row, workspaceId)) };
  const comparable = [...(options.comparable ?? []), ...(await checkpointSizes(db, checkpoint, workspaceId))];
  const tree = { size: checkpoint.size, source: storedSubtrees(db.rows.bind(db), workspaceId), comparable };

  async function* write(): AsyncGenerator<string> {
    const again = createHash('sha256');
    async function* entries(): AsyncGenerator<WrittenEntry> {
      for await (const line of entryLines(db, scope, announcing)) {
        const entry = formatLine(line);
        again.update(entry);
        yield { sequence: line.leaf.seq, text: entry };
      }
      yield last;
    }
    yield text;
    yield formatLine({ type: 'checkpoint', note: checkpoint.note });
    yield* writeTree(entries(), tree);
    if (again.digest('base64url') !== lines) throw changed(asked);
  }
  return { manifest, checkpoint, lines: write() };
}

async function digestOfLines(
  db: Database,
  scope: EntryScope,
  announcing: readonly EntryLine[],
  told: Announcements,
): Promise<{ counts: BundleCounts; digest: string; untold: Gone[] }> {
  const hash = createHash('sha256');
  const untold: Gone[] = [];
  const counts: BundleCounts = { events: 0, announcements: 0, texts: 0, gone: 0, withheld: 0 };
  for await (const line of entryLines(db, scope, announcing)) {
    hash.update(formatLine(line));
    const gone = goneOf(line);
    const rest = gone && untoldOf(gone, told);
    if (rest) untold.push(rest);
    counts[line.as === 'ASKED' ? 'events' : 'announcements'] += 1;
    counts.withheld += line.withheld?.length ?? 0;
    for (const text of line.texts ?? []) counts['gone' in text ? 'gone' : 'texts'] += 1;
  }
  return { counts, digest: hash.digest('base64url'), untold };
}

/** The events asked for, and in their places those that announce what is gone from them. */
async function* entryLines(
  db: Database,
  scope: EntryScope,
  announcing: readonly EntryLine[],
): AsyncGenerator<EntryLine> {
  let next = 0;
  for await (const line of readAskedLines(db, scope)) {
    for (; next < announcing.length && announcing[next]!.leaf.seq <= line.leaf.seq; next += 1) {
      if (announcing[next]!.leaf.seq < line.leaf.seq) yield announcing[next]!;
    }
    yield line;
  }
  yield* announcing.slice(next);
}

/** The announcements without which something that is gone from these events would look taken out, and all that is told so. */
async function neededAnnouncements(
  db: Database,
  scope: EntryScope,
): Promise<{ announcing: EntryLine[]; told: Announcements }> {
  const all: { line: EntryLine; announces: Announcements }[] = [];
  for await (const line of readAnnouncementLines(db, scope)) {
    const announces = new Announcements();
    note(announces, line);
    all.push({ line, announces });
  }
  const needed = new Set<EntryLine>();
  const told = new Announcements();
  for await (const line of readAskedLines(db, scope)) {
    note(told, line);
    const gone = goneOf(line);
    if (!gone) continue;
    for (const { line: announcement, announces } of all) if (isTouched(gone, announces)) needed.add(announcement);
  }
  for (const line of needed) note(told, line);
  return { announcing: [...needed].toSorted((one, other) => one.leaf.seq - other.leaf.seq), told };
}

/** Whether any of it has been announced to go, by now. What nobody announced is for the receiver to see. */
async function isAnyAnnounced(db: Database, scope: EntryScope, untold: readonly Gone[]): Promise<boolean> {
  const announced = new Announcements();
  const all = { ...scope, size: Number.MAX_SAFE_INTEGER };
  for await (const line of readAnnouncementLines(db, all)) note(announced, line);
  return untold.some((gone) => isTouched(gone, announced));
}

function note(announcements: Announcements, { leaf, body }: EntryLine): void {
  if (body) announcements.note(leaf.seq, body as unknown as RecordBody);
}

/** Puts onto the record what is about to leave it. */
function recordExport(
  { call, exportId }: { call: Call; exportId?: string },
  scope: EntryScope,
  counts: BundleCounts,
  manifest: string,
): Promise<string> {
  const { workspaceId, asked, unmasked } = scope;
  const { events, texts } = counts;
  const range = asked.kind === 'RANGE' ? { fromSequence: asked.from, toSequence: asked.to } : {};
  return commit(call, async (tx) =>
    tx.record({
      action: 'audit.exported',
      target: { type: 'record', id: workspaceId, label: 'the record' },
      ...(asked.kind === 'CONVERSATION' ? { conversationId: asked.id } : {}),
      ...(asked.kind === 'CONTACT' ? { contactId: asked.id } : {}),
      metadata: {
        format: 'EVIDENCE',
        ...range,
        events,
        texts,
        unmasked,
        manifest,
        ...(exportId ? { export: exportId } : {}),
      },
    }),
  );
}

async function checkpointSizes(
  db: Database,
  { epoch, size }: StoredCheckpoint,
  workspaceId: string,
): Promise<number[]> {
  const found = await db.rows<{ size: number }>(sql`
    select c.size from record_checkpoint c where c.workspace_id = ${workspaceId} and c.epoch = ${epoch}
      and c.size < ${size} order by c.size desc limit ${rowLimit(COMPARABLE)}`);
  return found.map((one) => one.size);
}

async function workspaceName(db: Database, workspaceId: string): Promise<string> {
  const [found] = await db.rows<{ name: string }>(sql`select w.name from workspace w where w.id = ${workspaceId}`);
  if (!found) throw notFound('workspace');
  return found.name;
}

const changed = (asked: Asked) =>
  conflict('What was to be told has changed while it was written; nothing of it holds. Make it again.', {
    asked: asked.kind,
  });
