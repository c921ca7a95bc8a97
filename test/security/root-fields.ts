import { mutationRows } from './mutation-rows.js';
import { elsewhere, listReaders, recordReaders, type RootField } from './outcomes.js';
import { queryRows } from './query-rows.js';
import type { Caller } from './stage.js';

export type { RootField } from './outcomes.js';

const subscriptionRows: RootField[] = [
  {
    field: 'Subscription.conversationChanges',
    operation:
      'subscription($afterEvent: String) { conversationChanges(afterEvent: $afterEvent) { changeType conversationId conversation { id } } }',
    shows: ({ conversationChanges }, scene) => conversationChanges.conversationId === scene.conversationId,
    expected: elsewhere(listReaders),
  },
  {
    field: 'Subscription.handoverChanges',
    operation:
      'subscription($afterEvent: String) { handoverChanges(afterEvent: $afterEvent) { changeType handoverId handover { id } } }',
    withHandover: true,
    shows: ({ handoverChanges }, scene) => handoverChanges.handoverId === scene.handoverId,
    expected: elsewhere(listReaders),
  },
  {
    field: 'Subscription.auditEvents',
    operation: 'subscription($afterEvent: String) { auditEvents(afterEvent: $afterEvent) { event { id } } }',
    shows: ({ auditEvents }, scene) => auditEvents.event?.id === scene.eventId,
    expected: elsewhere(recordReaders),
  },
];

/** The table: one row for each root field of the schema. */
export const rootFields: RootField[] = [...queryRows, ...mutationRows, ...subscriptionRows];

/** The outcomes of a row by caller. */
export function byCaller({ expected }: RootField): Partial<Record<Caller, string>> {
  return Object.fromEntries(
    Object.entries(expected).flatMap(([outcome, who]) => who.split(' ').map((caller) => [caller, outcome])),
  );
}
