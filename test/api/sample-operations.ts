import type { Scene } from '../security/stage.js';

const actor = 'actor { __typename id displayName ... on Agent { email } ... on Bot { id } }';

/** Reads of everything a conversation leads to, in every form that the language has; `$id`, `$yes`, `$no`, `$some`. */
export const variedReads: Record<string, string> = {
  scalars: `query($id: ID!) { conversation(id: $id) { id number subject status priority pinned channel botActive handoverCount
    externalId createdAt updatedAt lastActivityAt resolvedAt waitingSince snoozedUntil firstResponseSeconds } }`,
  'relations, their fields with rights of their own': `query($id: ID!) { conversation(id: $id) {
    contact { id displayName name email phone identities { address channel verified } labels { name } }
    assignee { id displayName email role teams { name } } team { id members { displayName } } inbox { id name }
    openHandover { id status reason from { __typename id } toTeam { id } unattended expiresAt comment summary conversation { number } } } }`,
  'what is refused by field': `query($id: ID!) { conversation(id: $id) { number notes { nodes { text ${actor} mentions { id } } }
    viewerState { unreadCount starred } } }`,
  'pages and edges': `query($id: ID!, $some: Int) { conversation(id: $id) { messages(last: $some) { edges { cursor node { text ${actor} } }
    nodes { position } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } handovers(first: $some) { nodes { id status } } } }`,
  aliases: `query($id: ID!) { a: conversation(id: $id) { n: number c: contact { d: displayName } } b: conversation(id: $id) { n: status
    few: messages(first: 1) { nodes { p: position } } many: messages(first: 100) { nodes { p: text } } } }`,
  'fragments, named, nested and inline': `query($id: ID!) { conversation(id: $id) { ...A ... on Conversation { contact { ...B } } ... { status } } }
    fragment A on Conversation { number lastMessage { ...C } } fragment B on Contact { id ... on Actor { displayName } }
    fragment C on Message { text conversation { number contact { ...B } } ${actor} }`,
  'the same field selected more than once': `query($id: ID!) { conversation(id: $id) { contact { id } contact { displayName } ...A }
    conversation(id: $id) { contact { name } } } fragment A on Conversation { contact { externalId id } }`,
  'lines of several types': `query($id: ID!) { conversation(id: $id) { transcript(last: 50) { nodes { __typename position ${actor}
    ... on Message { text direction revisions { number } replyTo { id } delivery { status } attachments { id fileName speech { speaker text } }
      translation { language text translatedBy { id } } german: translation(language: "de") { text } } ... on Note { text } ... on ConversationEvent { action } } } } }`,
  'skipped and included by variables': `query($id: ID!, $yes: Boolean!, $no: Boolean!) { conversation(id: $id) { number @skip(if: $yes)
    status @skip(if: $no) subject @include(if: $no) pinned @include(if: $yes) priority @include(if: $yes) @skip(if: $yes)
    ...A @include(if: $yes) ...B @skip(if: $yes) ... @include(if: $no) { channel } } }
    fragment A on Conversation { contact { displayName @skip(if: $no) id @include(if: $no) } } fragment B on Conversation { team { id } }`,
  'skipped and included by literals': `query($id: ID!) { conversation(id: $id) { number @skip(if: true) status @include(if: true)
    team @include(if: false) { id } } }`,
  'variables that are left out, null, or have defaults': `query($none: Int, $two: Int = 2, $statuses: [ConversationStatus!] = [OPEN, IN_PROGRESS]) {
    a: conversations(first: $none) { nodes { number } } b: conversations(first: $two, filter: { statuses: $statuses }) { nodes { number status } } }`,
  'values in place': `{ conversations(first: 2, filter: { statuses: [OPEN, PENDING, IN_PROGRESS] }) { nodes { id number } pageInfo { endCursor } } }`,
  'nothing found': `{ conversationByNumber(number: 2000000000) { id } contactByExternalId(externalId: "nobody") { id } }`,
  'lists under lists': `{ teams { id members { displayName teams { name members { id } } } supervisors { id } } inboxes { name bot { displayName } members { id } } }`,
  'who asks':
    '{ viewer { actor { __typename id displayName } role scopes permissions workspace { id name } } __typename }',
  'the schema':
    '{ __schema { queryType { name } types { name kind } } __type(name: "Message") { name fields { name type { kind ofType { name } } } } }',
  'the record': `query($id: ID!) { auditEvents(filter: { conversationId: $id, actions: ["message.received"] }, first: 5) { nodes { sequence action outcome
    actor { kind id label } target { type id label } changes { field before after } metadata summary } } }`,
};

