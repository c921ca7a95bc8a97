import type { ActionDefinition } from '../action-definition.js';

/** What is new by an import, and what of it was refused. */
const counts = [
  'conversations',
  'extended',
  'contacts',
  'messages',
  'notes',
  'handovers',
  'files',
  'rejected',
] as const;

/** What is brought in from other systems. Its own events have the same `request`. */
export const importActions = {
  'import.started': {
    category: 'INTEGRATION',
    severity: 'NOTICE',
    description: 'The operator began to import past conversations into an inbox.',
    sentence: 'An import of past conversations into the inbox {target} began',
    payload: { metadata: ['format'] },
  },
  'import.completed': {
    category: 'INTEGRATION',
    severity: 'NOTICE',
    description:
      'An import was read to its end. What was there before, and what was refused, is not among what is new.',
    sentence:
      'The import into the inbox {target} is done: {conversations} conversations, {messages} messages and {notes} notes are new',
    payload: { metadata: ['format', ...counts] },
  },
  'import.failed': {
    category: 'INTEGRATION',
    severity: 'NOTICE',
    description: 'An import ended before everything was read. What it had brought in stays, and the next one goes on.',
    sentence: 'The import into the inbox {target} was broken off: {fault}',
    payload: { metadata: ['format', 'fault', ...counts] },
  },
} as const satisfies Record<string, ActionDefinition>;
