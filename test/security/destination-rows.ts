import { randomUUID } from 'node:crypto';
import { CREATE_DESTINATION, UPDATE_DESTINATION } from '../alerts/alert-operations.js';
import type { IsolationRow } from './isolation-rows.js';
import { has, type RootField } from './outcomes.js';
import type { Scene, Stage } from './stage.js';

const DELETE_DESTINATION =
  'mutation($input: DeleteAlertDestinationInput!) { deleteAlertDestination(input: $input) { destinationId } }';
const input = { name: 'Pager', kind: 'WEBHOOK', url: 'https://alerts.example.com/hook' };

/** By the scene's conversation. */
const made = new Map<string, string>();

/** A destination that only this scene's caller is to touch; there may be no more than some at a time. */
export async function makeDestination({ conversationId }: Scene, stage: Stage): Promise<string> {
  const { client } = await stage.session('admin');
  const { alertDestinations } = await client.ask('{ alertDestinations { id } }');
  const crowd: { id: string }[] = alertDestinations.length >= 18 ? alertDestinations.slice(0, 1) : [];
  for (const { id } of crowd) await client.ask(DELETE_DESTINATION, { input: { destinationId: id } });
  const { createAlertDestination } = await client.ask(CREATE_DESTINATION, { input });
  made.set(conversationId, createAlertDestination.destination.id);
  return made.get(conversationId)!;
}
const destinationOf = ({ conversationId }: Scene) => made.get(conversationId) ?? conversationId;

const others = 'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot';
const writers = (action: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [`OK ${action}`]: 'admin keyAll',
  'NOT_FOUND auth.access_denied': others,
  NOT_FOUND: 'foreignAdmin',
});

export const destinationRows: RootField[] = [
  {
    field: 'Query.alertDestinations',
    operation: '{ alertDestinations { id url addresses secretFingerprint } }',
    prepare: makeDestination,
    shows: ({ alertDestinations }, scene) => has(alertDestinations, destinationOf(scene)),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin keyAll',
      'OK hidden': 'foreignAdmin',
      FORBIDDEN: others,
    },
  },
  {
    field: 'Mutation.createAlertDestination',
    operation: CREATE_DESTINATION,
    variables: () => ({ input }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK alert_destination.created': 'admin keyAll foreignAdmin',
      'FORBIDDEN auth.access_denied': others,
    },
  },
  {
    field: 'Mutation.updateAlertDestination',
    operation: UPDATE_DESTINATION,
    prepare: makeDestination,
    variables: (scene) => ({ input: { destinationId: destinationOf(scene), name: randomUUID(), rotateSecret: true } }),
    expected: writers('alert_destination.updated'),
  },
  {
    field: 'Mutation.deleteAlertDestination',
    operation: DELETE_DESTINATION,
    prepare: makeDestination,
    variables: (scene) => ({ input: { destinationId: destinationOf(scene) } }),
    expected: writers('alert_destination.deleted'),
  },
];

/** What becomes of the id of another workspace's destination. */
export const destinationIsolationRows: IsolationRow[] = [
  [
    'UpdateAlertDestinationInput.destinationId',
    UPDATE_DESTINATION,
    ({ destinationId }) => ({ input: { destinationId, enabled: false } }),
    'NOT_FOUND',
  ],
  [
    'DeleteAlertDestinationInput.destinationId',
    DELETE_DESTINATION,
    ({ destinationId }) => ({ input: { destinationId } }),
    'NOT_FOUND',
  ],
];
