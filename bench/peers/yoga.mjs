// graphql-yoga 5 on node:http with DataLoader.
import { createServer } from 'node:http';
import DataLoader from 'dataloader';
import { GraphQLScalarType } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';
import { serveCommands } from '../measure/processes.mjs';
import {
  agentsById,
  contactsById,
  labelsOf,
  messagesById,
  newestMessages,
  newestNotes,
  readConversation,
  readInbox,
  schema,
  sendMessage,
  teamsById,
} from './rows.mjs';

const yoga = createYoga({
  schema: createSchema({
    typeDefs: schema,
    resolvers: {
      DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: (value) => value.toISOString() }),
      Query: {
        conversations: (_, args) => readInbox(args),
        conversation: (_, { id }) => readConversation(id),
      },
      Mutation: { sendMessage: (_, args) => sendMessage(args) },
      Conversation: {
        contact: ({ contactId }, _, { contacts }) => contacts.load(contactId),
        assignee: ({ assigneeId }, _, { agents }) => assigneeId && agents.load(assigneeId),
        team: ({ teamId }, _, { teams }) => teamId && teams.load(teamId),
        lastMessage: ({ lastMessageId }, _, { messages }) => lastMessageId && messages.load(lastMessageId),
        labels: ({ id }, _, { labels }) => labels.load(id),
        messages: ({ id }, { last }) => newestMessages(id, last),
        notes: ({ id }, { last }) => newestNotes(id, last),
      },
    },
  }),
  context: () => ({
    contacts: new DataLoader(contactsById),
    agents: new DataLoader(agentsById),
    teams: new DataLoader(teamsById),
    messages: new DataLoader(messagesById),
    labels: new DataLoader(labelsOf),
  }),
  logging: false,
  graphiql: false,
  landingPage: false,
  multipart: false,
  cors: false,
});
const server = createServer(yoga);
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => serveCommands({}, { url: `http://127.0.0.1:${server.address().port}` }));
