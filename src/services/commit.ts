import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { recordTopic, urgentTopic } from '../pubsub/topics.js';
import { Severity } from '../entities/enums.js';
import type { Call } from './application.js';
import type { BoundTransaction } from './bound-transaction.js';
import type { Principal } from './principal.js';
import { appendAndCommit, type Appended } from './record/append.js';
import { prepareEvent, type NewEvent, type PreparedEvent } from './record/event.js';

/** What a use case works with inside its transaction. */
export interface Tx {
  /** Bound to the caller's workspace: the database shows and takes no other. */
  readonly em: SqlEntityManager;
  /** A statement of the same transaction, where an entity would be a detour. */
  readonly rows: BoundTransaction['rows'];
  /** The same for a statement whose rows nobody needs before the end: it leaves together with what comes next. */
  readonly later: BoundTransaction['later'];
  /** Read afresh for this transaction. */
  readonly principal: Principal;
  readonly call: Call;
  /** One time for everything that this transaction does. */
  readonly now: Date;
  /**
   * Puts an event onto the record, together with whatever else this transaction commits.
   * @returns the event's id.
   */
  record(event: NewEvent): string;
}

/** The transaction alone, for a principal that was just loaded or is the system. */
export async function commit<T>(call: Call, work: (tx: Tx) => Promise<T>): Promise<T> {
  const { app, principal } = call;
  const { workspaceId } = principal;
  const now = app.now();
  const events: PreparedEvent[] = [];
  let appended: Appended | null = null;
  const giveBack = await app.slots.take(workspaceId);
  let result: T;
  try {
    result = await app.db.inWorkspace(workspaceId, async (transaction) => {
      const { em } = transaction;
      const record = (event: NewEvent): string => {
        const prepared = prepareEvent(event, principal, call.request, now);
        events.push(prepared);
        return prepared.id;
      };
      const rows = transaction.rows.bind(transaction);
      const later = transaction.later.bind(transaction);
      const made = await work({ em, rows, later, principal, call, now, record });
      await em.flush();
      refuseUnflushed(em);
      if (events.length > 0) appended = await appendAndCommit(transaction, workspaceId, events);
      return made;
    });
  } finally {
    giveBack();
  }
  if (appended) app.bus.ring(recordTopic(workspaceId), appended);
  if (events.some(isUrgent)) app.bus.tell(urgentTopic, [workspaceId]);
  return result;
}

const URGENT = Object.keys(Severity).indexOf('WARNING');
/** What matters this much is evaluated at once, not with the next sweep. */
const isUrgent = ({ row }: PreparedEvent): boolean => Number(row['severity']) >= URGENT;

/** A change made after the flush would be in the answer but not in the database. */
function refuseUnflushed(em: SqlEntityManager): void {
  const unitOfWork = em.getUnitOfWork();
  unitOfWork.computeChangeSets();
  const [late] = unitOfWork.getChangeSets();
  if (late) throw new Error(`a use case changed ${late.meta.className} after its transaction was flushed`);
}
