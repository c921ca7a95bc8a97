import { Conversation } from '../../entities/conversation.js';
import { Handover } from '../../entities/handover.js';
import type { ActorKind } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { audienceOf } from '../audience.js';
import { sql } from '../database.js';
import { sightOfConversations } from '../guards.js';
import {
  isPerViewer,
  passesHandoverFilter,
  validateHandoverFilter,
  type HandoverFilter,
  type HandoverRow,
} from '../handovers/read-handovers.js';
import { covers } from '../policy.js';
import type { RecordRow } from '../record/read.js';
import { changeOf, changes, decideEach } from './changed.js';
import { openSharedStream } from './open-stream.js';
import type { Reader } from './reader.js';
import type { Delivered } from './stream-definition.js';

/** One frame of `handoverChanges`. */
export interface HandoverChange {
  changeType: 'ADDED' | 'UPDATED' | 'REMOVED' | 'CURSOR';
  handoverId: string | null;
  handover: HandoverRow | null;
  action: string | null;
  actor: { kind: ActorKind; id: string | null } | null;
  cursor: string;
  occurredAt: Date | null;
}

const EMPTY = { handoverId: null, handover: null, action: null, actor: null, occurredAt: null };

/**
 * The handovers that the caller may see and that pass the filter, as they are requested and settled.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED, RESYNC_REQUIRED
 */
export async function handoverChanges(
  call: Call,
  filter: HandoverFilter,
  afterEvent: string | null | undefined,
): Promise<AsyncGenerator<HandoverChange, void, void>> {
  validateHandoverFilter(filter);
  sightOfConversations(call.principal);
  return openSharedStream<HandoverChange, Loaded>(call, afterEvent, {
    perViewer: isPerViewer(filter),
    needsContent: true,
    load: async (caller, events, { replaying }) => {
      const changed = await affected(
        caller,
        events.filter((row) => changes(row, 'handover')),
      );
      return { replaying, steps: await load(caller, changed) };
    },
    decide: (loaded, reader) =>
      decideEach(
        loaded,
        (step) => step.handoverId,
        (step) => decide(step, filter, reader),
      ),
    cursorFrame: (cursor) => ({ ...EMPTY, changeType: 'CURSOR', cursor }),
  });
}

/** What a handover begins with. */
const BEGINNINGS: ReadonlySet<string> = new Set(['handover.requested', 'handover.bot_returned', 'handover.imported']);

interface Changed {
  row: RecordRow;
  change: ReturnType<typeof changeOf>;
  handoverId: string;
  /** It is not the handover that has changed, but who sees its conversation. */
  moved: boolean;
}

/** An event of a handover changes it; one that gives its conversation to others takes all of its handovers along. */
async function affected({ app, principal }: Call, events: readonly RecordRow[]): Promise<Changed[]> {
  const read = events.map((row) => ({ row, change: changeOf(row) }));
  const moved = read.filter(({ change }) => change.metadata?.['handoverId'] === undefined);
  const conversationIds = [...new Set(moved.map(({ row }) => row.conversationId!))];
  const taken = conversationIds.length
    ? await app.db.rows<{ id: string; conversationId: string }>(sql`
        select h.id, h.conversation_id as "conversationId" from handover h
        where h.workspace_id = ${principal.workspaceId} and h.conversation_id = any(${conversationIds}::uuid[])
        order by h.id`)
    : [];
  return read.flatMap(({ row, change }): Changed[] => {
    const handoverId = change.metadata?.['handoverId'];
    if (handoverId !== undefined) return [{ row, change, handoverId: String(handoverId), moved: false }];
    return taken
      .filter(({ conversationId }) => conversationId === row.conversationId)
      .map(({ id }) => ({ row, change, handoverId: id, moved: true }));
  });
}

/** What one event can mean for one handover; who reads decides which it is. */
interface Step {
  row: RecordRow;
  handoverId: string;
  moved: boolean;
  /** As it is now; undefined once it is gone. */
  handover: HandoverRow | undefined;
  /** Who sees its conversation now; null once that is gone. */
  audience: readonly string[] | null;
  shown: Delivered<HandoverChange>;
  removed: Delivered<HandoverChange>;
}

interface Loaded {
  steps: Step[];
  replaying: boolean;
}

async function load({ app, principal }: Call, changed: readonly Changed[]): Promise<Step[]> {
  if (changed.length === 0) return [];
  const { workspaceId } = principal;
  const [handovers, conversations] = await Promise.all([
    app.db.byIds(Handover, workspaceId, [...new Set(changed.map((change) => change.handoverId))]),
    app.db.byIds(Conversation, workspaceId, [...new Set(changed.map((change) => change.row.conversationId!))]),
  ]);
  const handoverRows = new Map(handovers.map((row) => [row.id, row]));
  const conversationRows = new Map(conversations.map((row) => [row.id, row]));
  return changed.map(({ row, change, handoverId, moved }) => {
    const { sequence } = row;
    const handover = handoverRows.get(handoverId);
    const conversation = conversationRows.get(row.conversationId!);
    const isNew = moved || BEGINNINGS.has(row.action!);
    return {
      row,
      handoverId,
      moved,
      handover,
      audience: conversation ? audienceOf(conversation) : null,
      shown: {
        sequence,
        frame: (cursor) => ({
          changeType: isNew ? 'ADDED' : 'UPDATED',
          handoverId,
          handover: handover!,
          action: row.action,
          actor: { kind: change.actor.kind, id: change.actor.id ?? null },
          cursor,
          occurredAt: row.occurredAt,
        }),
      },
      removed: { sequence, frame: (cursor) => ({ ...EMPTY, changeType: 'REMOVED', handoverId, cursor }) },
    };
  });
}

function decide(step: Step, filter: HandoverFilter, reader: Reader): Delivered<HandoverChange> | null {
  const { row, handover, audience, moved, shown, removed } = step;
  const seen = handover !== undefined && audience !== null && covers(reader.conversations, audience);
  const couldSee = row.action !== 'conversation.restored' && covers(reader.conversations, row.audience ?? []);
  // Who sees it as before has it already.
  if (moved && seen === couldSee) return null;
  if (seen && passesHandoverFilter(filter, handover, reader.principal)) return shown;
  return couldSee ? removed : null;
}
