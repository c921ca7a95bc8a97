import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { every } from '../../src/services/jobs/every.js';
import { encodeCursor } from '../../src/services/streams/cursor.js';
import { RawSocket } from '../realtime/raw-socket.js';
import { CREATE_LABEL } from '../security/setting-rows.js';
import { valuesOf } from '../support/metrics.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

const EVENTS = 'subscription($afterEvent: String) { workspaceEvents(afterEvent: $afterEvent) { id action cursor } }';

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

let labels = 0;
const label = async (url: string) =>
  (await world.as('admin')).at(url).ask(CREATE_LABEL, { input: { name: `label ${(labels += 1)}`, color: '#00aa00' } });

test('an append is counted with its events, and with what it waited and wrote', async () => {
  const node = await server.another();
  const lines = [
    'verbatim_record_append_events_count',
    'verbatim_record_append_events_sum',
    'verbatim_record_append_seconds_count{phase="waiting"}',
    'verbatim_record_append_seconds_count{phase="writing"}',
  ];
  expect(await valuesOf(node, lines)).toEqual([0, 0, 0, 0]);
  await label(node.url);
  await label(node.url);
  expect(await valuesOf(node, lines)).toEqual([2, 2, 2, 2]);
  const [waited, wrote] = await valuesOf(node, [
    'verbatim_record_append_seconds_sum{phase="waiting"}',
    'verbatim_record_append_seconds_sum{phase="writing"}',
  ]);
  expect([waited! >= 0, wrote! > 0, wrote! < 5]).toEqual([true, true, true]);
  await node.stop();
});

test('subscriptions are counted by their root field: who reads, what they are given, how late', async () => {
  const node = await server.another();
  const of = (name: string, more = '') => `verbatim_stream_${name}{stream="workspaceEvents"${more}}`;
  const lines = [
    of('readers', ',kind="API_KEY"'),
    of('readers', ',kind="AGENT"'),
    of('frames_total'),
    of('lag_seconds_count'),
    of('readers_behind_total'),
    'verbatim_followed_workspaces',
  ];
  const key = await RawSocket.signedIn(node.url, world.keys.feed);
  key.subscribe('it', `subscription { ...all } fragment all on Subscription { workspaceEvents { id action } }`);
  await expect.poll(() => valuesOf(node, lines)).toEqual([1, 0, 0, 0, 0, 1]);
  await label(node.url);
  await key.until(({ type }) => type === 'next');
  await expect.poll(() => valuesOf(node, lines)).toEqual([1, 0, 1, 1, 0, 1]);
  const [lag] = await valuesOf(node, [of('lag_seconds_sum')]);
  expect(lag).toBeLessThan(5);
  key.ws.close();
  await expect.poll(() => valuesOf(node, lines)).toEqual([0, 0, 1, 1, 0, 0]);
  await node.stop();
});

test('cursors are counted by what came of them', async () => {
  const node = await server.another();
  const outcomes = ['caught_up', 'replayed', 'resync'].map(
    (outcome) => `verbatim_stream_cursors_total{stream="workspaceEvents",outcome="${outcome}"}`,
  );
  const feed = world.withKey('feed').at(node.url);
  const first = await feed.subscribe(EVENTS).connected();
  await label(node.url);
  const { workspaceEvents: event } = await first.next();
  expect(await valuesOf(node, outcomes)).toEqual([0, 0, 0]);
  const caughtUp = await feed.subscribe(EVENTS, { afterEvent: event.cursor }).connected();
  await expect.poll(() => valuesOf(node, outcomes)).toEqual([1, 0, 0]);
  await label(node.url);
  await first.next();
  const behind = feed.subscribe(EVENTS, { afterEvent: event.cursor });
  await behind.next();
  expect(await valuesOf(node, outcomes)).toEqual([1, 1, 0]);
  const elsewhere = encodeCursor({ epoch: 9, sequence: 1, tag: Buffer.alloc(8, 1) });
  const refused = await RawSocket.signedIn(node.url, world.keys.feed);
  refused.subscribe('it', EVENTS, { afterEvent: elsewhere });
  await refused.until(({ type }) => type === 'error' || type === 'next');
  expect(await valuesOf(node, outcomes)).toEqual([1, 1, 1]);
  refused.ws.close();
  for (const one of [first, caughtUp, behind]) await one.stop();
  await node.stop();
});

test('sockets that close are counted by code, and what only a client would say together', async () => {
  const node = await server.another();
  for (const code of [1000, 4999, 3777]) {
    const socket = await RawSocket.signedIn(node.url, world.keys.feed);
    socket.ws.close(code);
    await socket.closed;
  }
  const lines = ['1000', 'other', '4999'].map((code) => `verbatim_sockets_closed_total{code="${code}"}`);
  await expect.poll(() => valuesOf(node, lines)).toEqual([1, 2, 0]);
  await node.stop();
});

test('jobs are counted by outcome', async () => {
  const of = (job: string, outcome: string) => `verbatim_job_runs_total{job="${job}",outcome="${outcome}"}`;
  const done = ['sweep', 'expire handovers', 'push to sinks'].map((job) => of(job, 'done'));
  await expect
    .poll(async () => (await valuesOf(server, done)).every((runs) => runs > 0), { timeout: 10_000 })
    .toBe(true);
  expect(await valuesOf(server, [of('write exports', 'failed')])).toEqual([0]);
  const work = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('once')).mockResolvedValue();
  const job = every(5, 'write exports', server.app, work);
  await vi.waitFor(() => expect(work.mock.calls.length).toBeGreaterThan(1));
  await job.stop();
  expect(await valuesOf(server, [of('write exports', 'failed')])).toEqual([1]);
});