interface OddOperation {
  what: string;
  query: string;
  variables: (scene: Scene) => object;
  codes: string[];
}

const odd = (what: string, query: string, variables: OddOperation['variables'], ...codes: string[]): OddOperation => ({
  what,
  query,
  variables,
  codes,
});

const none = () => ({});
const WRONG = 'VALIDATION_FAILED';
const BY_ID = 'query($id: ID!) { conversation(id: $id) { id } }';
const BY_NUMBER = 'query($number: Int!) { conversationByNumber(number: $number) { id } }';
const FILTERED = 'query($filter: ConversationFilter) { conversations(filter: $filter) { nodes { id } } }';
const SENT = 'mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }';

/** What callers do wrong, and where an error takes more than its field away; with the codes of the answer. */
export const oddOperations: OddOperation[] = [
  odd('a variable that is missing', BY_ID, none, WRONG),
  odd('a variable that is null and must not be', BY_ID, () => ({ id: null }), WRONG),
  odd('a variable of another type', BY_NUMBER, () => ({ number: 'one' }), WRONG),
  odd('a number that is none of 32 bits', BY_NUMBER, () => ({ number: 2 ** 40 }), WRONG),
  odd('a fraction for a whole number', BY_NUMBER, () => ({ number: 1.5 }), WRONG),
  odd('an object for a text', BY_ID, () => ({ id: { a: 1 } }), WRONG),
  odd('a value that the enum does not have', FILTERED, () => ({ filter: { statuses: ['LOST'] } }), WRONG),
  odd('a single value where a list may be', FILTERED, () => ({ filter: { statuses: 'OPEN' } })),
  odd('null inside a list', FILTERED, () => ({ filter: { statuses: ['OPEN', null] } }), WRONG),
  odd('a field that the input does not have', FILTERED, () => ({ filter: { colour: 'red' } }), WRONG),
  odd('an input that lacks a field', SENT, () => ({ input: { text: 'To nobody' } }), WRONG),
  odd('two mistakes in one input', SENT, () => ({ input: { conversationId: 1.5, text: 7 } }), WRONG, WRONG),
  odd(
    'a time that is none',
    'query($at: DateTime) { auditEvents(filter: { recordedAfter: $at }) { nodes { id } } }',
    () => ({ at: 'noon' }),
    WRONG,
  ),
  odd('an id that is none', BY_ID, () => ({ id: 'nonsense' }), 'NOT_FOUND'),
  odd('a condition that is missing', 'query($if: Boolean!) { labels { id @skip(if: $if) name } }', none, WRONG),
  odd(
    'a condition that is null',
    'query($if: Boolean!) { labels { id @include(if: $if) name } }',
    () => ({ if: null }),
    WRONG,
  ),
  odd('an argument in place that is wrong', '{ conversationByNumber(number: "one") { id } }', none, WRONG),
  odd('a field that there is not', '{ labels { colour } }', none, WRONG),
  odd('a fragment that nobody uses', '{ labels { id } } fragment A on Label { name }', none, WRONG),
  odd('a text that is no document', '{ labels { id }', none, WRONG),
  odd(
    'a page that cannot be, of an object that may be null',
    'query($id: ID!) { conversation(id: $id) { number messages(first: 1, last: 1) { nodes { id } } } }',
    ({ conversationId }) => ({ id: conversationId }),
    WRONG,
  ),
  odd(
    'the same by two names, of which one is right',
    `query($id: ID!) { right: conversation(id: $id) { number } wrong: conversation(id: $id) { messages(first: 1, after: "nonsense") { nodes { id } } } }`,
    ({ conversationId }) => ({ id: conversationId }),
    WRONG,
  ),
  odd(
    'one that is not found beside one that is',
    `query($id: ID!) { found: conversation(id: $id) { id } lost: conversation(id: "01900000-0000-7000-8000-000000000001") { id } }`,
    ({ conversationId }) => ({ id: conversationId }),
    'NOT_FOUND',
  ),
  odd(
    'an error below a list of what must not be null',
    '{ conversations(first: 2) { nodes { number messages(first: 1, last: 1) { nodes { id } } } } labels { id } }',
    none,
    WRONG,
  ),
];
