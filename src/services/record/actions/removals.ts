import { AuditCategory } from '../../../entities/enums.js';
import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** What goes from the record and why. Events of PRIVACY and AUDIT stay for ever: the log is verified with them. */
export const removalActions = {
  'erasure.requested': {
    category: 'PRIVACY',
    severity: 'CRITICAL',
    description: 'Somebody had the personal data of a contact erased. Their profile is empty from here on.',
    sentence: `{actor} had the data of a contact erased${reasonTail}`,
    payload: { metadata: ['run'], reason: true },
    streams: ['conversation'],
  },
  'audit.erased': {
    category: 'AUDIT',
    severity: 'CRITICAL',
    description:
      'Announces which disclosures of earlier events are erased: `sequence:places` in `_sd`, counted from 0, for example `12:0.3 15:1`.',
    sentence: 'The record gives up {count} personal values of a contact',
    payload: { metadata: ['run', 'disclosures', 'names', 'count'] },
  },
  'contact.erased': {
    category: 'PRIVACY',
    severity: 'CRITICAL',
    description: 'The erasure of a contact is done: the record and what was written hold nothing of them any more.',
    sentence: 'The data of a contact is erased',
    payload: { metadata: ['run', 'disclosures', 'messages', 'notes'] },
    streams: ['conversation'],
  },
  'retention.policy_changed': {
    category: 'PRIVACY',
    severity: 'NOTICE',
    description: 'For how many days events are kept, by category; null is for ever. CRITICAL when any is kept shorter.',
    sentence: `{actor} changed how long the record is kept${reasonTail}`,
    payload: { changes: Object.values(AuditCategory), reason: true },
  },
  'retention.run_started': {
    category: 'PRIVACY',
    severity: 'NOTICE',
    description: 'The product began to prune what has been kept long enough: by category what was recorded before.',
    sentence: 'Pruning what has been kept long enough began',
    payload: { metadata: ['run', 'before'] },
  },
  'audit.pruned': {
    category: 'AUDIT',
    severity: 'WARNING',
    description: 'Announces which earlier events are pruned: sequences and ranges of them, for example `3-20,25`.',
    sentence: 'The record gives up what {count} events say',
    payload: { metadata: ['run', 'sequences', 'count'] },
  },
  'retention.run_completed': {
    category: 'PRIVACY',
    severity: 'NOTICE',
    description: 'The pruning is done.',
    sentence: 'Pruning what had been kept long enough ended: {count} events',
    payload: { metadata: ['run', 'count'] },
  },
} as const satisfies Record<string, ActionDefinition>;
