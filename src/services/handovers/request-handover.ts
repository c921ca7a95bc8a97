import { Bot } from '../../entities/bot.js';
import type { HandoverReason } from '../../entities/enums.js';
import { Handover } from '../../entities/handover.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import { findAssignee, findTeam } from '../conversations/assign-conversation.js';
import { conflict, invalid } from '../errors.js';
import { claimKey, ownKeys } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { Faults, MAX_REMARK } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { isAttended } from '../presence/attended.js';
import { checkExpiry, expiryOf, offer } from './offer.js';
import { stateOfHandover } from './settle-handover.js';

export interface RequestHandoverInput {
  conversationId: string;
  toAgentId?: string | null | undefined;
  toTeamId?: string | null | undefined;
  toBotId?: string | null | undefined;
  reason: HandoverReason;
  comment?: string | null | undefined;
  summary?: string | null | undefined;
  expiresInSeconds?: number | null | undefined;
  idempotencyKey?: string | null | undefined;
}

/**
 * Offers a conversation to an agent or a team, or gives it to a bot, which has it at once.
 * @returns the handover's id; for a repeated idempotencyKey the first one's.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT when one is open already (with it) or the
 *   conversation is resolved or spam.
 */
export async function requestHandover(call: Call, input: RequestHandoverInput): Promise<string> {
  validate(input);
  return withTransaction(call, async (tx) => {
    const id = newId();
    if (input.idempotencyKey != null) {
      const { idempotencyKey, ...request } = input;
      const known = await claimKey(tx, {
        owner: ownKeys(tx),
        mutation: 'requestHandover',
        key: idempotencyKey!,
        request,
        resultId: id,
      });
      if (known) {
        const handover = await tx.em.findOneOrFail(Handover, { workspaceId: tx.principal.workspaceId, id: known });
        await accessConversation(tx, handover.conversation.id, 'conversation.read');
        return known;
      }
    }
    const accessed = await accessConversation(tx, input.conversationId, 'handover.request');
    const { conversation } = accessed;
    if (conversation.openHandoverId) {
      const open = await tx.em.findOneOrFail(Handover, {
        workspaceId: tx.principal.workspaceId,
        id: conversation.openHandoverId,
      });
      throw conflict('A handover of this conversation is open already.', stateOfHandover(open));
    }
    if (conversation.status === 'RESOLVED') {
      throw conflict('The conversation is resolved; reopen it first.', {
        conversationId: conversation.id,
        status: 'RESOLVED',
      });
    }
    if (conversation.spam) {
      throw conflict('The conversation is spam; unmark it first.', { conversationId: conversation.id, spam: true });
    }
    await offerAsAsked(tx, accessed, id, input);
    return id;
  });
}

function validate(input: RequestHandoverInput): void {
  const faults = new Faults();
  const targets = [input.toAgentId, input.toTeamId, input.toBotId].filter(Boolean);
  if (targets.length !== 1) faults.add('toAgentId', 'give exactly one of toAgentId, toTeamId and toBotId');
  faults.optionalText('comment', input.comment, MAX_REMARK);
  faults.optionalText('summary', input.summary, MAX_REMARK);
  checkExpiry(faults, input.expiresInSeconds);
  faults.refuse();
}

async function offerAsAsked(
  tx: Tx,
  accessed: AccessedConversation,
  id: string,
  input: RequestHandoverInput,
): Promise<void> {
  const { principal } = tx;
  const toAgent = input.toAgentId ? await findAssignee(tx, input.toAgentId, 'toAgentId') : null;
  const toTeam = input.toTeamId ? await findTeam(tx, input.toTeamId, 'toTeamId') : null;
  const toBot = input.toBotId ? await findBot(tx, input.toBotId) : null;
  if (toAgent && principal.kind === 'AGENT' && toAgent.id === principal.id) {
    throw invalid({ path: 'toAgentId', message: 'is yourself; assign the conversation instead' });
  }
  offer(tx, accessed, {
    id,
    toAgent,
    toTeam,
    toBot,
    from: principal,
    reason: input.reason,
    comment: input.comment ?? null,
    summary: input.summary ?? null,
    unattended: toBot ? false : !(await isAttended(tx, toAgent, toTeam)),
    expiresAt: await expiryOf(tx, input.expiresInSeconds),
    batchId: null,
    ...(input.idempotencyKey ? { idempotencyKey: input.idempotencyKey } : {}),
  });
}

async function findBot(tx: Tx, id: string): Promise<Bot> {
  const bot = isId(id) ? await tx.em.findOne(Bot, { workspaceId: tx.principal.workspaceId, id }) : null;
  if (!bot?.enabled) throw invalid({ path: 'toBotId', message: 'there is no such bot that is enabled' });
  return bot;
}
