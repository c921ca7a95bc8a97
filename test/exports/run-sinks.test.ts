import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { commit } from '../../src/services/commit.js';
import type { Database } from '../../src/services/database.js';
import { newId } from '../../src/services/ids.js';
import { SinkRunner } from '../../src/services/sinks/run-sinks.js';
import { startReceiver, status } from '../services/outgoing/receiver.js';
import type { ApiClient } from '../support/client.js';
import { CREATE_SINK, DELETE_SINK, ExportStage } from './stage.js';

let stage: ExportStage;
let admin: ApiClient;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let sinkId: string;
let runner: SinkRunner | null = null;
/** What the runner asked of the database: rows of sinks, and pages of the record. */
const asked = { sinks: 0, pages: 0 };

beforeAll(async () => {
  stage = await ExportStage.open();
  admin = await stage.world.as('admin');
});
afterAll(() => stage.close());
beforeEach(async () => {
  receiver = await startReceiver();
  const input = {
    name: 'SIEM',
    kind: 'WEBHOOK',
    format: 'JSONL',
    url: receiver.url,
    filter: { actions: ['label.created'] },
  };
  sinkId = (await admin.ask(CREATE_SINK, { input })).createAuditSink.sink.id;
  Object.assign(asked, { sinks: 0, pages: 0 });
});
afterEach(async () => {
  await runner?.letGo();
  runner = null;
  await admin.ask(DELETE_SINK, { input: { sinkId } });
  await receiver.stop();
});

/** Looks after the sink by this clock, counting what it asks. */
async function run(now = () => new Date()): Promise<void> {
  const { app } = stage.server;
  const counted: ProxyHandler<Database> = {
    get: (target, name) => {
      if (name === 'byIds') asked.sinks += 1;
      // Whatever reads bodies of events names their columns.
      if (name === 'columns') asked.pages += 1;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  };
  runner = new SinkRunner({ ...app, db: new Proxy(app.db, counted), now });
  await runner.lookAfterAll();
}

const anHourAgo = () => new Date(Date.now() - 3_600_000);
const until = (condition: () => void) => vi.waitFor(condition, { timeout: 10_000, interval: 5 });

/** Puts 150 events onto the record one by one. @returns how often the runner may have looked meanwhile: once a second. */
async function oneByOne(record: () => Promise<void>): Promise<{ looks: number; most: number; pages: number }> {
  const [began, before] = [performance.now(), { ...asked }];
  for (let n = 0; n < 150; n += 1) await record();
  const most = Math.ceil((performance.now() - began) / 1_000) + 1;
  return { looks: asked.sinks - before.sinks, most, pages: asked.pages - before.pages };
}

const warn = (action: 'label.created' | 'team.created') =>
  commit(stage.call(), async (tx) => {
    tx.record({ action, severity: 'WARNING', target: { type: action.split('.')[0]!, id: newId(), label: 'urgent' } });
  });

it('reads what waits again when its time has come, not at every event', async () => {
  // Its time never comes.
  await run(anHourAgo);
  await stage.fill(1);
  await until(() => expect(asked.pages).toBeGreaterThan(0));
  const { looks, pages, most } = await oneByOne(() => stage.fill(1));
  expect(looks).toBeLessThanOrEqual(most);
  expect(pages).toBeLessThanOrEqual(most);
  expect(receiver.received).toEqual([]);
});

it('is not woken by what presses and it is not given, but at once by what it is given', async () => {
  await run(anHourAgo);
  await stage.fill(1);
  await until(() => expect(asked.pages).toBeGreaterThan(0));
  const { looks, pages, most } = await oneByOne(() => warn('team.created'));
  expect(looks).toBeLessThanOrEqual(most);
  expect(pages).toBeLessThanOrEqual(most);
  expect(receiver.received).toEqual([]);
  await warn('label.created');
  await until(() => expect(receiver.received).toHaveLength(1));
  const { events } = JSON.parse(receiver.received[0]!.body).data;
  expect(events.map(({ severity }: { severity: string }) => severity)).toEqual(['NOTICE', 'WARNING']);
});

it('reads no event at all while the time to try again has not come', async () => {
  receiver.answerWith(status(500));
  const stopped = new Date();
  await run(() => stopped);
  await warn('label.created');
  await until(() => expect(receiver.received).toHaveLength(1));
  // The failure is on the row before the next look, which reads that row alone.
  const looked = asked.sinks;
  await until(() => expect(asked.sinks).toBeGreaterThan(looked));
  const { looks, pages, most } = await oneByOne(() => warn('label.created'));
  expect(looks).toBeLessThanOrEqual(most);
  expect(pages).toBe(0);
  expect(receiver.received).toHaveLength(1);
});

it('passes over what it is not given once a second', async () => {
  await run();
  await until(() => expect(asked.sinks).toBeGreaterThan(0));
  const other = () =>
    commit(stage.call(), async (tx) => {
      tx.record({ action: 'team.created', target: { type: 'team', id: newId(), label: 'other' } });
    });
  await other();
  const { looks, pages, most } = await oneByOne(other);
  // The first may end a rest that waited for anything.
  expect(looks).toBeLessThanOrEqual(most + 1);
  expect(pages).toBeLessThanOrEqual(most + 1);
});
