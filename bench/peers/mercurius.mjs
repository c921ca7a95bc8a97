// Mercurius 16 on Fastify, with its JIT and its loaders.
import Fastify from 'fastify';
import { GraphQLScalarType } from 'graphql';
import mercurius from 'mercurius';
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

/** Loads each id once and leaves out what is null. */
const byKey = (load, keyOf) => async (queries) => {
  const keys = queries.map(({ obj }) => keyOf(obj));
  const ids = [...new Set(keys.filter((key) => key !== null))];
  const rows = await load(ids);
  const found = new Map(ids.map((id, index) => [id, rows[index]]));
  return keys.map((key) => (key === null ? null : found.get(key)));
};

const app = Fastify({ logger: false, keepAliveTimeout: 60_000 });
await app.register(mercurius, {
  schema,
  jit: 1,
  graphiql: false,
  resolvers: {
    DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: (value) => value.toISOString() }),
    Query: {
      conversations: (_, args) => readInbox(args),
      conversation: (_, { id }) => readConversation(id),
    },
    Mutation: { sendMessage: (_, args) => sendMessage(args) },
    // One a request: nothing to batch.
    Conversation: {
      messages: ({ id }, { last }) => newestMessages(id, last),
      notes: ({ id }, { last }) => newestNotes(id, last),
    },
  },
  loaders: {
    Conversation: {
      contact: byKey(contactsById, ({ contactId }) => contactId),
      assignee: byKey(agentsById, ({ assigneeId }) => assigneeId),
      team: byKey(teamsById, ({ teamId }) => teamId),
      lastMessage: byKey(messagesById, ({ lastMessageId }) => lastMessageId),
      labels: byKey(labelsOf, ({ id }) => id),
    },
  },
});
const url = await app.listen({ port: 0, host: '127.0.0.1' });
serveCommands({}, { url });
