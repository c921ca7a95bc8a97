import { inboxKeys, keptKey } from '../idempotency.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/** By which a channel's own ids of messages are kept: those that it delivered, and those that it sent for us. */
export const OUTBOUND_IDS = 'updateDelivery';
const INBOUND_IDS = 'receiveMessage';

/** The message that a channel knows by this id in this inbox; null when it never named one so. */
export async function messageOfChannel(tx: Tx, inboxId: string, externalId: string): Promise<string | null> {
  const owner = inboxKeys(inboxId);
  const [known] = await tx.rows<{ id: string }>(sql`
    select result_id as id from idempotency_key
    where workspace_id = ${tx.principal.workspaceId} and owner = ${owner}
      and mutation in (${INBOUND_IDS}, ${OUTBOUND_IDS}) and key = ${keptKey(owner, externalId)}`);
  return known?.id ?? null;
}

/** Which of these messages there are, each with the conversation that it is of. */
export async function conversationsOfMessages(
  { rows }: Pick<Tx, 'rows'>,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const found = await rows<{ id: string; conversationId: string }>(sql`
    select id, conversation_id as "conversationId" from message
    where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])`);
  return new Map(found.map((row) => [row.id, row.conversationId]));
}
