// The practical limit: node:http and pg, one hand-written statement a request, prepared, whose JSON text is the answer.
import { createServer } from 'node:http';
import { serveCommands } from '../measure/processes.mjs';
import { openPool, VIEWER_ID, WORKSPACE_ID } from './database.mjs';

// The statements are planned once: their plans do not depend on what is asked for.
const pool = openPool({ options: '-c plan_cache_mode=force_generic_plan' });

const inbox = (condition) => `
  select coalesce(json_agg(x), '[]')::text as answer from (
    select c.id, c.number, c.subject, c.status, c.priority, c.last_activity_at as "lastActivityAt",
      (select json_build_object('id', t.id, 'name', t.name) from contact t where t.workspace_id = $1 and t.id = c.contact_id) as contact,
      (select json_build_object('id', t.id, 'displayName', t.display_name) from agent t
        where t.workspace_id = $1 and t.id = c.assignee_id) as assignee,
      (select json_build_object('id', t.id, 'name', t.name) from team t where t.workspace_id = $1 and t.id = c.team_id) as team,
      (select coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'color', t.color) order by t.name), '[]')
        from conversation_label l join label t on t.workspace_id = l.workspace_id and t.id = l.label_id
        where l.workspace_id = $1 and l.conversation_id = c.id) as labels,
      (select json_build_object('id', t.id, 'direction', t.direction, 'text', t.text, 'createdAt', t.created_at) from message t
        where t.workspace_id = $1 and t.id = c.last_message_id) as "lastMessage",
      greatest(c.inbound_count - coalesce((select v.seen_count from conversation_viewer v
        where v.workspace_id = $1 and v.conversation_id = c.id and v.agent_id = $2), 0), 0) as "unreadCount"
    from conversation c where c.workspace_id = $1 and c.status = 'OPEN' ${condition}
    order by c.last_activity_at desc, c.id desc limit 50) x`;

const conversation = `
  select json_build_object('id', c.id, 'number', c.number, 'subject', c.subject, 'status', c.status, 'priority', c.priority,
      'createdAt', c.created_at, 'lastActivityAt', c.last_activity_at,
      'contact', (select json_build_object('id', t.id, 'name', t.name) from contact t where t.workspace_id = $1 and t.id = c.contact_id),
      'labels', (select coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'color', t.color) order by t.name), '[]')
        from conversation_label l join label t on t.workspace_id = l.workspace_id and t.id = l.label_id
        where l.workspace_id = $1 and l.conversation_id = c.id),
      'messages', (select coalesce(json_agg(m order by m.position), '[]') from (
        select t.id, t.position, t.direction, t.text, t.created_at as "createdAt" from message t
        where t.workspace_id = $1 and t.conversation_id = c.id order by t.position desc limit 50) m),
      'notes', (select coalesce(json_agg(n order by n.position), '[]') from (
        select t.id, t.position, t.text, t.created_at as "createdAt" from note t
        where t.workspace_id = $1 and t.conversation_id = c.id order by t.position desc limit 50) n))::text as answer
  from conversation c where c.workspace_id = $1 and c.id = $2`;

const message = `
  with moved as (
    update conversation set last_position = last_position + 1, last_message_id = uuidv7(), last_activity_at = now(), updated_at = now()
    where workspace_id = $1 and id = $2 returning last_position, last_message_id)
  insert into message (workspace_id, id, conversation_id, position, direction, actor_kind, actor_id, text, salt, occurred_at, created_at)
  select $1, last_message_id, $2, last_position, 'OUTBOUND', 'AGENT', $3, $4, '', now(), now() from moved
  returning json_build_object('id', id, 'text', text, 'position', position)::text as answer`;

const statements = {
  firstPage: { name: 'first', text: inbox('') },
  page: { name: 'page', text: inbox('and (c.last_activity_at, c.id) < ($3::timestamptz, $4::uuid)') },
  conversation: { name: 'one', text: conversation },
  message: { name: 'send', text: message },
};

async function answer(url, body) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (pathname === '/inbox') {
    const time = searchParams.get('time');
    return time
      ? rows(statements.page, [WORKSPACE_ID, VIEWER_ID, time, searchParams.get('id')])
      : rows(statements.firstPage, [WORKSPACE_ID, VIEWER_ID]);
  }
  if (pathname === '/conversation') return rows(statements.conversation, [WORKSPACE_ID, searchParams.get('id')]);
  const { workspaceId, conversationId, agentId, text } = JSON.parse(body);
  return rows(statements.message, [workspaceId, conversationId, agentId, text]);
}

const rows = async (statement, values) => (await pool.query({ ...statement, values })).rows[0].answer;

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    answer(request.url, Buffer.concat(chunks).toString()).then(
      (text) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
        response.end(text);
      },
      (error) => response.writeHead(500).end(error.message),
    );
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => serveCommands({}, { url: `http://127.0.0.1:${server.address().port}` }));
