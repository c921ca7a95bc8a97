import { Conversation } from '../../entities/conversation.js';
import { Handover } from '../../entities/handover.js';
import type { ActorKind } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { audienceOf } from '../audience.js';
import { forbidden } from '../errors.js';
import {
  passesHandoverFilter,
  validateHandoverFilter,
  type HandoverFilter,
  type HandoverRow,
} from '../handovers/read-handovers.js';
import { conversationSight, covers } from '../policy.js';
import type { Principal } from '../principal.js';
import type { RecordRow } from '../record/read.js';
import { changeOf, changes, lastOfEach } from './changed.js';
import { openStream, type Delivered } from './pull-stream.js';

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
  const sight = conversationSight(call.principal);
  if (!sight.everything && sight.keys.length === 0) throw forbidden('You may not see conversations.');
  return openStream<HandoverChange>(call, afterEvent, {
    deliver: async (events, principal, { replaying }) => {
      const steps = events.filter((row) => changes(row, 'handover')).map((row) => ({ row, change: changeOf(row) }));
      const handoverOf = (step: (typeof steps)[number]) => String(step.change.metadata?.['handoverId']);
      const kept = replaying ? lastOfEach(steps, handoverOf) : steps;
      return decide(
        call,
        filter,
        principal,
        kept.map((step) => ({ ...step, handoverId: handoverOf(step) })),
      );
    },
    cursorFrame: (cursor) => ({ ...EMPTY, changeType: 'CURSOR', cursor }),
  });
}

interface Step {
  row: RecordRow;
  change: ReturnType<typeof changeOf>;
  handoverId: string;
}

async function decide(
  { app }: Call,
  filter: HandoverFilter,
  principal: Principal,
  steps: readonly Step[],
): Promise<Delivered<HandoverChange>[]> {
  if (steps.length === 0) return [];
  const { workspaceId } = principal;
  const [handovers, conversations] = await Promise.all([
    app.db.byIds(Handover, workspaceId, [...new Set(steps.map((step) => step.handoverId))]),
    app.db.byIds(Conversation, workspaceId, [...new Set(steps.map((step) => step.row.conversationId!))]),
  ]);
  const handoverRows = new Map(handovers.map((row) => [row.id, row]));
  const conversationRows = new Map(conversations.map((row) => [row.id, row]));
  const sight = conversationSight(principal);
  return steps.flatMap(({ row, change, handoverId }): Delivered<HandoverChange>[] => {
    const { sequence } = row;
    const handover = handoverRows.get(handoverId);
    const conversation = conversationRows.get(row.conversationId!);
    const seen = handover && conversation && covers(sight, audienceOf(conversation));
    if (!seen || !passesHandoverFilter(filter, handover, principal)) {
      if (!covers(sight, row.audience ?? [])) return [];
      return [{ sequence, frame: (cursor) => ({ ...EMPTY, changeType: 'REMOVED', handoverId, cursor }) }];
    }
    const isNew = row.action === 'handover.requested' || row.action === 'handover.bot_returned';
    return [
      {
        sequence,
        frame: (cursor) => ({
          changeType: isNew ? 'ADDED' : 'UPDATED',
          handoverId,
          handover,
          action: row.action,
          actor: { kind: change.actor.kind, id: change.actor.id ?? null },
          cursor,
          occurredAt: row.occurredAt,
        }),
      },
    ];
  });
}
