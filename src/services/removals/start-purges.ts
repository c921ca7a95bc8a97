import type { Application } from '../application.js';
import { commit } from '../commit.js';
import { sql } from '../database.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';

/** Conversations whose time is over that one sweep takes; so many that those of which none succeeds hold up no others. */
const BATCH = 1_000;

/**
 * Begins to remove what deleted conversations held that cannot be restored any more: announced on the record first. Safe in
 * several processes at once. One in which it fails holds up no other.
 * @returns how many removals were begun.
 */
export async function startPurges(app: Application): Promise<number> {
  const due = await app.db.asApplication<{ workspaceId: string; id: string }>(
    sql`select workspace_id as "workspaceId", id from deletions_due(${app.now()}, ${BATCH})`,
  );
  let started = 0;
  for (const { workspaceId, id } of due) {
    try {
      started += await startPurge(app, workspaceId, id);
    } catch (error) {
      app.log.warn({ err: error, workspaceId, conversationId: id }, 'a purge could not begin; it is tried again');
    }
  }
  return started;
}

async function startPurge(app: Application, workspaceId: string, conversationId: string): Promise<number> {
  const request = { id: newId(), ipAddress: null, userAgent: null };
  return commit({ app, principal: systemPrincipal(workspaceId), request }, async (tx) => {
    // From here on it cannot be restored: who restores it has done so, or finds this.
    const run = newId();
    const [deletion] = await tx.rows<{ number: number }>(sql`
      update conversation_deletion set purge_run_id = ${run}
      where workspace_id = ${workspaceId} and conversation_id = ${conversationId} and restorable_until <= ${tx.now}
        and purge_run_id is null returning number`);
    if (!deletion) return 0;
    await tx.rows(sql`
      insert into removal_run (workspace_id, id, kind, conversation_id, position, pending, announced, messages, notes, started_at)
      values (${workspaceId}, ${run}, 'PURGE', ${conversationId}, -1, '{}', 0, 0, 0, ${tx.now})`);
    tx.record({
      action: 'conversation.purged',
      target: { type: 'conversation', id: conversationId, label: `#${deletion.number}` },
      conversationId,
      metadata: { run },
    });
    return 1;
  });
}
