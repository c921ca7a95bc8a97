// The same work in the words of each server: Q1 the inbox, Q2 one conversation, W1 a message sent; and what an answer says, whatever its
// shape.

/** @typedef {{ time: string, id: string, cursor?: string } | null} Place where a page begins; null is the newest */

const post = (query, variables, headers = {}) => ({
  path: '/graphql',
  headers,
  body: JSON.stringify({ query, variables }),
});
const minified = (query) => query.replace(/\s+/g, ' ').trim();

const ourInbox = minified(`query Inbox($after: String) {
  conversations(filter: { statuses: [OPEN] }, first: 50, after: $after) {
    nodes {
      id number subject status priority lastActivityAt
      contact { id name } assignee { id displayName } team { id name } labels { id name color }
      lastMessage { id direction text createdAt } viewerState { unreadCount }
    }
    pageInfo { hasNextPage endCursor }
  }
}`);
const ourConversation = (contact) =>
  minified(`query Conversation($id: ID!) {
  conversation(id: $id) {
    id number subject status priority createdAt lastActivityAt
    contact { ${contact} } labels { id name color }
    messages(last: 50) { nodes { id position direction text createdAt } }
    notes(last: 50) { nodes { id position text createdAt } }
  }
}`);
const ourMessage = minified(`mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id position text } }
}`);
const ourHistory = minified(`query History($filter: AuditEventFilter) {
  auditEvents(filter: $filter, first: 50) {
    nodes {
      id sequence action category severity outcome summary recordedAt
      actor { kind id label } target { type id label }
    }
    pageInfo { hasNextPage endCursor }
  }
}`);

/** Of a list in the order LAST_ACTIVITY_DESC, as the product itself gives them out. @param {Place} place */
const ourCursor = (place) =>
  place && Buffer.from(JSON.stringify(['LAST_ACTIVITY_DESC', place.time, place.id])).toString('base64url');

/** @param {string} credential of who asks @param {{ profile?: boolean }} [options] `profile`: Q2 also shows how to reach the contact */
export const ours = (credential, { profile = false } = {}) => {
  const bearer = (token) => ({ authorization: `Bearer ${token}` });
  const headers = bearer(credential);
  const conversation = ourConversation(profile ? 'id name email phone' : 'id name');
  return {
    inbox: (place) => post(ourInbox, { after: ourCursor(place) }, headers),
    conversation: (id) => post(conversation, { id }, headers),
    /** The newest 50 events of the record, or of one conversation. */
    history: (conversationId) => post(ourHistory, { filter: conversationId ? { conversationId } : null }, headers),
    message: (space, conversationId) =>
      post(
        ourMessage,
        { input: { conversationId, text: 'I am checking with the warehouse, @@.', idempotencyKey: '@@' } },
        bearer(space.token),
      ),
    readInbox: ({ data }) =>
      data.conversations.nodes.map(({ viewerState, ...row }) => ({ ...row, unreadCount: viewerState.unreadCount })),
    readConversation: ({ data: { conversation: row } }) => ({
      ...row,
      messages: row.messages.nodes,
      notes: row.notes.nodes,
    }),
  };
};

export const raw = {
  inbox: (place) => ({
    method: 'GET',
    path: place ? `/inbox?time=${encodeURIComponent(place.time)}&id=${place.id}` : '/inbox',
  }),
  conversation: (id) => ({ method: 'GET', path: `/conversation?id=${id}` }),
  message: (space, conversationId) => ({
    path: '/message',
    body: JSON.stringify({
      workspaceId: space.id,
      agentId: space.adminId,
      conversationId,
      text: 'I am checking with the warehouse, @@.',
    }),
  }),
  readInbox: (rows) => rows,
  readConversation: (row) => row,
};

const peerInbox = minified(`query Inbox($afterTime: DateTime, $afterId: ID) {
  conversations(status: OPEN, first: 50, afterTime: $afterTime, afterId: $afterId) {
    id number subject status priority lastActivityAt
    contact { id name } assignee { id displayName } team { id name } labels { id name color }
    lastMessage { id direction text createdAt } unreadCount
  }
}`);
const peerConversation = minified(`query Conversation($id: ID!) {
  conversation(id: $id) {
    id number subject status priority createdAt lastActivityAt
    contact { id name } labels { id name color }
    messages(last: 50) { id position direction text createdAt }
    notes(last: 50) { id position text createdAt }
  }
}`);
const peerMessage = minified(`mutation Send($workspaceId: ID!, $conversationId: ID!, $agentId: ID!, $text: String!) {
  sendMessage(workspaceId: $workspaceId, conversationId: $conversationId, agentId: $agentId, text: $text) { id position text }
}`);

