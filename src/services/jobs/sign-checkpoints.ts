import type { Application } from '../application.js';
import { sql } from '../database.js';
import { AppError, isUnavailable } from '../errors.js';
import { signCheckpoint } from '../record/signing/sign-checkpoint.js';

/** Logs of one look. */
const PAGE = 100;

/** Signs every log in which something happened since the last time. One that cannot be signed holds up no other. */
export async function signCheckpoints(app: Application): Promise<void> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const due = await app.db.asApplication<{ workspaceId: string }>(
      sql`select workspace_id as "workspaceId" from checkpoints_due(${after}::uuid, ${PAGE}::int)`,
    );
    for (const { workspaceId } of due) {
      try {
        await signCheckpoint(app, workspaceId);
      } catch (error) {
        const level = isUnavailable(error) ? 'warn' : 'error';
        const cause = error instanceof AppError ? (error.cause ?? error) : error;
        app.log[level]({ err: cause, workspaceId }, 'the record of a workspace could not be signed');
      }
    }
    if (due.length < PAGE) return;
    after = due.at(-1)!.workspaceId;
  }
}
