import type { Application } from '../application.js';
import { sql } from '../database.js';
import { socketsChanged } from '../presence/presence.js';

/** How many go in one sweep; the rest wait for the next one. */
const BATCH = 100;

/** Lets go of agents whose last socket has closed, or whose node has died. Safe in several processes at once. */
export async function releasePresences(app: Application): Promise<void> {
  const due = await app.db.rows<{ workspaceId: string; id: string }>(
    sql`select workspace_id as "workspaceId", id from presences_due(${app.now()}, ${BATCH})`,
  );
  for (const { workspaceId, id } of due) await socketsChanged(app, workspaceId, id);
}
