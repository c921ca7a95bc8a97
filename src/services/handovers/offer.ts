import type { Agent } from '../../entities/agent.js';
import type { Bot } from '../../entities/bot.js';
import type { ActorKind, HandoverReason } from '../../entities/enums.js';
import { Handover } from '../../entities/handover.js';
import type { Team } from '../../entities/team.js';
import { Workspace } from '../../entities/workspace.js';
import type { AccessedConversation } from '../access.js';
import { changesSince, recordInTranscript, stateOf } from '../conversations/transcript-entries.js';
import type { Faults } from '../text.js';
import type { Tx } from '../transaction.js';

/** A handover stays open for 10 seconds to 7 days. */
export const EXPIRY_SECONDS = { min: 10, max: 604_800 };

/** Checks for how long a handover is to stay open. */
export function checkExpiry(faults: Faults, seconds: number | null | undefined): void {
  if (seconds === null || seconds === undefined) return;
  if (seconds >= EXPIRY_SECONDS.min && seconds <= EXPIRY_SECONDS.max) return;
  faults.add('expiresInSeconds', `must be ${EXPIRY_SECONDS.min} to ${EXPIRY_SECONDS.max}`);
}

/** Until when what is offered now can be accepted; the workspace says it where nobody does. */
export async function expiryOf({ em, now, principal }: Tx, seconds: number | null | undefined): Promise<Date> {
  const lasts = seconds ?? (await em.findOneOrFail(Workspace, { id: principal.workspaceId })).handoverExpirySeconds;
  return new Date(now.getTime() + lasts * 1000);
}

/** What is offered to whom; exactly one of the three is there. */
export interface Offer {
  id: string;
  toAgent: Agent | null;
  toTeam: Team | null;
  toBot: Bot | null;
  /** Who asked. */
  from: { kind: ActorKind; id: string | null };
  reason: HandoverReason;
  comment: string | null;
  summary: string | null;
  /** Nobody of those it is offered to is online. */
  unattended: boolean;
  expiresAt: Date;
  /** The shift that it is handed over with. */
  batchId: string | null;
  idempotencyKey?: string;
  causationId?: string;
}

/**
 * Offers a conversation to an agent or a team, or gives it to a bot. The caller holds its lock, and has found it neither
 * resolved nor offered to anybody.
 */
export function offer(tx: Tx, accessed: AccessedConversation, offered: Offer): void {
  const { now } = tx;
  const { conversation } = accessed;
  const { id, toAgent, toTeam, toBot, reason, comment, summary, unattended, expiresAt, batchId } = offered;
  const kind = toAgent ? 'TO_AGENT' : toTeam ? 'TO_TEAM' : 'TO_BOT';
  const handover = tx.em.create(Handover, {
    workspaceId: tx.principal.workspaceId,
    id,
    conversation,
    kind,
    status: toBot ? 'ACCEPTED' : 'REQUESTED',
    reason,
    comment,
    summary,
    fromKind: offered.from.kind,
    fromId: offered.from.id,
    toAgent,
    toTeam,
    toBot,
    settledByKind: toBot ? 'BOT' : null,
    settledById: toBot?.id ?? null,
    settlementReason: null,
    unattended,
    batchId,
    requestedAt: now,
    expiresAt,
    settledAt: toBot ? now : null,
  });
  tx.em.persist(handover);
  conversation.handoverCount += 1;

  const before = stateOf(conversation);
  if (toBot) {
    conversation.bot = toBot;
    conversation.botActive = true;
    conversation.assignee = null;
    conversation.status = 'OPEN';
    conversation.snoozedUntil = null;
  } else {
    conversation.openHandoverId = id;
    conversation.offeredAgent = toAgent;
    conversation.offeredTeam = toTeam;
  }
  const receiver = toAgent?.displayName ?? toTeam?.name ?? toBot!.displayName;
  recordInTranscript(tx, accessed, {
    action: toBot ? 'handover.bot_returned' : 'handover.requested',
    handoverId: id,
    related: [{ type: 'handover', id }],
    ...(toTeam ? { teamId: toTeam.id } : {}),
    labels: { receiver },
    metadata: {
      handoverId: id,
      handoverReason: reason,
      kind,
      expiresAt: expiresAt.toISOString(),
      unattended,
      ...(batchId ? { batchId } : {}),
    },
    changes: [
      { field: 'handoverStatus', after: handover.status },
      ...changesSince(before, conversation),
      ...(comment ? [{ field: 'comment', after: comment }] : []),
      ...(summary ? [{ field: 'summary', after: summary }] : []),
    ],
    ...(offered.idempotencyKey ? { idempotencyKey: offered.idempotencyKey } : {}),
    ...(offered.causationId ? { causationId: offered.causationId } : {}),
  });
}
