import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording, transcriptOf } from './recorded.js';

let server: TestServer;
let world: World;
let elsewhere: World;
let owner: pg.Client;
let admin: ApiClient;
let agent: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  [world, elsewhere] = [await createWorld(server), await createWorld(server, 'elsewhere')];
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await server.stop();
});

const opened = async (count: number, of = world): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, async () => (await customerWrites(of)).conversationId));
const send = (client: ApiClient, conversationId: string, text: string, idempotencyKey: string = randomUUID()) =>
  client.ask(SEND, { input: { conversationId, text, idempotencyKey } });
const refused = async (client: ApiClient, conversationId: string, idempotencyKey: string = randomUUID()) =>
  (await client.refused(SEND, { input: { conversationId, text: 'Refused', idempotencyKey } })).extensions.code;
const answersOf = async (conversationId: string) => (await transcriptOf(admin, conversationId)).slice(2);

/** Holds a row until it is let go, as another node that takes its time would. */
async function holding<T>(statement: string, values: unknown[], meanwhile: () => Promise<T>): Promise<T> {
  await owner.query('begin');
  await owner.query(`${statement} for update`, values);
  return meanwhile().finally(() => owner.query('rollback'));
}
const waiting = async () =>
  Number(
    (
      await owner.query(
        `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
    ).rows[0].count,
  );

it('answers in a crowd are sent each to its own conversation, and who is refused hears so alone', async () => {
  const conversations = await opened(24);
  const outsider = await world.as('outsider');
  const missing = '01890000-0000-7000-8000-000000000000';
  const [theirs] = await opened(1, elsewhere);
  const { result, events } = await recording(admin, () =>
    followedBy([admin, agent], async () => {
      const sent = conversations.map((id, index) => send(index % 2 ? admin : agent, id, `Answer ${index}`));
      const denied = [
        ...conversations.slice(0, 3).map((id) => refused(outsider, id)),
        refused(agent, missing),
        refused(agent, theirs!),
      ];
      return { sent: await Promise.all(sent), denied: await Promise.all(denied) };
    }),
  );
  expect(result.denied).toEqual(Array.from({ length: 5 }, () => 'NOT_FOUND'));
  expect(result.sent.map(({ sendMessage }) => sendMessage.message.text)).toEqual(
    conversations.map((_, index) => `Answer ${index}`),
  );
  for (const [index, id] of conversations.entries()) expect(await answersOf(id)).toEqual([`3 Answer ${index}`]);
  const actions = brief(events).map(({ action }) => action);
  expect(actions.filter((action) => action === 'message.sent')).toHaveLength(24);
  // Refusals of one caller are recorded once a while, with how many were left out.
  expect(new Set(actions)).toEqual(new Set(['message.sent', 'auth.access_denied']));
});

it('what waits for the record is sent in fewer transactions than there are answers', async () => {
  const conversations = await opened(16);
  const ids = await holding('select 1 from record_head where workspace_id = $1', [world.ids.workspace], async () => {
    const first = conversations.slice(0, 2).map((id) => send(agent, id, 'First'));
    await vi.waitFor(async () => expect(await waiting()).toBe(2), { timeout: 5_000, interval: 20 });
    const others = conversations.slice(2).map((id) => send(agent, id, 'Next'));
    await admin.ask('{ viewer { workspace { id } } }');
    await owner.query('rollback');
    return (await Promise.all([...first, ...others])).map(({ sendMessage }) => sendMessage.message.id);
  });
  const { rows } = await owner.query(
    'select count(distinct xmin::text) as transactions from message where id = any($1)',
    [ids],
  );
  expect(new Set(ids).size).toBe(16);
  expect(Number(rows[0].transactions)).toBeLessThan(16);
});

it('nobody waits for a conversation that somebody else has locked but who answers it', async () => {
  const [locked, ...others] = await opened(6);
  let answered = false;
  const late = await holding('select 1 from conversation where id = $1', [locked], async () => {
    const toLocked = send(agent, locked!, 'At last').then((data) => ((answered = true), data));
    await vi.waitFor(async () => expect(await waiting()).toBe(1), { timeout: 5_000, interval: 20 });
    const sent = await Promise.all(others.map((id) => send(agent, id, 'At once')));
    expect(sent.map(({ sendMessage }) => sendMessage.message.position)).toEqual([3, 3, 3, 3, 3]);
    expect(answered).toBe(false);
    return { toLocked };
  });
  expect((await late.toLocked).sendMessage.message).toMatchObject({ text: 'At last', position: 3 });
});

it('one key for two conversations at once sends one answer, and the other request is a CONFLICT', async () => {
  const [one, other] = await opened(2);
  const key = randomUUID();
  const { result, events } = await recording(admin, () =>
    holding('select 1 from record_head where workspace_id = $1', [world.ids.workspace], async () => {
      const both = [one!, other!].map((id) =>
        agent.send(SEND, { input: { conversationId: id, text: 'Once', idempotencyKey: key } }),
      );
      await vi.waitFor(async () => expect(await waiting()).toBeGreaterThan(0), { timeout: 5_000, interval: 20 });
      await owner.query('rollback');
      return Promise.all(both);
    }),
  );
  expect(result.map(({ errors }) => errors?.[0]?.extensions.code ?? 'sent').toSorted()).toEqual(['CONFLICT', 'sent']);
  expect(brief(events)).toEqual([expect.objectContaining({ action: 'message.sent' })]);
  expect([...(await answersOf(one!)), ...(await answersOf(other!))]).toEqual(['3 Once']);
});
