import type { Tx } from '../commit.js';
import { sql } from '../sql.js';

/**
 * Takes the translations of a message away, which are of what it said before. The caller holds its conversation's lock.
 * @returns how many there were
 */
export async function withdrawTranslations({ rows, principal, now }: Tx, messageId: string): Promise<number> {
  const withdrawn = await rows(sql`
    update translation set withdrawn_at = ${now}
    where workspace_id = ${principal.workspaceId} and message_id = ${messageId} and withdrawn_at is null returning id`);
  return withdrawn.length;
}
