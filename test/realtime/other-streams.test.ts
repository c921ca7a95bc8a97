import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiClient, Subscription } from '../support/client.js';
import { ASSIGN, customerWrites, offer, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

const FEED =
  'cursor id action conversation { id } message { text } contact { id } handover { id status } changes { field redacted }';

const TRANSCRIPT = `subscription($id: ID!, $after: String) { transcriptChanges(conversationId: $id, afterEvent: $after) {
  changeType cursor entry { position ... on Message { text } ... on ConversationEvent { action } } } }`;

/** Where the log stands. */
const cursorNow = async (client: ApiClient): Promise<string> =>
  (await client.ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;

/** The next frame of a transcript that is not only a cursor. */
const line = async (of: Subscription) =>
  (await of.until((frame) => frame.transcriptChanges.changeType !== 'CURSOR')).transcriptChanges;

it('streams a transcript line by line and resumes it after a cursor', async () => {
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world);
  const start = await cursorNow(agent);
  const stream = agent.subscribe(TRANSCRIPT, { id: conversationId, after: start });
  await agent.ask(SEND, { input: { conversationId, text: 'One' } });
  const first = await line(stream);
  expect(first).toMatchObject({ changeType: 'ADDED', entry: { position: 3, text: 'One' } });
  await stream.stop();
  await agent.ask(SEND, { input: { conversationId, text: 'Two' } });
  await offer(agent, conversationId, { toTeamId: world.ids.support });
  const resumed = agent.subscribe(TRANSCRIPT, { id: conversationId, after: first.cursor });
  expect((await line(resumed)).entry).toEqual({ position: 4, text: 'Two' });
  expect((await line(resumed)).entry).toEqual({ position: 5, action: 'handover.requested' });
  await resumed.stop();
});

it('ends a transcript with NOT_FOUND at the event by which the conversation was lost, and shows nothing of it', async () => {
  const [admin, billing] = [await world.as('admin'), await world.as('outsider')];
  const { conversationId } = await customerWrites(world, { inboxId: world.ids.emailInbox });
  const stream = billing.subscribe(TRANSCRIPT, { id: conversationId, after: await cursorNow(billing) });
  await admin.ask(SEND, { input: { conversationId, text: 'Still yours' } });
  expect((await line(stream)).entry).toMatchObject({ text: 'Still yours' });
  const frames = stream.frames.length;
  await admin.ask(ASSIGN, { input: { conversationId, teamId: world.ids.support } });
  await admin.ask(SEND, { input: { conversationId, text: 'Ours now' } });
  const [error] = await stream.end();
  expect(error.extensions.code).toBe('NOT_FOUND');
  // A CURSOR frame may have come before; nothing that was written after does.
  expect(stream.frames.slice(frames).map((frame) => frame.transcriptChanges.entry)).not.toContainEqual(
    expect.anything(),
  );
  const [refused] = await billing.subscribe(TRANSCRIPT, { id: conversationId }).end();
  expect(refused.extensions.code).toBe('NOT_FOUND');
});

it('ends a transcript with RESYNC_REQUIRED when the rights of its reader have changed between two events', async () => {
  const [admin, agent] = [await world.as('admin'), await world.as('colleague')];
  const { conversationId } = await customerWrites(world);
  const stream = agent.subscribe(TRANSCRIPT, { id: conversationId, after: await cursorNow(agent) });
  await admin.ask(SEND, { input: { conversationId, text: 'Before' } });
  expect((await line(stream)).entry).toMatchObject({ text: 'Before' });
  const member = 'workspace_id = $1 and inbox_id = $2 and agent_id = $3';
  const values = [world.ids.workspace, world.ids.inbox, world.ids.agents.colleague];
  const database = new pg.Client({ connectionString: server.database.url });
  await database.connect();
  try {
    await database.query(`delete from inbox_member where ${member}`, values);
    // What is known of callers is at most a second old.
    await pause(1_100);
    await admin.ask(SEND, { input: { conversationId, text: 'After' } });
    const [error] = await stream.end();
    expect(error.extensions).toMatchObject({ code: 'RESYNC_REQUIRED', eventCursor: expect.any(String) });
    expect(JSON.stringify(stream.frames)).not.toContain('After');
  } finally {
    await database.query('insert into inbox_member (workspace_id, inbox_id, agent_id) values ($1, $2, $3)', values);
    await database.end();
    // Else the next stream of theirs begins with the rights from before, and ends with those of now.
    await pause(1_100);
  }
});

it('gives the sync feed the same events in the same order by query and by stream, without anything personal', async () => {
  const feed = world.withKey('feed');
  const start = (await feed.ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;
  const stream = feed.subscribe(`subscription($after: String) { workspaceEvents(afterEvent: $after) { ${FEED} } }`, {
    after: start,
  });
  await stream.connected();
  const { conversationId, messageId } = await customerWrites(world, {
    contact: { address: 'feed', email: 'asha@example.test' },
  });
  await world.withKey('bot').ask(SEND, { input: { conversationId, text: 'Robin here' } });
  const handoverId = await offer(world.withKey('bot'), conversationId, {
    toTeamId: world.ids.support,
    comment: 'please',
  });
  const streamed = [];
  for (;;) {
    const { workspaceEvents } = await stream.next();
    if (workspaceEvents.id) streamed.push(workspaceEvents);
    if (workspaceEvents.action === 'handover.requested') break;
  }
  const page = await feed.ask(
    `query($after: String) { workspaceEvents(afterEvent: $after, first: 100) { nodes { ${FEED} } } }`,
    {
      after: start,
    },
  );
  expect(page.workspaceEvents.nodes.map((node: { cursor: string }) => node.cursor)).toEqual(
    streamed.map((event) => event.cursor),
  );
  expect(streamed.map((event) => event.action)).toEqual([
    'contact.created',
    'contact.identity_added',
    'conversation.created',
    'message.received',
    'message.sent',
    'handover.requested',
  ]);
  expect(streamed[3]).toMatchObject({
    conversation: { id: conversationId },
    message: { text: 'My order is late' },
    contact: null,
  });
  expect(streamed[0].changes).toContainEqual({ field: 'email', redacted: true });
  expect(streamed[5].handover).toEqual({ id: handoverId, status: 'REQUESTED' });
  expect(messageId).toBeTruthy();
  await stream.stop();
  const strangers = await Promise.all(
    [await world.as('agent'), world.withKey('read'), world.withKey('bot')].map((client) =>
      client.refused('{ workspaceEvents { nodes { id } } }'),
    ),
  );
  expect(strangers.map((error) => error.extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
});

it('makes an agent ONLINE with the first socket, keeps what they choose, and tells who asks', async () => {
  // A workspace in which nobody has been yet.
  const empty = await createWorld(server, 'presence');
  const [admin, colleague] = [await empty.as('admin'), await empty.as('colleague')];
  const stream = await admin
    .subscribe('subscription { presenceChanges { agent { displayName presence { status automatic reason } } } }')
    .connected();
  const kim = (status: string, automatic: boolean, reason: string | null) =>
    stream.until(
      ({ presenceChanges: { agent } }) =>
        agent.displayName === 'Kim' &&
        agent.presence.status === status &&
        agent.presence.automatic === automatic &&
        agent.presence.reason === reason,
    );
  const socket = await colleague.subscribe('subscription { handoverChanges { cursor } }').connected();
  await kim('ONLINE', true, null);
  await colleague.ask('mutation { setPresence(input: { status: AWAY, reason: "Lunch" }) { agent { id } } }');
  await kim('AWAY', false, 'Lunch');
  const { conversationId } = await customerWrites(empty);
  const agent = await empty.as('agent');
  const { requestHandover } = await agent.ask(
    'mutation($input: RequestHandoverInput!) { requestHandover(input: $input) { handover { unattended } } }',
    { input: { conversationId, toAgentId: empty.ids.agents.colleague, reason: 'LANGUAGE' } },
  );
  expect(requestHandover.handover.unattended).toBe(true);
  await colleague.ask('mutation { setPresence(input: { status: ONLINE }) { agent { id } } }');
  await kim('ONLINE', true, null);
  const offline = await colleague.refused('mutation { setPresence(input: { status: OFFLINE }) { agent { id } } }');
  expect(offline.extensions.code).toBe('VALIDATION_FAILED');
  await Promise.all([socket.stop(), stream.stop()]);
});

it('tells who types to who has the conversation open, never to the typist and never to a bot', async () => {
  const [agent, colleague] = [await world.as('agent'), await world.as('colleague')];
  const { conversationId } = await customerWrites(world);
  const query = 'subscription($id: ID!) { typing(conversationId: $id) { activity actor { displayName } expiresAt } }';
  const type = 'mutation($input: SetTypingInput!) { setTyping(input: $input) { expiresAt } }';
  const stream = colleague.subscribe(query, { id: conversationId });
  await stream.connected();
  const told = async () => {
    for (let tries = 0; stream.frames.length === 0 && tries < 50; tries += 1) {
      await agent.ask(type, { input: { conversationId, activity: 'TYPING' } });
      await colleague.ask(type, { input: { conversationId, activity: 'TYPING' } });
    }
    return stream.next();
  };
  expect((await told()).typing).toMatchObject({ activity: 'TYPING', actor: { displayName: 'Bo' } });
  expect(stream.frames.every((frame) => frame.typing.actor.displayName === 'Bo')).toBe(true);
  const bot = await world.withKey('bot').subscribe(query, { id: conversationId }).end();
  expect(bot[0].extensions.code).toBe('FORBIDDEN');
  await stream.stop();
});

it('streams over server-sent events as over a socket, from a cursor, to a client that reads them', async () => {
  const admin = await world.as('admin');
  const start = (await admin.ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;
  const { conversationId } = await customerWrites(world);
  const abort = new AbortController();
  const response = await fetch(`${server.url}/graphql/stream`, {
    method: 'POST',
    signal: abort.signal,
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${admin.credential}`,
    },
    body: JSON.stringify({
      query: 'subscription($after: String) { conversationChanges(afterEvent: $after) { changeType conversationId } }',
      variables: { after: start },
    }),
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('event: ') || !text.endsWith('\n\n')) text += (await reader.read()).value ?? '';
  // A comment first: it is open.
  expect(text.split('\n').slice(0, 4)).toEqual([
    ':',
    '',
    'event: next',
    `data: {"data":{"conversationChanges":{"changeType":"UPDATED","conversationId":"${conversationId}"}}}`,
  ]);
  abort.abort();
  const anonymous = await fetch(`${server.url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'subscription { auditEvents { cursor } }' }),
  });
  expect(((await anonymous.json()) as { errors: { extensions: { code: string } }[] }).errors[0]!.extensions.code).toBe(
    'UNAUTHENTICATED',
  );
});
