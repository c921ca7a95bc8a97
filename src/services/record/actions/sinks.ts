import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** Where the record is pushed to. */
export const sinkActions = {
  'audit.sink_created': {
    category: 'AUDIT',
    severity: 'NOTICE',
    description: 'The record is pushed to one more system. Of its secret only the fingerprint is recorded.',
    sentence: '{actor} lets the record be pushed to {target}' + reasonTail,
    payload: {
      metadata: ['kind', 'format', 'fromSequence', 'fingerprint'],
      committed: ['url', 'host', 'filter'],
      reason: true,
    },
  },
  'audit.sink_updated': {
    category: 'AUDIT',
    severity: 'NOTICE',
    description: 'How the record is pushed to a system was changed. CRITICAL when it was disabled.',
    sentence: '{actor} changed how the record is pushed to {target}' + reasonTail,
    payload: {
      changes: ['format', 'port', 'tls', 'health', 'fingerprint'],
      committed: ['name', 'url', 'host', 'filter'],
      reason: true,
    },
  },
  'audit.sink_deleted': {
    category: 'AUDIT',
    severity: 'CRITICAL',
    description: 'The record is no longer pushed to a system.',
    sentence: '{actor} ended that the record is pushed to {target}' + reasonTail,
    payload: { metadata: ['kind', 'format', 'nextSequence'], reason: true },
  },
  'audit.sink_failed': {
    category: 'AUDIT',
    severity: 'WARNING',
    description: 'A system does not take the record any more. Once, until it has taken something again.',
    sentence: '{target} does not take the record: {fault}',
    payload: { metadata: ['fault', 'status', 'disabled', 'nextSequence'] },
  },
  'audit.sink_recovered': {
    category: 'AUDIT',
    severity: 'NOTICE',
    description: 'A system that had failed takes the record again.',
    sentence: '{target} takes the record again',
    payload: { metadata: ['attempts', 'nextSequence'] },
  },
} as const satisfies Record<string, ActionDefinition>;
