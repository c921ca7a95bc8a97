import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** What of a contact's profile an event may tell the change of. */
const profile = ['name', 'email', 'phone', 'externalId', 'about', 'avatarUrl'] as const;
/** What one contact may fill in of another's profile. */
const merged = ['name', 'email', 'phone', 'about', 'avatarUrl', 'attribute'] as const;

/** What happens to contacts. */
export const contactActions = {
  'contact.created': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'A contact wrote for the first time, or was added.',
    sentence: '{target} became a contact',
    payload: { committed: profile, reason: true },
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
    description: 'The name, e-mail, phone, external id, picture of a contact changed, or what is said about them.',
    sentence: 'The profile of {target} changed' + reasonTail,
    payload: { committed: profile, reason: true },
    streams: ['conversation'],
  },
  'contact.identity_added': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'A contact can be reached at one more address.',
    sentence: '{target} can be reached over {channel}' + reasonTail,
    payload: { metadata: ['channel'], changes: ['verified'], committed: ['address'], reason: true },
  },
  'contact.identity_verified': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'It was said that an address is known to be the contact’s, or that it is not.',
    sentence: 'Whether {target} is reached over {channel} was settled' + reasonTail,
    payload: { metadata: ['channel'], changes: ['verified'], committed: ['address'], reason: true },
  },
  'contact.identity_removed': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'An address is not the contact’s any more. Whoever writes from there later is somebody else.',
    sentence: '{actor} took an address over {channel} from {target}' + reasonTail,
    payload: { metadata: ['channel'], committed: ['address'], reason: true },
  },
  'contact.blocked': {
    category: 'CONTACT',
    severity: 'NOTICE',
    description: 'A contact was blocked: what they write is kept, and waits for nobody.',
    sentence: '{actor} blocked {target}' + reasonTail,
    payload: { changes: ['blocked'], reason: true },
    streams: ['conversation'],
  },
  'contact.unblocked': {
    category: 'CONTACT',
    severity: 'NOTICE',
    description: 'A contact is no longer blocked.',
    sentence: '{actor} unblocked {target}' + reasonTail,
    payload: { changes: ['blocked'], reason: true },
    streams: ['conversation'],
  },
  'contact.merged': {
    category: 'CONTACT',
    severity: 'NOTICE',
    description: 'A contact turned out to be another one, who goes on for both.',
    sentence: '{actor} merged {contact} into {target}' + reasonTail,
    payload: {
      changes: ['mergedContactId'],
      committed: merged,
      metadata: ['merge', 'conversations', 'identities'],
      labels: ['contact'],
      reason: true,
    },
    streams: ['conversation'],
  },
  'contact.unmerged': {
    category: 'CONTACT',
    severity: 'NOTICE',
    description: 'A contact was taken out of the one that they had been merged into.',
    sentence: '{actor} took {contact} apart from {target}' + reasonTail,
    payload: {
      changes: ['mergedContactId'],
      committed: merged,
      metadata: ['merge', 'conversations', 'identities'],
      labels: ['contact'],
      reason: true,
    },
    streams: ['conversation'],
  },
  'contact.attribute_changed': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'An attribute of a contact was set, changed or taken away.',
    sentence: '{actor} changed {attribute} of {target}' + reasonTail,
    payload: { metadata: ['definitionId', 'key'], labels: ['attribute'], committed: ['value'], reason: true },
    streams: ['conversation'],
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
