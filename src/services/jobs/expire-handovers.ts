import { LockMode } from '@mikro-orm/core';
import { Conversation } from '../../entities/conversation.js';
import { Handover } from '../../entities/handover.js';
import type { Application } from '../application.js';
import { audienceOf, sighted } from '../audience.js';
import { sql } from '../database.js';
import { expire } from '../handovers/settle-handover.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { commit } from '../commit.js';

/** How many expire in one sweep; the rest wait for the next one, a second later. */
const BATCH = 100;

/**
 * Ends the handovers that nobody took in time. Safe in several processes at once: under the conversation's lock only
 * the first still finds it open.
 * @returns how many this call ended.
 */
export async function expireHandovers(app: Application): Promise<number> {
  const due = await app.db.rows<{ workspaceId: string; id: string }>(
    sql`select workspace_id as "workspaceId", id from handovers_due(${app.now()}, ${BATCH})`,
  );
  let ended = 0;
  for (const { workspaceId, id } of due) {
    const call = {
      app,
      principal: systemPrincipal(workspaceId),
      request: { id: newId(), ipAddress: null, userAgent: null },
    };
    ended += await commit(call, async (tx) => {
      const found = await tx.em.findOneOrFail(Handover, { workspaceId, id });
      const conversation = await tx.em.findOne(
        Conversation,
        { workspaceId, id: found.conversation.id },
        { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
      );
      // Deleted since it was looked for, and the handover withdrawn.
      if (!conversation) return 0;
      const handover = await tx.em.findOneOrFail(Handover, { workspaceId, id }, { refresh: true });
      if (!handover.isOpen()) return 0;
      await expire(tx, { conversation, handover, audience: audienceOf(sighted(conversation)) });
      return 1;
    });
  }
  return ended;
}
