import { randomUUID } from 'node:crypto';
import { ANNOTATE, CUSTOM } from './details.js';
import type { RootField } from './outcomes.js';

/** Mutations of the audit history. */
export const historyRows: RootField[] = [
  {
    field: 'Mutation.annotateEvent',
    operation: ANNOTATE,
    variables: ({ eventId }) => ({ input: { eventId, text: `Looked at ${randomUUID()}` } }),
    // Who reads the event: a customer's message is no agent's own.
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK audit.annotated': 'admin supervisor auditor keyAll keyAudit',
      'NOT_FOUND auth.access_denied': 'agent outsider keyIngest keyRead bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.recordCustomEvent',
    operation: CUSTOM,
    variables: ({ conversationId }) => ({ input: { namespace: 'shop', event: 'refund_issued', conversationId } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK custom.shop.refund_issued': 'admin keyAll',
      'FORBIDDEN auth.access_denied':
        'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
];
