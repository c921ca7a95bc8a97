// The ordinary way, as the documentation of Apollo Server shows it: Express, graphql-ws beside it, and a PubSub: in
// memory, or over Redis where REDIS_URL is set. WS_KEEP_ALIVE_MS: what graphql-ws has it by default, unless set.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import { makeExecutableSchema } from '@graphql-tools/schema';
import express from 'express';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { PubSub } from 'graphql-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { serveCommands } from '../../measure/processes.mjs';
import { changeOf, openMessages, typeDefs } from './inbox.mjs';

const { DATABASE_URL, REDIS_URL, WS_KEEP_ALIVE_MS } = process.env;
const CHANGED = 'CONVERSATION_CHANGED';
const pubsub = REDIS_URL ? new RedisPubSub({ connection: REDIS_URL }) : new PubSub();
const messages = await openMessages(DATABASE_URL);

const schema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    Query: { ready: () => true },
    Mutation: {
      addMessage: async (_, { conversationId, text }) => {
        const message = await messages.add(conversationId, text);
        await pubsub.publish(CHANGED, changeOf(conversationId, message));
        return message;
      },
    },
    Subscription: { conversationChanges: { subscribe: () => pubsub.asyncIterableIterator([CHANGED]) } },
  },
});

const app = express();
const http = createServer(app);
const sockets = new WebSocketServer({ server: http, path: '/graphql' });
const cleanup = useServer({ schema }, sockets, WS_KEEP_ALIVE_MS ? Number(WS_KEEP_ALIVE_MS) : undefined);
const server = new ApolloServer({
  schema,
  plugins: [
    ApolloServerPluginDrainHttpServer({ httpServer: http }),
    { serverWillStart: async () => ({ drainServer: () => cleanup.dispose() }) },
  ],
});
await server.start();
app.use('/graphql', express.json(), expressMiddleware(server));
http.listen(0, '127.0.0.1', 4096);
await once(http, 'listening');
serveCommands({}, { url: `http://127.0.0.1:${http.address().port}` });
