import type { Application } from '../application.js';
import type { AppError } from '../errors.js';
import type { Principal } from '../principal.js';
import { headCursor, resyncRequired, type EventCursor } from './cursor.js';

/** Worked out once for each time that somebody was asked about. */
const known = new WeakMap<Principal, string>();

/** All of a principal that the policy looks at: two with the same answer see the same of everything. */
export function rightsOf(principal: Principal): string {
  let rights = known.get(principal);
  if (rights === undefined) {
    rights = JSON.stringify([
      principal.role,
      principal.scopes,
      principal.inboxIds,
      principal.teamIds,
      principal.supervisedTeamIds,
      principal.supervisedAgentIds,
      principal.seesOwnEvents,
      principal.customerInboxId,
      // A customer who turned out to be somebody else has other conversations.
      principal.kind === 'CONTACT' ? principal.id : null,
    ]);
    known.set(principal, rights);
  }
  return rights;
}

/** What ends a stream whose reader may see something else than when it was opened. */
export const rightsChanged = (head: EventCursor): AppError => resyncRequired('Your rights have changed.', head);

/**
 * Ends a stream whose reader may see something else than when it was opened.
 * @param opened their rights then.
 * @throws AppError RESYNC_REQUIRED
 */
export async function refuseChanged(app: Application, opened: string, principal: Principal): Promise<void> {
  if (rightsOf(principal) === opened) return;
  throw rightsChanged(await headCursor(app.db, principal.workspaceId));
}
