// What the peers serve: conversations that change when somebody writes, in the words of our schema, so that the frames
// of all servers say the same. Ordinary as can be: one table, one INSERT, and the event is published with all it shows.
import pg from 'pg';

export const typeDefs = `
  type Query { ready: Boolean! }
  type Mutation { addMessage(conversationId: ID!, text: String!): Message! }
  type Subscription { conversationChanges: ConversationChange! }
  type ConversationChange { changeType: String! cursor: String! occurredAt: String! conversation: Conversation! }
  type Conversation {
    id: ID! number: Int! status: String! contact: Contact! lastMessage: Message!
  }
  type Contact { displayName: String! }
  type Message { id: ID! createdAt: String! text: String! }
`;

/** As long as ours, so that frames are. */
const CURSOR = 'A'.repeat(28);

/** Makes the table and returns what writes to it. @param {string} url */
export async function openMessages(url) {
  const pool = new pg.Pool({ connectionString: url, max: 16 });
  pool.on('error', (error) => console.error(error));
  await pool.query(`create table if not exists message (id uuid primary key default gen_random_uuid(),
    conversation_id uuid not null, text text not null, created_at timestamptz not null default now())`);
  return {
    pool,
    /** @returns the message, committed. */
    async add(conversationId, text) {
      const statement = {
        name: 'add',
        text: 'insert into message (conversation_id, text) values ($1, $2) returning id, created_at',
        values: [conversationId, text],
      };
      const [row] = (await pool.query(statement)).rows;
      return { id: row.id, createdAt: row.created_at.toISOString(), text };
    },
  };
}

/** The change that a message is. */
export const changeOf = (conversationId, message) => ({
  conversationChanges: {
    changeType: 'UPDATED',
    cursor: CURSOR,
    occurredAt: message.createdAt,
    conversation: {
      id: conversationId,
      number: 1001,
      status: 'OPEN',
      contact: { displayName: 'Asha' },
      lastMessage: message,
    },
  },
});
