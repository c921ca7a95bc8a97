import type { ActionDefinition } from '../action-definition.js';

/** Who has read what. Recorded before it is shown. */
export const accessActions = {
  'transcript.viewed': {
    category: 'ACCESS',
    severity: 'INFO',
    description: 'Somebody read messages, notes or the transcript of a conversation, or opened its live transcript.',
    sentence: '{actor} read conversation {target}',
    payload: { metadata: ['live', 'windowSeconds'] },
    toldTogether: true,
  },
  'contact.profile_viewed': {
    category: 'ACCESS',
    severity: 'INFO',
    description: 'Somebody read how a contact can be reached.',
    sentence: '{actor} viewed the profile of {target}',
    payload: { metadata: ['windowSeconds'] },
    toldTogether: true,
  },
  'audit.viewed': {
    category: 'ACCESS',
    severity: 'INFO',
    description: 'Somebody read the record.',
    sentence: '{actor} read the record',
    payload: { metadata: ['windowSeconds'] },
    toldTogether: true,
  },
  'audit.subscribed': {
    category: 'ACCESS',
    severity: 'INFO',
    description: 'Somebody opened the live feed of the record.',
    sentence: '{actor} opened the live feed of the record',
    payload: {},
  },
} as const satisfies Record<string, ActionDefinition>;
