// PostGraphile 5 with the Amber preset: its LISTEN, over which a trigger of the table sends what changed, and a
// subscription field made with its extendSchema, which shows what was sent without asking the database again.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { makePgService } from 'postgraphile/adaptors/pg';
import { constant, context, get, listen, sideEffect } from 'postgraphile/grafast';
import { jsonParse } from 'postgraphile/@dataplan/json';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { extendSchema } from 'postgraphile/utils';
import { postgraphile } from 'postgraphile';
import { serveCommands } from '../../measure/processes.mjs';
import { changeOf, openMessages } from './inbox.mjs';

const { DATABASE_URL } = process.env;
const CHANGED = 'conversation_changed';
const messages = await openMessages(DATABASE_URL);
await messages.pool.query(`create or replace function tell_of_message() returns trigger language plpgsql as $$ begin
  perform pg_notify('${CHANGED}', json_build_object('id', new.id, 'conversationId', new.conversation_id,
    'text', new.text, 'createdAt', to_char(new.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text);
  return new; end $$`);
await messages.pool.query(
  'create or replace trigger tell after insert on message for each row execute function tell_of_message()',
);

const constants = changeOf('', { createdAt: '' }).conversationChanges;
const ofMessage = { plan: ($event) => $event };
const fixed = (value) => ({ plan: () => constant(value) });
const told = (name) => ({ plan: ($event) => get($event, name) });

const subscriptions = extendSchema({
  typeDefs: `
    extend type Subscription { conversationChanges: ConversationChange }
    type ConversationChange { changeType: String! cursor: String! occurredAt: String! conversation: ChangedConversation! }
    type ChangedConversation {
      id: ID! number: Int! status: String! contact: ChangedContact! lastMessage: ToldMessage!
    }
    type ChangedContact { displayName: String! }
    type ToldMessage { id: ID! createdAt: String! text: String! }
    extend type Mutation { addMessage(conversationId: ID!, text: String!): ToldMessage }
  `,
  objects: {
    Mutation: {
      plans: {
        addMessage: (_, { $conversationId, $text }) =>
          sideEffect([$conversationId, $text], ([conversationId, text]) => messages.add(conversationId, text)),
      },
    },
    Subscription: {
      plans: {
        conversationChanges: {
          subscribePlan: () => listen(context().get('pgSubscriber'), constant(CHANGED), jsonParse),
          plan: ($event) => $event,
        },
      },
    },
    ConversationChange: {
      plans: {
        changeType: fixed(constants.changeType),
        cursor: fixed(constants.cursor),
        occurredAt: told('createdAt'),
        conversation: ofMessage,
      },
    },
    ChangedConversation: {
      plans: {
        id: told('conversationId'),
        number: fixed(constants.conversation.number),
        status: fixed(constants.conversation.status),
        contact: ofMessage,
        lastMessage: ofMessage,
      },
    },
    ChangedContact: { plans: { displayName: fixed(constants.conversation.contact.displayName) } },
    ToldMessage: { plans: { id: told('id'), createdAt: told('createdAt'), text: told('text') } },
  },
});

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [subscriptions],
  pgServices: [makePgService({ connectionString: DATABASE_URL, schemas: ['public'], pubsub: true })],
  grafserv: { graphqlPath: '/graphql', graphiql: false, websockets: true, watch: false },
  grafast: { explain: false },
});
const http = createServer();
await instance.createServ(grafserv).addTo(http);
await instance.getSchema();
http.listen(0, '127.0.0.1', 4096);
await once(http, 'listening');
serveCommands({}, { url: `http://127.0.0.1:${http.address().port}` });
