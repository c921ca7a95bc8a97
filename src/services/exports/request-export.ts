import type { ExportFormat } from '../../entities/enums.js';
import { ExportJob } from '../../entities/export-job.js';
import type { Call } from '../application.js';
import { conflict, type FieldFault } from '../errors.js';
import { claimKey, ownKeys } from '../idempotency.js';
import { newId } from '../ids.js';
import { exportSight, type RecordSight } from '../policy.js';
import { validateEventFilter, type AuditEventFilter } from '../record/event-filter.js';
import { readHeads } from '../record/read.js';
import { sql } from '../sql.js';
import { Faults, MAX_REASON } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { holdLimit } from '../workspaces/places.js';
import { exportTarget, refuseExporting, refuseExportingEvidence } from './access-export.js';
import { evidenceFaults, resolveScope, type EvidenceInput } from './evidence-scope.js';

export interface RequestExportInput {
  format: ExportFormat;
  filter?: AuditEventFilter | null | undefined;
  evidence?: EvidenceInput | null | undefined;
  fromSequence?: number | null | undefined;
  toSequence?: number | null | undefined;
  reason?: string | null | undefined;
  gzip?: boolean | null | undefined;
  idempotencyKey?: string | null | undefined;
}

/** Exports of a workspace that may wait or be written at once. */
const MAX_OPEN = 10;

/**
 * Asks for a part of the record as a file, which a job writes. What the record has by now is what it can hold.
 * @returns the export's id; for a repeated idempotencyKey the first one's.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED; NOT_FOUND for what evidence is to be of; CONFLICT for another request under a known key, or when too many are
 *   under way.
 */
export async function requestExport(call: Call, input: RequestExportInput): Promise<string> {
  const filter = input.filter ?? {};
  validate(input, filter, exportSight(call.principal));
  // Before the transaction: the record's head is locked last, by the append.
  const [head] = await readHeads(call.app.db, [call.principal.workspaceId]);
  const newest = (head?.size ?? 0) - 1;
  const evidence = input.format === 'EVIDENCE' ? await resolveScope(call, input, newest + 1) : null;
  return withTransaction(call, async (tx) => {
    const { principal, now } = tx;
    if (evidence) refuseExportingEvidence(principal);
    else refuseExporting(principal, 'export.request');
    const id = newId();
    if (input.idempotencyKey != null) {
      const { idempotencyKey, ...request } = input;
      const claim = { owner: ownKeys(tx), mutation: 'requestExport', key: idempotencyKey!, request, resultId: id };
      const known = await claimKey(tx, claim);
      if (known) return known;
    }
    await refuseMany(tx);
    const given = Object.fromEntries(
      Object.entries(filter).filter(([, value]) => value !== null && value !== undefined),
    );
    const job = tx.em.create(ExportJob, {
      workspaceId: principal.workspaceId,
      id,
      requestedByKind: principal.kind,
      requestedById: principal.id!,
      format: input.format,
      filter: JSON.parse(JSON.stringify(given)) as Record<string, unknown>,
      conversationId: evidence?.conversationId ?? null,
      contactId: evidence?.contactId ?? null,
      reason: input.reason ?? null,
      gzip: input.gzip ?? false,
      unmasked: evidence?.unmasked ?? exportSight(principal).unmasked,
      fromSequence: evidence?.fromSequence ?? input.fromSequence ?? 0,
      toSequence: evidence?.toSequence ?? Math.min(input.toSequence ?? newest, newest),
      state: 'REQUESTED',
      nextSequence: evidence?.fromSequence ?? input.fromSequence ?? 0,
      parts: 0,
      partsDigest: '',
      rows: 0,
      failures: 0,
      fault: null,
      bytes: null,
      sha256: null,
      requestedAt: now,
      completedAt: null,
      expiresAt: null,
    });
    tx.em.persist(job);
    const { format, gzip, unmasked, fromSequence, toSequence } = job;
    tx.record({
      action: 'export.requested',
      target: exportTarget(id),
      ...(job.conversationId ? { conversationId: job.conversationId } : {}),
      ...(job.contactId ? { contactId: job.contactId } : {}),
      changes: [{ field: 'filter', after: JSON.stringify(job.filter) }],
      metadata: { format, gzip, unmasked, fromSequence, toSequence },
      reason: job.reason ?? null,
      ...(input.idempotencyKey ? { idempotencyKey: input.idempotencyKey } : {}),
    });
    return id;
  });
}

function validate(input: RequestExportInput, filter: AuditEventFilter, sight: RecordSight): void {
  validateEventFilter(filter, sight);
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REASON);
  for (const fault of [...rangeFaults(input), ...evidenceFaults(input)]) faults.add(fault.path, fault.message);
  faults.refuse();
}

/** What is wrong with a range of sequences. */
export function rangeFaults({ fromSequence, toSequence }: Partial<RequestExportInput>): FieldFault[] {
  const faults: FieldFault[] = [];
  for (const [path, value] of [
    ['fromSequence', fromSequence],
    ['toSequence', toSequence],
  ] as const) {
    if (value != null && (!Number.isSafeInteger(value) || value < 0))
      faults.push({ path, message: 'must be 0 or more' });
  }
  if (fromSequence != null && toSequence != null && toSequence < fromSequence) {
    faults.push({ path: 'toSequence', message: 'must not be before fromSequence' });
  }
  return faults;
}

async function refuseMany(tx: Tx): Promise<void> {
  await holdLimit(tx, 'exports');
  const [row] = await tx.rows<{ open: number }>(sql`
    select count(*)::int as open from export_job
    where workspace_id = ${tx.principal.workspaceId} and state in ('REQUESTED', 'RUNNING')`);
  if (row!.open >= MAX_OPEN) {
    throw conflict(`${MAX_OPEN} exports are under way already. Wait for one, or cancel it.`, { open: row!.open });
  }
}
