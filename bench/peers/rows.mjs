// What Mercurius and Yoga share: the schema, and prepared statements that give plain rows, one for all that an answer needs of a kind.
import { openPool, VIEWER_ID, WORKSPACE_ID } from './database.mjs';

const pool = openPool();

export const schema = `
  scalar DateTime
  enum Status { OPEN IN_PROGRESS PENDING SNOOZED RESOLVED }
  type Contact { id: ID! name: String }
  type Agent { id: ID! displayName: String! }
  type Team { id: ID! name: String! }
  type Label { id: ID! name: String! color: String! }
  type Message { id: ID! position: Int! direction: String! text: String createdAt: DateTime! }
  type Note { id: ID! position: Int! text: String! createdAt: DateTime! }
  type Conversation {
    id: ID! number: Int! subject: String status: Status! priority: String! createdAt: DateTime! lastActivityAt: DateTime!
    contact: Contact! assignee: Agent team: Team labels: [Label!]! lastMessage: Message unreadCount: Int!
    messages(last: Int!): [Message!]! notes(last: Int!): [Note!]!
  }
  type Query {
    conversations(status: Status!, first: Int!, afterTime: DateTime, afterId: ID): [Conversation!]!
    conversation(id: ID!): Conversation
  }
  type Mutation { sendMessage(workspaceId: ID!, conversationId: ID!, agentId: ID!, text: String!): Message }`;

const query = async (name, text, values) => (await pool.query({ name, text, values })).rows;

const conversationColumns = `c.id, c.number, c.subject, c.status, c.priority, c.created_at as "createdAt",
  c.last_activity_at as "lastActivityAt", c.contact_id as "contactId", c.assignee_id as "assigneeId", c.team_id as "teamId",
  c.last_message_id as "lastMessageId"`;
const unread = `greatest(c.inbound_count - coalesce(v.seen_count, 0), 0) as "unreadCount"`;
const viewer = `left join conversation_viewer v on v.workspace_id = c.workspace_id and v.conversation_id = c.id and v.agent_id = $2`;
const inbox = (condition) => `select ${conversationColumns}, ${unread} from conversation c ${viewer}
  where c.workspace_id = $1 and c.status = $3 ${condition} order by c.last_activity_at desc, c.id desc limit $4`;

export const readInbox = ({ status, first, afterTime, afterId }) =>
  afterTime
    ? query('page', inbox('and (c.last_activity_at, c.id) < ($5::timestamptz, $6::uuid)'), [
        WORKSPACE_ID,
        VIEWER_ID,
        status,
        first,
        afterTime,
        afterId,
      ])
    : query('first', inbox(''), [WORKSPACE_ID, VIEWER_ID, status, first]);

export const readConversation = async (id) =>
  (
    await query(
      'one',
      `select ${conversationColumns}, ${unread} from conversation c ${viewer} where c.workspace_id = $1 and c.id = $3`,
      [WORKSPACE_ID, VIEWER_ID, id],
    )
  )[0];

const byIds = (table, columns) => {
  const text = `select id, ${columns} from ${table} where workspace_id = $1 and id = any($2::uuid[])`;
  return async (ids) => {
    const rows = new Map((await query(table, text, [WORKSPACE_ID, ids])).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  };
};
const messageColumns = 'position, direction, text, created_at as "createdAt"';
export const contactsById = byIds('contact', 'name');
export const agentsById = byIds('agent', 'display_name as "displayName"');
export const teamsById = byIds('team', 'name');
export const messagesById = byIds('message', messageColumns);

export async function labelsOf(conversationIds) {
  const rows = await query(
    'labels',
    `select l.conversation_id as "of", t.id, t.name, t.color from conversation_label l
     join label t on t.workspace_id = l.workspace_id and t.id = l.label_id
     where l.workspace_id = $1 and l.conversation_id = any($2::uuid[]) order by t.name`,
    [WORKSPACE_ID, conversationIds],
  );
  const grouped = Map.groupBy(rows, (row) => row.of);
  return conversationIds.map((id) => grouped.get(id) ?? []);
}

const newest = (table, columns) => {
  const text = `select id, ${columns} from ${table} where workspace_id = $1 and conversation_id = $2 order by position desc limit $3`;
  return async (conversationId, last) =>
    (await query(`newest ${table}`, text, [WORKSPACE_ID, conversationId, last])).toReversed();
};
export const newestMessages = newest('message', messageColumns);
export const newestNotes = newest('note', 'position, text, created_at as "createdAt"');

export const sendMessage = async ({ workspaceId, conversationId, agentId, text }) =>
  (
    await query(
      'send',
      `with moved as (
         update conversation set last_position = last_position + 1, last_message_id = uuidv7(), last_activity_at = now(), updated_at = now()
         where workspace_id = $1 and id = $2 returning last_position, last_message_id)
       insert into message (workspace_id, id, conversation_id, position, direction, actor_kind, actor_id, text, salt, occurred_at, created_at)
       select $1, last_message_id, $2, last_position, 'OUTBOUND', 'AGENT', $3, $4, '', now(), now() from moved
       returning id, ${messageColumns}`,
      [workspaceId, conversationId, agentId, text],
    )
  )[0];
