import type { ActionDefinition } from '../action-definition.js';

/** What is done with the record itself. */
export const auditActions = {
  'audit.checkpoint_signed': {
    category: 'AUDIT',
    severity: 'INFO',
    description: 'The size and the root of the log were signed. This alone never causes the next checkpoint.',
    sentence: '{actor} signed a checkpoint of the first {size} events',
    payload: { metadata: ['epoch', 'size', 'root'] },
  },
  'audit.key_rotated': {
    category: 'AUDIT',
    severity: 'WARNING',
    description: 'Another key signs the log from now on; the one before stays valid for what it has signed.',
    sentence: '{actor} rotated the key that signs the record',
    payload: { metadata: ['vkey', 'previousVkey', 'epoch', 'fromSize'] },
  },
  'audit.epoch_opened': {
    category: 'AUDIT',
    severity: 'CRITICAL',
    description:
      'An operator opened a new epoch of the log, because it no longer fits what was signed of it. Carries the last checkpoint of the old epoch.',
    sentence: '{actor} opened epoch {epoch} of the record',
    payload: { metadata: ['epoch', 'previousEpoch', 'previousCheckpoint'] },
  },
  'audit.annotated': {
    category: 'AUDIT',
    severity: 'INFO',
    description: 'Somebody who reads an event wrote a remark on it. The event itself never changes.',
    sentence: '{actor} annotated {target}: {text}',
    payload: { labels: ['text'] },
  },
  'audit.exported': {
    category: 'AUDIT',
    severity: 'NOTICE',
    description:
      'The operator of the server exported a part of the record at its command line, or evidence was made that somebody asked for, whose export it names. Of evidence it has the digest of the manifest.',
    sentence: '{export, select, none {The operator} other {{actor}}} exported the record as {format}',
    payload: {
      metadata: ['format', 'fromSequence', 'toSequence', 'events', 'texts', 'unmasked', 'manifest', 'export'],
      committed: ['filter'],
    },
  },
} as const satisfies Record<string, ActionDefinition>;
