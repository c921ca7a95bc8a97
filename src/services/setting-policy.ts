import type { ViewSharing } from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import type { SavedView } from '../entities/saved-view.js';
import { canAdminister, conversationSight, mayWrite } from './policy.js';
import type { Principal } from './principal.js';

/** Whether a principal may see canned responses: who sees conversations, in which they stand, and who sets them up. */
export const canReadCannedResponses = (principal: Principal): boolean => {
  const { everything, keys } = conversationSight(principal);
  return everything || keys.length > 0 || canAdminister(principal);
};

/** What decides about a view. */
export type ViewFacts = Pick<RowOf<SavedView>, 'ownerId' | 'sharing' | 'teamId'>;

/** Whether a principal may have views at all: people who work with conversations, and who administers. */
export const canHaveViews = (principal: Principal): boolean =>
  (principal.kind === 'AGENT' && mayWrite(principal)) || canAdminister(principal);

/** The teams whose views a principal sees and makes. */
export const teamsOfViews = (principal: Principal): readonly string[] | 'ALL' =>
  canAdminister(principal) ? 'ALL' : [...principal.teamIds, ...principal.supervisedTeamIds];

const isOfTeam = (principal: Principal, teamId: string | null): boolean => {
  const teams = teamsOfViews(principal);
  return teams === 'ALL' || (teamId !== null && teams.includes(teamId));
};

/** Whether somebody may see a view: their own, and what is shared with them. Nobody else sees a private one. */
export const canSeeView = (principal: Principal, view: ViewFacts): boolean =>
  canHaveViews(principal) &&
  (isOwner(principal, view) ||
    view.sharing === 'EVERYBODY' ||
    (view.sharing === 'TEAM' && isOfTeam(principal, view.teamId)));

/** Whether somebody may change or delete a view: whose it is, and of what is shared an administrator. */
export const canChangeView = (principal: Principal, view: ViewFacts): boolean =>
  canHaveViews(principal) && (isOwner(principal, view) || (view.sharing !== 'PRIVATE' && canAdminister(principal)));

/** Whose a view is: only they can take it back for themselves alone. */
export const isOwner = (principal: Principal, { ownerId }: ViewFacts): boolean =>
  principal.kind === 'AGENT' && ownerId !== null && ownerId === principal.id;

/** Whether somebody may share a view so. A private one is somebody's: no key has any. */
export const canShareView = (principal: Principal, sharing: ViewSharing, teamId: string | null): boolean => {
  if (sharing === 'PRIVATE') return principal.kind === 'AGENT';
  return sharing === 'TEAM' ? isOfTeam(principal, teamId) : canAdminister(principal);
};
