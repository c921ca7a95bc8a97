import type { ActionDefinition } from '../action-definition.js';
import { reasonTail, unlessImported } from './wording.js';

/** What people tell each other about a conversation. */
export const noteActions = {
  'note.created': {
    category: 'NOTE',
    severity: 'INFO',
    description: 'A note was added to a conversation.',
    sentence:
      unlessImported(
        '{actor} added a note to conversation {conversation}',
        'A note was imported into conversation {conversation}',
      ) + reasonTail,
    payload: { content: true, labels: ['conversation'], metadata: ['imported', 'author'], reason: true },
  },
  'note.edited': {
    category: 'NOTE',
    severity: 'INFO',
    description: 'A note was changed. What it said before is kept as a revision.',
    sentence: '{actor} edited a note in conversation {conversation}' + reasonTail,
    payload: { content: true, labels: ['conversation'], metadata: ['revision'], reason: true },
  },
  'mention.created': {
    category: 'NOTE',
    severity: 'INFO',
    description: 'A note calls for an agent’s attention.',
    sentence: '{actor} mentioned {agent} in a note in conversation {conversation}',
    payload: { labels: ['agent', 'conversation'], metadata: ['agentId'] },
  },
} as const satisfies Record<string, ActionDefinition>;
