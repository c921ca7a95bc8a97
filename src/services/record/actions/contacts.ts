import type { ActionDefinition } from '../action-definition.js';

/** What happens to contacts. */
export const contactActions = {
  'contact.created': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'A contact wrote for the first time, or was added.',
    sentence: '{target} became a contact',
    payload: { committed: ['name', 'email', 'phone', 'externalId'] },
  },
  'contact.imported': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'A contact was brought in by an import.',
    sentence: '{target} was imported as a contact',
    payload: { committed: ['name', 'email', 'phone', 'externalId'] },
  },
  'contact.updated': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'The name, e-mail, phone or external id of a contact changed.',
    sentence: 'The profile of {target} changed',
    payload: { committed: ['name', 'email', 'phone', 'externalId'] },
    streams: ['conversation'],
  },
  'contact.identity_added': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'A contact can be reached at one more address.',
    sentence: '{target} can be reached over {channel}',
    payload: { metadata: ['channel'], committed: ['address'] },
  },
  'contact.label_added': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'A contact got a label.',
    sentence: '{actor} labelled {target} {label}',
    payload: { metadata: ['labelId'], labels: ['label'], reason: true },
    streams: ['conversation'],
  },
  'contact.label_removed': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'A label was taken from a contact.',
    sentence: '{actor} took the label {label} from {target}',
    payload: { metadata: ['labelId'], labels: ['label'], reason: true },
    streams: ['conversation'],
  },
} as const satisfies Record<string, ActionDefinition>;
