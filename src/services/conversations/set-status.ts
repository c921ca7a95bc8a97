import type { ConversationStatus } from '../../entities/enums.js';
import { accessConversation } from '../access.js';
import type { Call } from '../application.js';
import { cancelOpenHandover } from '../handovers/settle-handover.js';
import { Faults, MAX_REMARK } from '../text.js';
import { withTransaction } from '../transaction.js';
import { changesSince, recordInTranscript, stateOf } from './transcript-entries.js';

export interface SetConversationStatusInput {
  conversationId: string;
  status: ConversationStatus;
  reason?: string | null | undefined;
}

/**
 * Moves a conversation to another status. Resolving withdraws an open handover: nobody is asked to take what is done.
 * The status it has already changes nothing and records nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function setConversationStatus(call: Call, input: SetConversationStatusInput): Promise<string> {
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REMARK);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const accessed = await accessConversation(tx, input.conversationId, 'conversation.set_status');
    const { conversation } = accessed;
    const from = conversation.status;
    const to = input.status;
    if (from === to) return conversation.id;
    if (to === 'RESOLVED') await cancelOpenHandover(tx, accessed);
    const before = stateOf(conversation);
    conversation.status = to;
    conversation.resolvedAt = to === 'RESOLVED' ? tx.now : null;
    const plain = from !== 'RESOLVED' && to !== 'RESOLVED';
    recordInTranscript(tx, accessed, {
      action: plain
        ? 'conversation.status_changed'
        : to === 'RESOLVED'
          ? 'conversation.resolved'
          : 'conversation.reopened',
      ...(plain ? { metadata: { from, to } } : {}),
      changes: changesSince(before, conversation),
      reason: input.reason ?? null,
    });
    return conversation.id;
  });
}
