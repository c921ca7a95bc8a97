import { LockMode } from '@mikro-orm/core';
import { Agent } from '../../entities/agent.js';
import { Handover } from '../../entities/handover.js';
import { Team } from '../../entities/team.js';
import { accessHandover, type AccessedConversation } from '../access.js';
import type { Why } from '../agents/release-work.js';
import type { Call } from '../application.js';
import { findAssignee } from '../conversations/assign-conversation.js';
import { changesSince, recordInTranscript, stateOf } from '../conversations/transcript-entries.js';
import { conflict } from '../errors.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';

type Settlement = 'ACCEPTED' | 'DECLINED' | 'CANCELLED' | 'EXPIRED';
interface SettleInput extends WithReason {
  handoverId: string;
}
type AccessedHandover = AccessedConversation & { handover: Handover };

/**
 * Takes an offered conversation: it is the accepting agent's and IN_PROGRESS, and its bot is silent; it becomes the asked
 * team's, unless that was deactivated since. Of two who accept
 * at once one wins; accepting again what one has accepted gives the same answer and records nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT with the handover's state when it is settled.
 */
export async function acceptHandover(call: Call, { handoverId, reason }: SettleInput): Promise<string> {
  checkReason({ reason });
  return withTransaction(call, async (tx) => {
    const accessed = await accessHandover(tx, handoverId, 'handover.accept');
    const { conversation, handover } = accessed;
    const mine =
      handover.status === 'ACCEPTED' && handover.settledByKind === 'AGENT' && handover.settledById === tx.principal.id;
    if (mine) return handover.id;
    refuseSettled(tx, handover);
    const before = stateOf(conversation);
    conversation.assignee = await findAssignee(tx, tx.principal.id!, 'handoverId');
    await takeOver(tx, accessed);
    await settle(tx, accessed, 'ACCEPTED', before, reason ?? null);
    return handover.id;
  });
}

/**
 * Takes what was offered to a team, for one of its members, who is given it next. The caller holds the conversation's
 * lock and has found the offer open.
 */
export async function acceptForTeam(tx: Tx, accessed: AccessedHandover): Promise<void> {
  const before = stateOf(accessed.conversation);
  await takeOver(tx, accessed);
  await settle(tx, accessed, 'ACCEPTED', before, null);
}

/** What accepting changes, but for whose it is. */
async function takeOver(tx: Tx, { conversation, handover }: AccessedHandover): Promise<void> {
  if (handover.toTeam) conversation.team = (await activeTeam(tx, handover.toTeam.id)) ?? conversation.team;
  conversation.status = 'IN_PROGRESS';
  conversation.snoozedUntil = null;
  conversation.botActive = false;
}

/** The team that was asked, which stays one until this is done; null where it takes over nothing any more. */
function activeTeam(tx: Tx, id: string): Promise<Team | null> {
  const { workspaceId } = tx.principal;
  return tx.em.findOne(Team, { workspaceId, id, deactivatedAt: null }, { lockMode: LockMode.PESSIMISTIC_READ });
}

/** Does not take it. @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT when it is settled. */
export const declineHandover = (call: Call, input: SettleInput) =>
  endOffer(call, input, 'handover.decline', 'DECLINED');

/** Withdraws the offer. @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT when it is settled. */
export const cancelHandover = (call: Call, input: SettleInput) => endOffer(call, input, 'handover.cancel', 'CANCELLED');

async function endOffer(
  call: Call,
  { handoverId, reason }: SettleInput,
  action: 'handover.decline' | 'handover.cancel',
  settlement: Settlement,
): Promise<string> {
  checkReason({ reason });
  return withTransaction(call, async (tx) => {
    const accessed = await accessHandover(tx, handoverId, action);
    refuseSettled(tx, accessed.handover);
    await settle(tx, accessed, settlement, stateOf(accessed.conversation), reason ?? null);
    return accessed.handover.id;
  });
}

/** Withdraws the open handover of a conversation, if there is one, as part of what its caller does. */
export async function cancelOpenHandover(tx: Tx, accessed: AccessedConversation, why?: Why): Promise<void> {
  const { conversation } = accessed;
  if (!conversation.openHandoverId) return;
  const handover = await tx.em.findOneOrFail(Handover, {
    workspaceId: tx.principal.workspaceId,
    id: conversation.openHandoverId,
  });
  const { reason = null, causationId = null } = why ?? {};
  await settle(tx, { ...accessed, handover }, 'CANCELLED', stateOf(conversation), reason, causationId);
}

/** Ends an offer whose deadline has passed. The caller has found it still open under the conversation's lock. */
export const expire = (tx: Tx, accessed: AccessedHandover): Promise<void> =>
  settle(tx, accessed, 'EXPIRED', stateOf(accessed.conversation), null);

/** What a CONFLICT says of a handover. */
export const stateOfHandover = (handover: Handover): Record<string, unknown> => ({
  handoverId: handover.id,
  status: handover.status,
  settledBy: handover.settledById ? { kind: handover.settledByKind, id: handover.settledById } : null,
  settledAt: handover.settledAt?.toISOString() ?? null,
});

function refuseSettled(tx: Tx, handover: Handover): void {
  if (!handover.isOpen()) throw conflict('The handover is settled already.', stateOfHandover(handover));
  // The sweep comes every second; the deadline holds to the millisecond.
  if (handover.expiresAt <= tx.now) {
    throw conflict('The handover has expired.', { ...stateOfHandover(handover), status: 'EXPIRED' });
  }
}

const actionOf = {
  ACCEPTED: 'handover.accepted',
  DECLINED: 'handover.declined',
  CANCELLED: 'handover.cancelled',
  EXPIRED: 'handover.expired',
} as const;

async function settle(
  tx: Tx,
  accessed: AccessedHandover,
  status: Settlement,
  before: ReturnType<typeof stateOf>,
  reason: string | null,
  causationId: string | null = null,
): Promise<void> {
  const { conversation, handover } = accessed;
  const { workspaceId } = tx.principal;
  handover.status = status;
  handover.settledByKind = tx.principal.kind;
  handover.settledById = tx.principal.id;
  handover.settledAt = tx.now;
  handover.settlementReason = reason;
  conversation.openHandoverId = null;
  conversation.offeredAgent = null;
  conversation.offeredTeam = null;
  const receiver = handover.toAgent
    ? (await tx.em.findOneOrFail(Agent, { workspaceId, id: handover.toAgent.id })).displayName
    : (await tx.em.findOneOrFail(Team, { workspaceId, id: handover.toTeam!.id })).name;
  recordInTranscript(tx, accessed, {
    action: actionOf[status],
    handoverId: handover.id,
    related: [{ type: 'handover', id: handover.id }],
    ...(handover.toTeam ? { teamId: handover.toTeam.id } : {}),
    labels: { receiver },
    metadata: { handoverId: handover.id },
    changes: [{ field: 'handoverStatus', before: 'REQUESTED', after: status }, ...changesSince(before, conversation)],
    ...(reason ? { reason } : {}),
    ...(causationId ? { causationId } : {}),
  });
}