/** Mercurius and Yoga have the same schema. */
export const sdlFirst = {
  inbox: (place) => post(peerInbox, place ? { afterTime: place.time, afterId: place.id } : {}),
  conversation: (id) => post(peerConversation, { id }),
  message: (space, conversationId) =>
    post(peerMessage, {
      workspaceId: space.id,
      agentId: space.adminId,
      conversationId,
      text: 'I am checking with the warehouse, @@.',
    }),
  readInbox: ({ data }) => data.conversations,
  readConversation: ({ data }) => data.conversation,
};

const graphileInbox = minified(`query Inbox($workspace: UUID!, $viewer: UUID!, $after: Cursor) {
  allConversations(condition: { workspaceId: $workspace, status: "OPEN" }, orderBy: [LAST_ACTIVITY_AT_DESC, ROW_ID_DESC], first: 50, after: $after) {
    nodes {
      rowId number subject status priority lastActivityAt
      contactByWorkspaceIdAndContactId { rowId name }
      agentByWorkspaceIdAndAssigneeId { rowId displayName }
      teamByWorkspaceIdAndTeamId { rowId name }
      conversationLabelsByWorkspaceIdAndConversationId { nodes { labelByWorkspaceIdAndLabelId { rowId name color } } }
      lastMessage { rowId direction text createdAt }
      inboundCount
      conversationViewersByWorkspaceIdAndConversationId(condition: { agentId: $viewer }) { nodes { seenCount } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`);
const graphileConversation = minified(`query Conversation($workspace: UUID!, $id: UUID!) {
  conversationByWorkspaceIdAndRowId(workspaceId: $workspace, rowId: $id) {
    rowId number subject status priority createdAt lastActivityAt
    contactByWorkspaceIdAndContactId { rowId name }
    conversationLabelsByWorkspaceIdAndConversationId { nodes { labelByWorkspaceIdAndLabelId { rowId name color } } }
    messagesByWorkspaceIdAndConversationId(orderBy: POSITION_DESC, first: 50) { nodes { rowId position direction text createdAt } }
    notesByWorkspaceIdAndConversationId(orderBy: POSITION_DESC, first: 50) { nodes { rowId position text createdAt } }
  }
}`);
const graphileMessage = minified(`mutation Send($input: SendBareMessageInput!) {
  sendBareMessage(input: $input) { result { rowId position text } }
}`);

const named = ({ rowId, ...row }) => ({ id: rowId, ...row });
const maybe = (row) => row && named(row);
const labels = ({ nodes }) => nodes.map(({ labelByWorkspaceIdAndLabelId: label }) => named(label));

export const postgraphile = (space) => ({
  inbox: (place) => post(graphileInbox, { workspace: space.id, viewer: space.adminId, after: place?.cursor ?? null }),
  conversation: (id) => post(graphileConversation, { workspace: space.id, id }),
  message: ({ id, adminId }, conversationId) =>
    post(
      graphileMessage,
      { input: { workspaceId: id, agentId: adminId, conversationId, body: 'I am checking with the warehouse, @@.' } },
      { 'x-workspace': id },
    ),
  endCursor: ({ data }) => data.allConversations.pageInfo.endCursor,
  readInbox: ({ data }) =>
    data.allConversations.nodes.map((row) => ({
      ...named(row),
      contact: maybe(row.contactByWorkspaceIdAndContactId),
      assignee: maybe(row.agentByWorkspaceIdAndAssigneeId),
      team: maybe(row.teamByWorkspaceIdAndTeamId),
      lastMessage: maybe(row.lastMessage),
      labels: labels(row.conversationLabelsByWorkspaceIdAndConversationId),
      // A function as a computed column would be a query of its own for each row: PostgreSQL inlines none with a subquery.
      unreadCount: Math.max(
        0,
        row.inboundCount - (row.conversationViewersByWorkspaceIdAndConversationId.nodes[0]?.seenCount ?? 0),
      ),
    })),
  readConversation: ({ data: { conversationByWorkspaceIdAndRowId: row } }) => ({
    ...named(row),
    contact: maybe(row.contactByWorkspaceIdAndContactId),
    labels: labels(row.conversationLabelsByWorkspaceIdAndConversationId),
    messages: row.messagesByWorkspaceIdAndConversationId.nodes.map(named),
    notes: row.notesByWorkspaceIdAndConversationId.nodes.map(named),
  }),
});
