import { AlertDestination } from '../../entities/alert-destination.js';
import { Severity } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import { systemCall } from '../alerts/evaluate-workspace.js';
import type { Application } from '../application.js';
import { commit } from '../commit.js';
import { ATTEMPTS, delayBefore } from '../outgoing/retry-schedule.js';
import { readHeads } from '../record/read.js';
import { sql } from '../sql.js';
import { alertToSend, mailOf, webhookOf, type AlertToSend } from './alert-to-send.js';
import { targetOf } from './write-destinations.js';

/** While an attempt is under way nobody makes another one: longer than any may take, in milliseconds. */
const CLAIM_MS = 60_000;
/** Alerts that are delivered to one destination before others have its place. */
const BATCH = 20;
/** After so long another one has its place, in milliseconds: one that takes its time must not keep it. */
const PLACE_MS = 5_000;

type Destination = RowOf<AlertDestination>;

/**
 * Delivers what a destination has not been sent, in the order of the record, one at a time: its cursor moves when an alert
 * was taken, so whoever dies in between delivers it again and nobody loses it. What is not taken holds up what comes after
 * it, until the schedule ends and the destination is switched off.
 * @param stopping no further attempt is made; one that is under way ends as it does.
 */
export async function deliverAlerts(
  app: Application,
  workspaceId: string,
  id: string,
  stopping?: AbortSignal,
): Promise<void> {
  const until = Date.now() + PLACE_MS;
  for (let sent = 0; sent < BATCH && Date.now() < until && !stopping?.aborted; sent += 1) {
    const due = await claim(app, workspaceId, id);
    if (!due) return;
    const { destination, alert } = due;
    const fault = await attempt(app, destination, alert);
    if (fault === null) await taken(app, destination, alert);
    else return await notTaken(app, destination, fault);
  }
}

/** The next alert to be sent, claimed for this attempt; null when there is none, or somebody else is at it. */
async function claim(
  app: Application,
  workspaceId: string,
  id: string,
): Promise<{ destination: Destination; alert: AlertToSend } | null> {
  return app.db.inWorkspace(workspaceId, async (tx) => {
    const [destination] = await tx.rows<Destination>(sql`
      select ${app.db.columns(AlertDestination, 'd')}, d.secret from alert_destination d
      where d.workspace_id = ${workspaceId} and d.id = ${id} and d.enabled and d.deleted_at is null
        and d.next_attempt_at <= ${app.now()} for update skip locked`);
    if (!destination) return null;
    // Read before it is looked for, so that none between the two is passed over.
    const [head] = await readHeads(app.db, [workspaceId]);
    const rank = Object.keys(Severity).indexOf(destination.minSeverity);
    const alert = await alertToSend(app.db, workspaceId, { after: destination.sequence, minSeverity: rank });
    if (!alert) {
      // It goes to the end of those who wait, or who has nothing to be sent would be the first again and again.
      await tx.rows(sql`
        update alert_destination set sequence = ${Math.max(head!.size - 1, destination.sequence)},
          next_attempt_at = ${app.now()}
        where workspace_id = ${workspaceId} and id = ${id}`);
      return null;
    }
    const until = new Date(app.now().getTime() + CLAIM_MS);
    await tx.rows(sql`
      update alert_destination set attempts = ${destination.attempts + 1}, next_attempt_at = ${until}
      where workspace_id = ${workspaceId} and id = ${id}`);
    return { destination: { ...destination, attempts: destination.attempts + 1 }, alert };
  });
}

interface Fault {
  /** In words for administrators. */
  text: string;
  gone: boolean;
  retryAfterMs: number | null;
}

/** @returns null when it was taken. */
async function attempt(app: Application, destination: Destination, alert: AlertToSend): Promise<Fault | null> {
  const { webhooks, mails } = app.outgoing;
  if (destination.kind === 'WEBHOOK') {
    const made = await webhooks.attempt(webhookOf(destination, alert));
    if (made.outcome === 'ACCEPTED') return null;
    const text = made.status === null ? made.fault! : `${made.fault} ${made.status}`;
    return { text, gone: made.outcome === 'GONE', retryAfterMs: made.retryAfterMs };
  }
  if (!mails) return { text: 'NO_SMTP_URL', gone: false, retryAfterMs: null };
  try {
    await mails.send(mailOf(destination, alert));
    return null;
  } catch (error) {
    app.log.warn({ err: error, destinationId: destination.id }, 'an alert could not be sent by e-mail');
    // What the server says may name addresses, and is for the log.
    return { text: 'NOT_SENT', gone: false, retryAfterMs: null };
  }
}

const taken = (app: Application, { workspaceId, id }: Destination, alert: AlertToSend): Promise<unknown> =>
  app.db.inWorkspace(workspaceId, (tx) =>
    tx.rows(sql`
      update alert_destination set sequence = greatest(sequence, ${alert.sequence}), attempts = 0, last_error = null,
        next_attempt_at = ${app.now()}, delivered_at = ${app.now()}
      where workspace_id = ${workspaceId} and id = ${id}`),
  );

/** Tries again later, or no more; then it is switched off, which is on the record. */
async function notTaken(app: Application, { workspaceId, id, attempts }: Destination, fault: Fault): Promise<void> {
  await commit(systemCall(app, workspaceId), async (tx) => {
    const destination = await tx.em.findOneOrFail(AlertDestination, { workspaceId, id });
    destination.lastError = fault.text;
    const delay = delayBefore(attempts + 1);
    if (delay !== null && !fault.gone) {
      destination.nextAttemptAt = new Date(tx.now.getTime() + Math.max(delay, fault.retryAfterMs ?? 0));
      return;
    }
    if (!destination.enabled) return;
    destination.enabled = false;
    destination.attempts = 0;
    tx.record({
      action: 'alert_destination.updated',
      severity: 'WARNING',
      target: targetOf(destination),
      changes: [{ field: 'enabled', before: true, after: false }],
      metadata: { cause: fault.gone ? 'no longer wanted there' : `not delivered in ${ATTEMPTS} attempts` },
    });
  });
}
