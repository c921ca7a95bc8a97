import type { Application, Call } from '../application.js';
import { commit, type Tx } from '../commit.js';
import { newId } from '../ids.js';
import { rowLimit } from '../paging.js';
import { systemPrincipal } from '../principal.js';
import { sql, type Sql } from '../sql.js';
import type { AttachmentKey } from './attachment-files.js';
import { attachmentTarget } from './attachment-target.js';
import { UPLOAD_SECONDS } from './create-upload-link.js';

/** Uploads and files that one sweep looks at, and files that one step of an erasure removes. */
const BATCH = 50;
/** How long after its link a file may still be on its way, and how long one that is there waits to be sent. */
const GRACE_MS = 3_600_000;
const UNSENT_MS = 24 * 3_600_000;
/** So long a removal takes its files away itself. */
const REMOVING_MS = 10_000;

/** Says on the record of uploads that were never sent that they go. Safe in several processes at once. */
export async function removeUnsent(app: Application): Promise<void> {
  const now = app.now().getTime();
  const [awaited, uploaded] = [new Date(now - UPLOAD_SECONDS * 1000 - GRACE_MS), new Date(now - UNSENT_MS)];
  const due = await app.db.asApplication<AttachmentKey>(
    sql`select workspace_id as "workspaceId", id from attachments_unsent(${awaited}, ${uploaded}, ${BATCH})`,
  );
  for (const { workspaceId, id } of due) {
    await commit(ownCall(app, workspaceId), async (tx) => {
      // Sent meanwhile: it stays.
      await markRemoved(tx, sql`id = ${id} and message_id is null`, { cause: 'NEVER_SENT' });
    });
  }
}

/** Takes away the files whose removal is on the record, also those that a crash has left. */
export async function removeFiles(app: Application): Promise<void> {
  const before = new Date(app.now().getTime() - REMOVING_MS);
  const due = await app.db.asApplication<AttachmentKey>(
    sql`select workspace_id as "workspaceId", id from attachments_removing(${before}, ${BATCH})`,
  );
  for (const { workspaceId, id } of due) {
    try {
      await commit(ownCall(app, workspaceId), async (tx) => {
        await takeAway(tx, sql`id = ${id}`);
      });
    } catch (error) {
      app.log.warn({ err: error, attachmentId: id }, 'a file could not be removed; it is tried again');
    }
  }
}

/**
 * Takes the next files of conversations away: first it is recorded that they go, and in a later step they do, so that no
 * file is gone of which the record does not say so. @returns whether there may be more.
 */
export async function eraseFiles(tx: Tx, conversations: Sql, run: string): Promise<boolean> {
  const ofThem = sql`conversation_id in (${conversations})`;
  if ((await markRemoved(tx, ofThem, { cause: 'ERASED', run })) > 0) return true;
  return (await takeAway(tx, ofThem)) > 0;
}

/** Leaves of attachments only that they were there. @returns how many. */
async function markRemoved(tx: Tx, which: Sql, why: { cause: string; run?: string }): Promise<number> {
  const { workspaceId } = tx.principal;
  const gone = await tx.rows<{ id: string; conversationId: string | null }>(sql`
    update attachment set state = 'REMOVED', file_name = '', content_type = 'application/octet-stream', sha256 = '', salt = '',
      removed_at = ${tx.now}
    where (workspace_id, id) in (select workspace_id, id from attachment
      where workspace_id = ${workspaceId} and state <> 'REMOVED' and ${which} limit ${rowLimit(BATCH)} for update)
    returning id, conversation_id as "conversationId"`);
  for (const { id, conversationId } of gone) {
    tx.record({
      action: 'attachment.deleted',
      target: attachmentTarget(id),
      ...(conversationId ? { conversationId } : {}),
      metadata: why,
    });
  }
  return gone.length;
}

/** Removes files under the locks of their rows, which say so only then: whoever is cut off has left them to be removed. */
async function takeAway(tx: Tx, which: Sql): Promise<number> {
  const { workspaceId } = tx.principal;
  const going = await tx.rows<{ id: string }>(sql`
    select id from attachment where workspace_id = ${workspaceId} and state = 'REMOVED' and file_removed_at is null and ${which}
    order by id limit ${rowLimit(BATCH)} for update`);
  // At once, since a store elsewhere takes its time for each; and all of them, before the locks are let go.
  const removals = going.map(({ id }) => tx.call.app.attachments.files.remove({ workspaceId, id }));
  const failed = (await Promise.allSettled(removals)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  const ids = going.map(({ id }) => id);
  if (ids.length > 0) {
    await tx.rows(sql`
      update attachment set file_removed_at = ${tx.now} where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])`);
  }
  return ids.length;
}

const ownCall = (app: Application, workspaceId: string): Call => ({
  app,
  principal: systemPrincipal(workspaceId),
  request: { id: newId(), ipAddress: null, userAgent: null },
});
