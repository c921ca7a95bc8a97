import { LockMode } from '@mikro-orm/core';
import { Conversation } from '../../entities/conversation.js';
import type { AccessedConversation } from '../access.js';
import { audienceOf, sighted } from '../audience.js';
import { rowLimit } from '../paging.js';
import { sql, type Sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/**
 * Conversations that a batch of an agent's work is made of, under their locks, ids ascending.
 * @param which the condition, on table `c`.
 * @param waits for those that somebody else is just changing; otherwise they are left out, which is what who holds the
 *   lock of the agent must do: those others wait for it.
 */
export async function lockedWork(
  tx: Tx,
  which: Sql,
  { limit, waits }: { limit: number; waits: boolean },
): Promise<AccessedConversation[]> {
  const { workspaceId } = tx.principal;
  const found = await tx.rows<{ id: string }>(sql`
    select c.id from conversation c where c.workspace_id = ${workspaceId} and ${which}
    order by c.id limit ${rowLimit(limit)} for update ${sql.raw(waits ? '' : 'skip locked')}`);
  if (found.length === 0) return [];
  const conversations = await tx.em.find(
    Conversation,
    { workspaceId, id: { $in: found.map(({ id }) => id) } },
    { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' } },
  );
  return conversations.map((conversation) => ({ conversation, audience: audienceOf(sighted(conversation)) }));
}
