import { LockMode } from '@mikro-orm/core';
import { Conversation } from '../../entities/conversation.js';
import type { Application } from '../application.js';
import { audienceOf, sighted } from '../audience.js';
import { commit } from '../commit.js';
import { changesSince, recordInTranscript, stateOf } from '../conversations/transcript-entries.js';
import { sql } from '../database.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';

/** How many wake in one sweep; the rest wait for the next one, a second later. */
const BATCH = 100;

/**
 * Brings snoozed conversations back when their time has come; those that are spam when they are none any more. Safe in several processes at once: under the
 * conversation's lock only the first still finds it due.
 * @returns how many this call woke.
 */
export async function wakeConversations(app: Application): Promise<number> {
  const due = await app.db.rows<{ workspaceId: string; id: string }>(
    sql`select workspace_id as "workspaceId", id from conversations_due(${app.now()}, ${BATCH})`,
  );
  let woken = 0;
  for (const { workspaceId, id } of due) {
    const request = { id: newId(), ipAddress: null, userAgent: null };
    woken += await commit({ app, principal: systemPrincipal(workspaceId), request }, async (tx) => {
      const conversation = await tx.em.findOne(
        Conversation,
        { workspaceId, id },
        { lockMode: LockMode.PESSIMISTIC_WRITE },
      );
      // Deleted since it was looked for.
      if (!conversation) return 0;
      if (!conversation.snoozedUntil || conversation.snoozedUntil > tx.now || conversation.spam) return 0;
      const accessed = { conversation, audience: audienceOf(sighted(conversation)) };
      const before = stateOf(conversation);
      conversation.wake();
      recordInTranscript(tx, accessed, {
        action: 'conversation.unsnoozed',
        changes: changesSince(before, conversation),
      });
      return 1;
    });
  }
  return woken;
}
