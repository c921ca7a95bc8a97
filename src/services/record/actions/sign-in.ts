import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** Who came in, and who was refused. */
export const signInActions = {
  'auth.signed_in': {
    category: 'AUTH',
    severity: 'INFO',
    description: 'An agent signed in with a password.',
    sentence: '{actor} signed in',
    payload: {},
  },
  'auth.sign_in_failed': {
    category: 'AUTH',
    severity: 'WARNING',
    description: 'Somebody tried to sign in to a known account and failed.',
    sentence: 'Somebody failed to sign in as {target}',
    payload: { metadata: ['cause'] },
  },
  'auth.signed_out': {
    category: 'AUTH',
    severity: 'INFO',
    description: 'An agent ended their session.',
    sentence: '{actor} signed out',
    payload: {},
  },
  'auth.session_refreshed': {
    category: 'AUTH',
    severity: 'INFO',
    description: 'A session was continued with its refresh token.',
    sentence: '{actor} continued their session',
    payload: {},
  },
  'auth.session_revoked': {
    category: 'AUTH',
    severity: 'WARNING',
    description: 'A session was ended by somebody else, or because its refresh token was used twice.',
    sentence: 'The session of {target} was revoked' + reasonTail,
    payload: { metadata: ['cause'], reason: true },
  },
  'auth.access_denied': {
    category: 'AUTH',
    severity: 'NOTICE',
    description:
      'Somebody tried what they may not do, or came with a credential of an account that is switched off or a key that was revoked, which is its `cause`. Once per caller, action and minute.',
    sentence:
      '{cause, select, inactive {A credential of {target}, who is switched off, was refused} revoked {The revoked key {target} was refused} other {{actor} was refused {attempted} on {target}}}',
    payload: { metadata: ['attempted', 'suppressed', 'cause'] },
  },
  'auth.customer_token_created': {
    category: 'AUTH',
    severity: 'INFO',
    description: 'A key let a customer into a web chat until `expiresAt`. The token itself is never recorded.',
    sentence: '{actor} let {target} into the web chat {inbox}',
    payload: { metadata: ['expiresAt'], labels: ['inbox'] },
  },
} as const satisfies Record<string, ActionDefinition>;
