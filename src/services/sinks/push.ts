import { AuditSink } from '../../entities/audit-sink.js';
import type { RowOf } from '../../entities/row.js';
import type { Application, Call } from '../application.js';
import { commit } from '../commit.js';
import { keptFilter, logName } from '../exports/page.js';
import { newId } from '../ids.js';
import { sendBytes } from '../outgoing/byte-streams.js';
import { ATTEMPTS, delayBefore } from '../outgoing/retry-schedule.js';
import { systemPrincipal } from '../principal.js';
import { passesEventFilter } from '../record/event-filter.js';
import { readAfter, type RecordRow } from '../record/read.js';
import type { LogName } from '../record/formats/exported-event.js';
import { sql } from '../sql.js';
import { BATCH_EVENTS, batchId, batchOf, presses, syslogFrames, webhookBody, WINDOW_MS, type Batch } from './batch.js';
import { checkpointFor, type BatchCheckpoint } from './checkpoint-for.js';
import { sinkTarget } from './sink-input.js';

/** Which sink. */
export interface SinkKey {
  workspaceId: string;
  id: string;
}

/** What came of looking after a sink once. GONE: it is no longer to be looked after. */
export type Pushed = 'SENT' | 'FAILED' | 'NOTHING' | 'WAITING' | 'GONE';

/** The same, and when to look again: what waits is not read again only to find that it waits. */
export interface Looked {
  outcome: Pushed;
  /** For how long there is nothing to do, in milliseconds; null = until something is recorded. */
  restMs: number | null;
  /** The new events that end the rest. */
  until: (event: RecordRow) => boolean;
}

/** So often a sink is looked at when nothing rings, in milliseconds: its settings may have changed. */
export const LOOK_EVERY_MS = 1_000;

/** How an attempt ended. */
interface Attempt {
  outcome: 'ACCEPTED' | 'GONE' | 'FAILED';
  fault: string | null;
  status: number | null;
  retryAfterMs: number | null;
}

type Row = RowOf<AuditSink>;

/**
 * Pushes the next batch to a sink. Its cursor moves only when the batch was taken, so that what was not acknowledged is
 * sent again, after a kill too; and only from where it stood, so that a node that comes late moves nothing.
 */
export async function push(app: Application, key: SinkKey, stopping?: AbortSignal): Promise<Looked> {
  const [sink] = await app.db.byIds(AuditSink, key.workspaceId, [key.id]);
  if (!sink || sink.deletedAt || sink.health === 'DISABLED') return looked('GONE');
  const now = app.now();
  if (sink.nextAttemptAt && sink.nextAttemptAt > now)
    return looked('WAITING', sink.nextAttemptAt.getTime() - now.getTime());
  const rows = await readAfter(app.db, sink.workspaceId, sink.nextSequence - 1, BATCH_EVENTS);
  if (rows.length === 0) return looked('NOTHING', null, () => true);
  const log = await logName(app.db, sink.workspaceId);
  const filter = keptFilter(sink.filter);
  const batch = batchOf(rows, log, { format: sink.format, filter }, now);
  const pressing = (event: RecordRow) => presses(event) && passesEventFilter(filter, event);
  const call: Call = {
    app,
    principal: systemPrincipal(sink.workspaceId),
    request: { id: newId(), ipAddress: null, userAgent: null },
  };
  if (batch.events.length === 0) {
    await passOver(call, sink, batch.next);
    // One write a second is enough for what nobody is given; but who is far behind goes on.
    return looked('NOTHING', rows.length < BATCH_EVENTS ? WINDOW_MS : 0, pressing);
  }
  if (batch.waitMs > 0) return looked('WAITING', batch.waitMs, pressing);
  // A syslog server takes lines, and no word from us besides.
  const checkpoint = sink.kind === 'WEBHOOK' ? await checkpointFor(app, sink) : null;
  const attempt = await deliver(app, sink, log, { batch, checkpoint }, stopping);
  // Whoever is to stop has not heard how it ended: the next one sends it again.
  if (attempt.outcome === 'FAILED' && stopping?.aborted) return looked('GONE');
  app.metrics.pushed(sink.kind, attempt.outcome === 'ACCEPTED' ? 'accepted' : 'failed');
  if (attempt.outcome !== 'ACCEPTED') {
    await failed(call, sink, attempt);
    return looked('FAILED', LOOK_EVERY_MS);
  }
  await accepted(call, sink, batch.next, checkpoint);
  return looked('SENT');
}

