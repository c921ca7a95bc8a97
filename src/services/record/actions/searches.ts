import type { ActionDefinition } from '../action-definition.js';

/** Who has looked for what. */
export const searchActions = {
  'search.performed': {
    category: 'ACCESS',
    severity: 'INFO',
    description:
      'Somebody searched messages, notes and conversations. What they searched for is the change of `filter`. The pages of one search are told together.',
    sentence: '{actor} searched the messages',
    payload: { committed: ['filter'], metadata: ['windowSeconds'] },
    toldTogether: true,
  },
} as const satisfies Record<string, ActionDefinition>;
