import { canAdminister, conversationSight } from './policy.js';
import type { Principal } from './principal.js';

/** Whether a principal may see canned responses: who sees conversations, in which they stand, and who sets them up. */
export const canReadCannedResponses = (principal: Principal): boolean => {
  const { everything, keys } = conversationSight(principal);
  return everything || keys.length > 0 || canAdminister(principal);
};
