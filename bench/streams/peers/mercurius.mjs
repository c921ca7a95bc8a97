// Mercurius 16 as its documentation has it: Fastify, its own subscriptions and emitter, JIT from the first request.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { serveCommands } from '../../measure/processes.mjs';
import { changeOf, openMessages, typeDefs } from './inbox.mjs';

const CHANGED = 'CONVERSATION_CHANGED';
const messages = await openMessages(process.env.DATABASE_URL);
const app = Fastify();
await app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Query: { ready: () => true },
    Mutation: {
      addMessage: async (_, { conversationId, text }, { pubsub }) => {
        const message = await messages.add(conversationId, text);
        pubsub.publish({ topic: CHANGED, payload: changeOf(conversationId, message) });
        return message;
      },
    },
    Subscription: { conversationChanges: { subscribe: (_, __, { pubsub }) => pubsub.subscribe(CHANGED) } },
  },
  subscription: true,
  jit: 1,
});
const url = await app.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
serveCommands({}, { url });
