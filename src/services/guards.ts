import type { Role } from '../entities/enums.js';
import { forbidden, type Denial } from './errors.js';
import { canGrantRole } from './grants.js';
import { canAdminister, conversationSight, recordSight, type Sight } from './policy.js';
import type { Principal } from './principal.js';

/** A call or a transaction: whoever asks. */
interface Asking {
  readonly principal: Principal;
}

/** The workspace as what was refused in it is recorded. */
export const workspaceTarget = (workspaceId: string): Denial['target'] => ({
  type: 'workspace',
  id: workspaceId,
  label: 'the workspace',
});

/**
 * Refuses who may not set up the workspace.
 * @throws AppError FORBIDDEN, to be recorded.
 */
export function refuseUnlessAdministrator({ principal }: Asking, attempted: string): void {
  if (canAdminister(principal)) return;
  throw forbidden('Only administrators may do this.').recordedAs({
    attempted,
    target: workspaceTarget(principal.workspaceId),
  });
}

/**
 * Refuses who may not administer at all, and who would give more than they have.
 * @throws AppError FORBIDDEN, to be recorded.
 */
export function refuseGrantingRole(asking: Asking, role: Role, attempted: string, target: Denial['target']): void {
  refuseUnlessAdministrator(asking, attempted);
  if (canGrantRole(asking.principal, role)) return;
  throw forbidden('A key makes nobody who may do more than itself.').recordedAs({ attempted, target });
}

/** Which conversations somebody sees who sees any. @throws AppError FORBIDDEN for all others. */
export function sightOfConversations(principal: Principal): Sight {
  const sight = conversationSight(principal);
  if (!sight.everything && sight.keys.length === 0) throw forbidden('You may not see conversations.');
  return sight;
}

/** Whoever asks about the log as a whole must be one who may see all of it. @throws AppError FORBIDDEN */
export function refuseWhoSeesParts({ principal }: Asking): void {
  if (!recordSight(principal).everything) throw forbidden('You may not read the whole record.');
}
