import { randomUUID } from 'node:crypto';
import { administrationRows } from './administration-rows.js';
import { alertRows } from './alert-rows.js';
import { contactRows } from './contact-rows.js';
import { destinationRows } from './destination-rows.js';
import { botRows } from './bot-rows.js';
import { mutationRows } from './mutation-rows.js';
import { customerRows } from './customer-rows.js';
import { detailRows } from './detail-rows.js';
import { mergeRows } from './merge-rows.js';
import { messageRows } from './message-rows.js';
import { historyRows } from './history-rows.js';
import { SET_PRESENCE, SET_TYPING } from './details.js';
import { exportRows } from './export-rows.js';
import {
  directoryReaders,
  elsewhere,
  feedReaders,
  listReaders,
  readers,
  recordReaders,
  revealing,
  type RootField,
} from './outcomes.js';
import { placeRows } from './place-rows.js';
import { settingRows } from './setting-rows.js';
import { viewRows } from './view-rows.js';
import { queryRows } from './query-rows.js';
import { routingRows } from './routing-rows.js';
import { searchRows } from './search-rows.js';
import type { Caller } from './stage.js';

export type { Provocation, RootField } from './outcomes.js';

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
    // The opening is recorded before the place is looked for.
    expected: {
      ...revealing(recordReaders, 'audit.subscribed'),
      'OK hidden audit.subscribed': 'agent outsider',
      'RESYNC_REQUIRED audit.subscribed': 'foreignAdmin',
    },
  },
  {
    field: 'Subscription.transcriptChanges',
    operation: `subscription($id: ID!, $afterEvent: String) { transcriptChanges(conversationId: $id, afterEvent: $afterEvent) {
      changeType entryId entry { id } } }`,
    variables: ({ conversationId }) => ({ id: conversationId }),
    shows: ({ transcriptChanges }, scene) => transcriptChanges.entryId === scene.messageId,
    expected: revealing(readers, 'transcript.viewed'),
  },
  {
    field: 'Subscription.workspaceEvents',
    operation:
      'subscription($afterEvent: String) { workspaceEvents(afterEvent: $afterEvent) { id conversation { id } message { text } } }',
    shows: ({ workspaceEvents }, scene) => workspaceEvents.id === scene.eventId,
    expected: feedReaders,
  },
  {
    field: 'Subscription.notificationEvents',
    operation:
      'subscription($afterEvent: String) { notificationEvents(afterEvent: $afterEvent) { id kind conversationId handover { id } } }',
    withHandover: true,
    shows: ({ notificationEvents }, scene) => notificationEvents.handover?.id === scene.handoverId,
    // It is offered to a team: to those who are in it, and to nobody else who sees it.
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'agent',
      'OK hidden': 'admin supervisor outsider',
      RESYNC_REQUIRED: 'foreignAdmin',
      FORBIDDEN: 'auditor keyAll keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Subscription.presenceChanges',
    operation: 'subscription { presenceChanges { agent { id presence { status reason } } } }',
    async provoke(_, stage) {
      const colleagues = await Promise.all(
        [stage.world, stage.foreign].map((world) => stage.session('colleague', world)),
      );
      const last = stage.foreign.ids.agents.colleague;
      return {
        again: async () => {
          const input = { status: 'BUSY', reason: randomUUID() };
          for (const { client } of colleagues) await client.ask(SET_PRESENCE, { input });
        },
        isLast: ({ presenceChanges: { agent } }) => [stage.world.ids.agents.colleague, last].includes(agent.id),
      };
    },
    shows: ({ presenceChanges }, _, { world }) => presenceChanges.agent.id === world.ids.agents.colleague,
    expected: directoryReaders,
  },
  {
    field: 'Subscription.typing',
    operation: 'subscription($id: ID!) { typing(conversationId: $id) { conversationId activity actor { id } } }',
    variables: ({ conversationId }) => ({ id: conversationId }),
    async provoke({ conversationId }, stage) {
      const { client } = await stage.session('colleague');
      const input = { conversationId, activity: 'TYPING' };
      return { again: () => client.ask(SET_TYPING, { input }), isLast: () => true };
    },
    shows: ({ typing }, { conversationId }) => typing.conversationId === conversationId,
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin supervisor agent keyAll keyRead',
      FORBIDDEN: 'bot silencedBot',
      'NOT_FOUND auth.access_denied': 'outsider auditor keyIngest keyAudit otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
];

/** What no customer may, whatever it is: also what needs no sign-in. */
const notForCustomers = (row: RootField): RootField => {
  const { FORBIDDEN, ...expected } = row.expected;
  return { ...row, expected: { ...expected, FORBIDDEN: FORBIDDEN ? `${FORBIDDEN} customer` : 'customer' } };
};

const rowsOfOthers: RootField[] = [
  ...queryRows,
  ...searchRows,
  ...mutationRows,
  ...detailRows,
  ...messageRows,
  ...historyRows,
  ...exportRows,
  ...alertRows,
  ...destinationRows,
  ...administrationRows,
  ...placeRows,
  ...routingRows,
  ...botRows,
  ...settingRows,
  ...viewRows,
  ...contactRows,
  ...mergeRows,
  ...subscriptionRows,
];

/** The table: one row for each root field of the schema. */
export const rootFields: RootField[] = [...rowsOfOthers.map(notForCustomers), ...customerRows];

/** The outcomes of a row by caller. */
export function byCaller({ expected }: RootField): Partial<Record<Caller, string>> {
  return Object.fromEntries(
    Object.entries(expected).flatMap(([outcome, who]) => who.split(' ').map((caller) => [caller, outcome])),
  );
}
