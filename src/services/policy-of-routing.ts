import { canAdminister, conversationSight, mayWrite, type Sight } from './policy.js';
import type { Principal } from './principal.js';

/**
 * Whether a principal may hand over all that an agent is working on: the agent, who watches over them, and
 * administrators; of keys, those that write in all conversations.
 */
export const canHandOverShift = (principal: Principal, agentId: string): boolean =>
  principal.kind === 'AGENT'
    ? mayWrite(principal) &&
      (principal.id === agentId || principal.role === 'ADMIN' || principal.supervisedAgentIds.includes(agentId))
    : mayWrite(principal);

/** Whether a principal may say how much an agent is given: administrators, and who watches over them. */
export const canSetCapacity = (principal: Principal, agentId: string): boolean =>
  canAdminister(principal) || (principal.kind === 'AGENT' && principal.supervisedAgentIds.includes(agentId));

/** Whose queues a principal sees: of the teams whose conversations they see; null for who has nothing to do with queues. */
export function queueSight(principal: Principal): Sight | null {
  const sight = conversationSight(principal);
  const isAgent = principal.kind === 'AGENT' && principal.role !== 'AUDITOR';
  return sight.everything || isAgent ? sight : null;
}
