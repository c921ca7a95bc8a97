import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { recordTopic, urgentTopic } from '../pubsub/topics.js';
import { Severity } from '../entities/enums.js';
import type { Application, Call } from './application.js';
import type { BoundTransaction, TransactionOptions } from './bound-transaction.js';
import type { Principal } from './principal.js';
import { appendAndCommit, type Appended, type LastWrite } from './record/append.js';
import { prepareEvent, type NewEvent, type PreparedEvent } from './record/event.js';

/** A transaction of one workspace, for one call or for several. */
export interface OpenTransaction {
  /** Bound to the workspace: the database shows and takes no other. */
  readonly em: SqlEntityManager;
  /** A statement of the same transaction, where an entity would be a detour. */
  readonly rows: BoundTransaction['rows'];
  /** The same, for what is done with so much at once that the table is another one afterwards. */
  readonly rowsAnew: BoundTransaction['rowsAnew'];
  /** One time for everything that this transaction does. */
  readonly now: Date;
  /**
   * Writes with the append, once, what no other statement of this transaction needs.
   * @returns its rows, once they are committed.
   */
  writeLast<T extends object>(write: LastWrite): Promise<T[]>;
  /** What one call does in it. */
  as(call: Call): Tx;
}

/** What a use case works with inside its transaction. */
export interface Tx extends Omit<OpenTransaction, 'as'> {
  /** Read afresh for this transaction. */
  readonly principal: Principal;
  readonly call: Call;
  /**
   * Puts an event onto the record, together with whatever else this transaction commits.
   * @returns the event's id.
   */
  record(event: NewEvent): string;
}

/** The transaction alone, for a principal that was just loaded or is the system. */
export function commit<T>(call: Call, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T> {
  return commitTogether(call.app, call.principal.workspaceId, (open) => work(open.as(call)), options);
}

/** One transaction for calls of one workspace, whose principals were just loaded: all of it happens or nothing. */
export async function commitTogether<T>(
  app: Application,
  workspaceId: string,
  work: (open: OpenTransaction) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  const now = app.now();
  const events: PreparedEvent[] = [];
  let appended: Appended | null = null;
  const asked = performance.now();
  const giveBack = await app.slots.take(workspaceId);
  const began = performance.now();
  let wroteMs = 0;
  let result: T;
  try {
    result = await app.db.inWorkspace(
      workspaceId,
      async (transaction) => {
        const { em } = transaction;
        const lasts: { write: LastWrite; written: (rows: object[]) => void }[] = [];
        const shared = {
          em,
          now,
          rows: transaction.rows.bind(transaction),
          rowsAnew: transaction.rowsAnew.bind(transaction),
          writeLast: <R extends object>(write: LastWrite): Promise<R[]> =>
            new Promise<object[]>((written) => lasts.push({ write, written })) as Promise<R[]>,
        };
        const as = (call: Call): Tx => ({
          ...shared,
          call,
          principal: call.principal,
          record: (event) => {
            const prepared = prepareEvent(event, call.principal, call.request, now);
            events.push(prepared);
            return prepared.id;
          },
        });
        const made = await work({ ...shared, as });
        await em.flush();
        refuseUnflushed(em);
        const [last, ...others] = lasts;
        if (others.length > 0) throw new Error('a transaction has one last write');
        if (events.length > 0) {
          const writing = performance.now();
          const done = await appendAndCommit(transaction, workspaceId, events, last?.write);
          wroteMs = performance.now() - writing;
          ({ appended } = done);
          last?.written(done.rows);
        } else if (last) throw new Error('a use case wrote without an event');
        return made;
      },
      options,
    );
  } finally {
    giveBack();
  }
  if (appended) {
    app.metrics.appended(events.length, began - asked, wroteMs);
    app.bus.ring(recordTopic(workspaceId), appended);
  }
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
