import type { ActionDefinition } from '../action-definition.js';

/** Who is there. */
export const peopleActions = {
  'agent.presence_changed': {
    category: 'PRESENCE',
    severity: 'INFO',
    description: 'An agent came, went, or said that they are away or busy.',
    sentence: '{target} is {to}{reason, select, none {} other {: {reason}}}',
    payload: { changes: ['presence'], metadata: ['to', 'automatic'], reason: true },
  },
} as const satisfies Record<string, ActionDefinition>;
