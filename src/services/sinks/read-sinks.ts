import { AuditSink } from '../../entities/audit-sink.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { notFound } from '../errors.js';
import { recordingDenials } from '../record-denial.js';
import { readHeads } from '../record/read.js';
import { refuseManaging } from './write-sinks.js';

/** A sink as a plain row, without its secrets, and how far behind the record it is. */
export type SinkRow = RowOf<AuditSink> & { lag: number };

/** The sinks of the workspace, by name. @throws AppError FORBIDDEN */
export async function listSinks(call: Call): Promise<SinkRow[]> {
  const { app, principal } = call;
  await recordingDenials(call, async () => refuseManaging(principal, 'sink.list'));
  const [rows, [head]] = await Promise.all([
    app.db.rows<RowOf<AuditSink>>(sql`
      select ${app.db.columns(AuditSink, 't')} from audit_sink t
      where t.workspace_id = ${principal.workspaceId} and t.deleted_at is null order by t.name, t.id limit ${LIST_CAP}`),
    readHeads(app.db, [principal.workspaceId]),
  ]);
  return rows.map((row) => Object.assign(row, { lag: Math.max(0, (head?.size ?? 0) - row.nextSequence) }));
}

/** One of them. @throws AppError FORBIDDEN, NOT_FOUND */
export async function findSink(call: Call, id: string): Promise<SinkRow> {
  const sink = (await listSinks(call)).find((row) => row.id === id);
  if (!sink) throw notFound('sink');
  return sink;
}