const looked = (outcome: Pushed, restMs: Looked['restMs'] = 0, until: Looked['until'] = () => false): Looked => ({
  outcome,
  restMs,
  until,
});

async function deliver(
  app: Application,
  sink: Row,
  log: LogName,
  { batch, checkpoint }: { batch: Batch; checkpoint: BatchCheckpoint | null },
  stopping: AbortSignal | undefined,
): Promise<Attempt> {
  const { destinations, webhooks } = app.outgoing;
  if (sink.kind === 'SYSLOG') {
    const to = { host: sink.host!, port: sink.port!, tls: sink.tls };
    const fault = await sendBytes(destinations, to, syslogFrames(batch, sink.format), stopping);
    return { outcome: fault === null ? 'ACCEPTED' : 'FAILED', fault, status: null, retryAfterMs: null };
  }
  return webhooks.attempt(
    {
      id: batchId(sink.id, batch),
      url: new URL(sink.url!),
      secrets: await secretsOf(app, sink),
      body: webhookBody(batch, log, sink.format, app.now(), checkpoint),
    },
    stopping,
  );
}

/** What a webhook is signed with. Read through the role that writes: the one that serves queries may not. */
async function secretsOf(app: Application, { workspaceId, id }: Row): Promise<string[]> {
  const [row] = await app.db.inWorkspace(workspaceId, (transaction) =>
    transaction.rows<{ secret: string | null; previous: string | null; until: Date | null }>(sql`
      select secret, previous_secret as previous, previous_secret_until as until from audit_sink
      where workspace_id = ${workspaceId} and id = ${id}`),
  );
  const previous = row?.until && row.until > app.now() ? row.previous : null;
  return [row?.secret, previous].filter((secret) => typeof secret === 'string');
}

/** The row, if it still stands where it stood. */
const unmoved = (sink: Row) =>
  sql`workspace_id = ${sink.workspaceId} and id = ${sink.id} and next_sequence = ${sink.nextSequence}
    and deleted_at is null and health <> 'DISABLED'`;

const passOver = (call: Call, sink: Row, next: number): Promise<unknown> =>
  commit(call, (tx) =>
    tx.rows(sql`update audit_sink set next_sequence = ${next} where ${unmoved(sink)} returning 1 as done`),
  );

async function accepted(call: Call, sink: Row, next: number, checkpoint: BatchCheckpoint | null): Promise<void> {
  const { epoch, treeSize } = checkpoint ?? { epoch: sink.sentEpoch, treeSize: sink.sentSize };
  await commit(call, async (tx) => {
    const moved = await tx.rows(sql`
      update audit_sink set next_sequence = ${next}, failures = 0, next_attempt_at = null, health = 'HEALTHY',
        last_success_at = ${tx.now}, sent_epoch = ${epoch ?? null}::int, sent_size = ${treeSize ?? null}::bigint where ${unmoved(sink)} returning 1 as done`);
    if (moved.length === 0 || sink.health !== 'FAILING') return;
    tx.record({
      action: 'audit.sink_recovered',
      target: sinkTarget(sink),
      metadata: { attempts: sink.failures + 1, nextSequence: next },
    });
  });
}

async function failed(call: Call, sink: Row, { outcome, fault, status, retryAfterMs }: Attempt): Promise<void> {
  const disabled = outcome === 'GONE';
  const failures = sink.failures + 1;
  const wait = Math.max(delayBefore(Math.min(failures + 1, ATTEMPTS))!, retryAfterMs ?? 0);
  const error = status === null ? fault : `${fault} ${status}`;
  await commit(call, async (tx) => {
    const noted = await tx.rows(sql`
      update audit_sink set failures = ${failures}, next_attempt_at = ${new Date(tx.now.getTime() + wait)},
        health = ${disabled ? 'DISABLED' : 'FAILING'}, last_error = ${error}, last_error_at = ${tx.now}
      where ${unmoved(sink)} returning 1 as done`);
    // Once, not at every attempt: the rest is on the sink.
    if (noted.length === 0 || (sink.health === 'FAILING' && !disabled)) return;
    tx.record({
      action: 'audit.sink_failed',
      outcome: 'FAILURE',
      target: sinkTarget(sink),
      metadata: { fault, status, disabled, nextSequence: sink.nextSequence },
    });
  });
}
