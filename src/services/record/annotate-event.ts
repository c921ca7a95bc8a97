import type { Call } from '../application.js';
import { claimKey, ownKeys } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { sql } from '../sql.js';
import { Faults } from '../text.js';
import { withTransaction } from '../transaction.js';
import { LIST_CAP } from '../directory.js';
import { readEvent, type AuditParty } from './history.js';
import { accessEvent } from './list-events.js';
import { readEvents, recordColumns, type RecordRow } from './read.js';

/** The longest remark on an event. */
const MAX_ANNOTATION = 5_000;

/** A remark on an event, itself an event. */
export interface AnnotationRow {
  /** The id of its own event. */
  id: string;
  eventId: string;
  /** Null once erased. */
  text: string | null;
  author: AuditParty;
  createdAt: Date;
}

export interface AnnotateEventInput {
  eventId: string;
  text: string;
  idempotencyKey?: string | null | undefined;
}

/**
 * Puts a remark on an event that the caller reads: an event of its own, which whoever reads the other reads with it.
 * @returns the remark; for a repeated idempotencyKey the first one.
 * @throws AppError NOT_FOUND, VALIDATION_FAILED, CONFLICT
 */
export async function annotateEvent(call: Call, input: AnnotateEventInput): Promise<AnnotationRow> {
  const { eventId, text, idempotencyKey } = input;
  const faults = new Faults();
  faults.text('text', text, MAX_ANNOTATION);
  faults.refuse();
  const written = await withTransaction(call, async (tx) => {
    const id = newId();
    // Before the key: what one may not read any more one is not told of again.
    const event = await accessEvent({ ...call, principal: tx.principal }, eventId, 'audit.annotate');
    if (idempotencyKey != null) {
      const request = { eventId, text };
      const claim = { owner: ownKeys(tx), mutation: 'annotateEvent', key: idempotencyKey, request, resultId: id };
      const known = await claimKey(tx, claim);
      if (known) return known;
    }
    // Also of an event that is only about the contact: erasing them reaches the remark by this.
    const { targetType, targetId } = event;
    const contactId =
      event.contactId ?? (targetType === 'contact' && targetId !== null && isId(targetId) ? targetId : null);
    tx.record({
      id,
      action: 'audit.annotated',
      target: { type: 'event', id: eventId, label: `event ${event.sequence} (${event.action})` },
      labels: { text },
      ...(event.conversationId ? { conversationId: event.conversationId } : {}),
      ...(contactId ? { contactId } : {}),
      ...(event.teamId ? { teamId: event.teamId } : {}),
      ...(event.inboxId ? { inboxId: event.inboxId } : {}),
      ...(event.audience ? { audience: event.audience } : {}),
      ...(idempotencyKey == null ? {} : { idempotencyKey }),
    });
    return id;
  });
  const { app, principal } = call;
  const [row] = await readEvents(app.db, principal.workspaceId, [written]);
  return annotationOf(row!, principal.workspaceId);
}

/** The remarks on these events, oldest first, 250 each at most. For events that the caller has been let read. */
export async function annotationsOf({ app, principal }: Call, eventIds: readonly string[]): Promise<AnnotationRow[]> {
  const { workspaceId } = principal;
  const rows = await app.db.rows<RecordRow>(sql`
    select ${recordColumns(app.db)} from unnest(${eventIds}::text[]) as k(id)
    cross join lateral (
      select a.* from record_body a
      where a.workspace_id = ${workspaceId} and a.target_id = k.id and a.action = 'audit.annotated'
      order by a.sequence limit ${LIST_CAP}) b
    join record_entry e on e.workspace_id = b.workspace_id and e.sequence = b.sequence
    order by e.sequence`);
  return rows.map((row) => annotationOf(row, workspaceId));
}

function annotationOf(row: RecordRow, workspaceId: string): AnnotationRow {
  const { id, target, actor, recordedAt, labels } = readEvent(row, workspaceId, { unmasked: false });
  return { id, eventId: target!.id, text: labels['text'] ?? null, author: actor!, createdAt: recordedAt };
}
