import type { Application } from '../application.js';
import type { Principal } from '../principal.js';
import { headCursor, resyncRequired } from './cursor.js';

/** All of a principal that the policy looks at: two with the same answer see the same of everything. */
export const rightsOf = (principal: Principal): string =>
  JSON.stringify([
    principal.role,
    principal.scopes,
    principal.inboxIds,
    principal.teamIds,
    principal.supervisedTeamIds,
    principal.supervisedAgentIds,
    principal.seesOwnEvents,
  ]);

/**
 * Ends a stream whose reader may see something else than when it was opened.
 * @param opened their rights then.
 * @throws AppError RESYNC_REQUIRED
 */
export async function refuseChanged(app: Application, opened: string, principal: Principal): Promise<void> {
  if (rightsOf(principal) === opened) return;
  throw resyncRequired('Your rights have changed.', await headCursor(app.db, principal.workspaceId));
}
