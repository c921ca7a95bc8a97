import type { ActorKind, AuditCategory } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { forbidden } from '../errors.js';
import { invalid } from '../errors.js';
import { canReadContacts, canReadFeed, canReadNotes, conversationSight } from '../policy.js';
import type { Principal } from '../principal.js';
import { PAGE_SIZE, type Connection } from '../paging.js';
import { readEvent, type AuditChange, type AuditEventRow } from '../record/history.js';
import { readAfter, type RecordRow } from '../record/read.js';
import { accessCursor, cursorAfter, decodeCursor, encodeCursor, headCursor } from './cursor.js';
import { openSharedStream } from './open-stream.js';
import { contentClassOf } from './reader.js';
import { Recorded, type Delivered } from './stream-definition.js';

/**
 * One event of the feed that other systems sync from: no address, no committed value; the objects as they are now, and
 * only those that the caller's scopes show. All but the cursor is null when only the cursor moved; all but cursor and state
 * of a pruned event, of which nobody knows any more whether it was one of the feed.
 */
export interface WorkspaceEvent {
  cursor: string;
  state: AuditEventRow['state'] | null;
  id: string | null;
  action: string | null;
  occurredAt: Date | null;
  actor: { kind: ActorKind; id: string | null } | null;
  changes: AuditChange[];
  conversationId: string | null;
  messageId: string | null;
  contactId: string | null;
  handoverId: string | null;
}

/** Who comes and goes, is refused or reads the record is for the record's readers alone. */
const CATEGORIES: ReadonlySet<string> = new Set<AuditCategory>([
  'CONVERSATION',
  'MESSAGE',
  'NOTE',
  'HANDOVER',
  'CONTACT',
  'PEOPLE',
  'CONFIG',
  'BOT',
]);
/** Actions that were refused change nothing that another system would sync. */
const isSynced = (row: RecordRow, actions: readonly string[] | null | undefined, principal: Principal): boolean =>
  row.body === null ||
  (row.outcome === 'SUCCESS' &&
    CATEGORIES.has(row.category) &&
    (row.category !== 'NOTE' || canReadNotes(principal)) &&
    (!actions || actions.includes(row.action!)));

/** How many events of the log one page of the query looks through at the most. */
const MAX_SCAN = 5_000;
const READ = 500;

const recorded = new Recorded<WorkspaceEvent>();

/** The feed as a stream. @throws AppError FORBIDDEN, VALIDATION_FAILED, RESYNC_REQUIRED */
export async function workspaceEventStream(
  call: Call,
  actions: readonly string[] | null | undefined,
  afterEvent: string | null | undefined,
): Promise<AsyncGenerator<WorkspaceEvent, void, void>> {
  refuseWhoReadsNoFeed(call);
  return openSharedStream<WorkspaceEvent, Delivered<WorkspaceEvent>[]>(call, afterEvent, {
    perViewer: false,
    needsContent: false,
    load: async ({ principal }, events) => {
      const shown = contentClassOf(principal);
      return events
        .filter((row) => isSynced(row, actions, principal))
        .map((row) => recorded.of(row, shown, (cursor) => eventOf(row, principal, cursor)));
    },
    // What is shown depends on the kind of caller alone, and each kind loads its own.
    decide: (delivered, { principal }) => {
      refuseWhoReadsNoFeed({ principal });
      return delivered;
    },
    cursorFrame: (cursor) => ({ ...EMPTY, cursor }),
  });
}

/**
 * The feed in pages, in the order and with the cursors of the stream: `after` is a cursor of either. A page may be
 * short while there is more; then its end cursor has moved on all the same.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED, RESYNC_REQUIRED
 */
export async function listWorkspaceEvents(
  call: Call,
  input: {
    afterEvent?: string | null | undefined;
    first?: number | null | undefined;
    actions?: readonly string[] | null | undefined;
  },
): Promise<Connection<WorkspaceEvent> & { eventCursor: string }> {
  refuseWhoReadsNoFeed(call);
  const { app, principal } = call;
  const size = input.first ?? PAGE_SIZE.default;
  if (size < 1 || size > PAGE_SIZE.max) throw invalid({ path: 'first', message: `must be 1 to ${PAGE_SIZE.max}` });
  const asked = input.afterEvent ? decodeCursor(input.afterEvent) : null;
  const head = asked
    ? await accessCursor(app.db, principal.workspaceId, asked)
    : await headCursor(app.db, principal.workspaceId);
  const nodes: WorkspaceEvent[] = [];
  let at = asked?.sequence ?? -1;
  let cursor = input.afterEvent ?? null;
  const stop = at + MAX_SCAN;
  while (nodes.length < size && at < head.sequence && at < stop) {
    for (const row of await readAfter(app.db, principal.workspaceId, at, READ)) {
      if (nodes.length === size || row.sequence > head.sequence) break;
      at = row.sequence;
      cursor = cursorAfter(row, head.epoch);
      if (isSynced(row, input.actions, principal)) nodes.push(eventOf(row, principal, cursor));
    }
  }
  return {
    nodes,
    edges: nodes.map((node) => ({ cursor: node.cursor, node })),
    pageInfo: {
      hasNextPage: at < head.sequence,
      hasPreviousPage: asked !== null && asked.sequence >= 0,
      startCursor: nodes[0]?.cursor ?? null,
      endCursor: cursor,
    },
    eventCursor: encodeCursor(head),
  };
}

const EMPTY = {
  state: null,
  id: null,
  action: null,
  occurredAt: null,
  actor: null,
  changes: [],
  conversationId: null,
  messageId: null,
  contactId: null,
  handoverId: null,
};

function eventOf(row: RecordRow, principal: Principal, cursor: string): WorkspaceEvent {
  if (row.body === null) return { ...EMPTY, cursor, state: 'PRUNED' };
  const event = readEvent(row, principal.workspaceId, { unmasked: false });
  const conversations = conversationSight(principal).everything;
  return {
    cursor,
    state: event.state,
    id: event.id,
    action: event.action,
    occurredAt: event.occurredAt,
    actor: event.actor && { kind: event.actor.kind, id: event.actor.id },
    changes: event.changes,
    conversationId: conversations ? event.conversationId : null,
    messageId: conversations && event.target?.type === 'message' ? event.target.id : null,
    contactId: canReadContacts(principal) ? row.contactId : null,
    handoverId: conversations && event.metadata?.['handoverId'] ? String(event.metadata['handoverId']) : null,
  };
}

function refuseWhoReadsNoFeed({ principal }: Pick<Call, 'principal'>): void {
  if (!canReadFeed(principal)) throw forbidden('The feed needs an API key with the scope EVENTS_READ.');
}
