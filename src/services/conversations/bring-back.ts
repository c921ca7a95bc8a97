import { Bot } from '../../entities/bot.js';
import type { Contact } from '../../entities/contact.js';
import type { AccessedConversation } from '../access.js';
import { asActor } from '../contacts/new-contact.js';
import type { FieldChange } from '../record/event.js';
import type { Tx } from '../transaction.js';
import { leaveGoneAssignee } from './gone-assignee.js';
import type { ConversationState } from './plain-conversation.js';
import { changesSince, recordInTranscript, stateOf } from './transcript-entries.js';

/**
 * A customer who writes again takes up what was resolved and wakes what was put aside. What nobody has is open for
 * somebody to take, also where it waited for the customer, and a bot that was disabled has it no longer. Somebody blocked
 * brings nothing back, and nothing that is spam comes back.
 * @returns what changed without an event of its own, which the event of the message has to tell.
 */
export async function bringBack(tx: Tx, accessed: AccessedConversation, contact: Contact): Promise<FieldChange[]> {
  const { conversation } = accessed;
  if (contact.blockedAt || conversation.spam) return [];
  const { status } = conversation;
  const before = stateOf(conversation);
  if (conversation.botActive) conversation.botActive = await isBotEnabled(tx, accessed);
  const action = returning(conversation);
  if (!action) return changesSince(before, conversation);
  conversation.wake();
  conversation.resolvedAt = null;
  if (status === 'RESOLVED') await leaveGoneAssignee(tx, conversation);
  recordInTranscript(tx, accessed, {
    action,
    actor: asActor(contact),
    changes: changesSince(before, conversation),
    ...(action === 'conversation.status_changed' ? { metadata: { from: status, to: conversation.status } } : {}),
  });
  return [];
}

/** How a conversation comes back by what its customer writes; null where it is at work already. */
function returning({ status, assignee, botActive }: Pick<ConversationState, 'status' | 'assignee' | 'botActive'>) {
  if (status === 'RESOLVED') return 'conversation.reopened';
  if (status === 'SNOOZED') return 'conversation.unsnoozed';
  return status === 'PENDING' && !assignee && !botActive ? 'conversation.status_changed' : null;
}

/** Whether what its customer writes changes nothing of a conversation but that there is one message more. */
export const staysAsItIs = (
  conversation: Pick<ConversationState, 'status' | 'assignee' | 'botActive'>,
  { isBlocked, spam, isBotEnabled }: { isBlocked: boolean; spam: boolean; isBotEnabled: boolean | null },
): boolean => isBlocked || spam || (!returning(conversation) && (!conversation.botActive || isBotEnabled === true));

/** Whether the bot that has a conversation may answer in it; without a statement where it is the inbox's, just loaded. */
async function isBotEnabled({ em, principal }: Tx, { conversation }: AccessedConversation): Promise<boolean> {
  const { workspaceId } = principal;
  const bot = conversation.bot && (await em.findOne(Bot, { workspaceId, id: conversation.bot.id }));
  return bot?.enabled ?? false;
}
