import { has, listReaders, revealing, type RootField } from './outcomes.js';
import type { IsolationRow } from './isolation-rows.js';

const SEARCH = `query($query: String!, $filter: MessageSearchFilter) { searchMessages(query: $query, filter: $filter) {
  nodes { id snippet { text highlighted } conversation { id } } } }`;
const { UNAUTHENTICATED, FORBIDDEN, 'OK hidden': hidden, 'OK shown': shown } = listReaders;

/** Searching what was said. Whoever may search is on the record, also where they find nothing. */
export const searchRows: RootField[] = [
  {
    field: 'Query.searchMessages',
    operation: SEARCH,
    variables: ({ conversationId }) => ({ query: 'order late', filter: { conversationId } }),
    shows: ({ searchMessages }, scene) => has(searchMessages.nodes, scene.messageId),
    expected: {
      UNAUTHENTICATED,
      FORBIDDEN,
      ...revealing({ 'OK shown': shown }, 'search.performed', 'transcript.viewed'),
      ...revealing({ 'OK hidden': hidden }, 'search.performed'),
    },
  },
];

const tried = (place: string, filter: (at: Parameters<IsolationRow[2]>[0]) => object): IsolationRow => [
  place,
  SEARCH,
  (at) => ({ query: 'order late', filter: filter(at) }),
  'empty search.performed',
];

/** What becomes of ids of the other workspace in what is searched for. */
export const searchIsolationRows: IsolationRow[] = [
  tried('MessageSearchFilter.conversationId', (at) => ({ conversationId: at.there.conversationId })),
  tried('MessageSearchFilter.contactId', (at) => ({ contactId: at.there.contactId })),
  tried('MessageSearchFilter.inboxIds', (at) => ({ inboxIds: [at.other.ids.inbox] })),
  tried('MessageSearchFilter.labelIds', (at) => ({ labelIds: Object.values(at.other.ids.labels) })),
  tried('MessageSearchFilter.senderIds', (at) => ({ senderIds: [at.there.contactId] })),
  [
    'the mark of its words',
    SEARCH,
    (at) => ({ query: `${at.other.ids.workspace.slice(-6)}order` }),
    'empty search.performed',
  ],
];
