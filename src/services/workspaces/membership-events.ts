import type { NewEvent } from '../record/event.js';

/** A team or an inbox, and what somebody is in it. */
export type Place =
  | { noun: 'team'; id: string; name: string; as: 'MEMBER' | 'SUPERVISOR' }
  | { noun: 'inbox'; id: string; name: string };

/** The event of somebody's coming into a team or an inbox, or going from it. */
export function membershipEvent(
  verb: 'added' | 'removed',
  place: Place,
  agent: { id: string; displayName: string },
): NewEvent {
  return {
    action: `${place.noun}.member_${verb}`,
    target: { type: place.noun, id: place.id, label: place.name },
    ...(place.noun === 'team' ? { teamId: place.id } : { inboxId: place.id }),
    related: [{ type: 'agent', id: agent.id }],
    metadata: { ...(place.noun === 'team' ? { as: place.as } : {}), agentId: agent.id },
    labels: { agent: agent.displayName },
  };
}
