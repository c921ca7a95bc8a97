import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { push } from '../../src/services/sinks/push.js';
import { startReceiver, status } from '../services/outgoing/receiver.js';
import type { ApiClient } from '../support/client.js';
import { valuesOf } from '../support/metrics.js';
import { CREATE_SINK, ExportStage, SINKS } from './stage.js';

// What is told of the installation is some seconds old at the most.
const SOON = { timeout: 12_000, interval: 250 };

let stage: ExportStage;
let admin: ApiClient;
beforeAll(async () => {
  stage = await ExportStage.open();
  admin = stage.world.withKey('all');
});
afterAll(() => stage.close());

test('exports are counted while they are open, and by how they have ended', { timeout: 60_000 }, async () => {
  const open = ['REQUESTED', 'RUNNING'].map((state) => `verbatim_exports_open{state="${state}"}`);
  const ended = [
    'verbatim_exports_ended_total{format="CSV",outcome="completed"}',
    'verbatim_exports_ended_total{format="CSV",outcome="failed"}',
    'verbatim_export_seconds_count{format="CSV"}',
    'verbatim_export_seconds_sum{format="CSV"}',
  ];
  const oldest = 'verbatim_exports_open_oldest_seconds{state="REQUESTED"}';
  await stage.request(admin, { format: 'CSV' });
  stage.clock.at += 42_000;
  await expect.poll(() => valuesOf(stage.server, [...open, oldest]), SOON).toEqual([1, 0, 42]);
  await stage.run();
  await expect.poll(() => valuesOf(stage.server, [...open, oldest]), SOON).toEqual([0, 0, 0]);
  expect(await valuesOf(stage.server, ended)).toEqual([1, 0, 1, 42]);
  const broken = vi.spyOn(stage.server.app.exports.files, 'putPart').mockRejectedValue(new Error('no space'));
  await stage.request(admin, { format: 'CSV' });
  await stage.run();
  broken.mockRestore();
  expect(await valuesOf(stage.server, ended)).toEqual([1, 1, 1, 42]);
});

test('sinks are counted by health, with what they have not been given', { timeout: 60_000 }, async () => {
  const receiver = await startReceiver();
  const { createAuditSink } = await admin.ask(CREATE_SINK, {
    input: { name: 'SIEM', kind: 'WEBHOOK', format: 'JSONL', url: `${receiver.url}/siem`, filter: {} },
  });
  const key = { workspaceId: stage.world.ids.workspace, id: createAuditSink.sink.id };
  await stage.fill(3);
  stage.clock.at += 20_000;
  const of = (health: string) =>
    ['verbatim_sinks', 'verbatim_sink_backlog_events'].map((name) => `${name}{health="${health}"}`);
  const seconds = (health: string) => valuesOf(stage.server, [`verbatim_sink_lag_seconds{health="${health}"}`]);
  const { lag } = (await admin.ask(SINKS)).auditSinks[0];
  expect(lag).toBeGreaterThan(3);
  await expect.poll(() => valuesOf(stage.server, of('HEALTHY')), SOON).toEqual([1, lag]);
  // By the clock of the database, which says when an event was recorded.
  const [late] = await seconds('HEALTHY');
  expect([late! > 0, late! < 60]).toEqual([true, true]);
  const attempts = ['accepted', 'failed'].map(
    (outcome) => `verbatim_sink_attempts_total{kind="WEBHOOK",outcome="${outcome}"}`,
  );
  receiver.answerWith(status(500));
  expect((await push(stage.server.app, key)).outcome).toBe('FAILED');
  expect(await valuesOf(stage.server, attempts)).toEqual([0, 1]);
  // That it fails is on the record, and one more that it has not been given.
  const failing = (await admin.ask(SINKS)).auditSinks[0].lag;
  expect(failing).toBeGreaterThan(lag);
  await expect
    .poll(() => valuesOf(stage.server, [...of('HEALTHY'), ...of('FAILING')]), SOON)
    .toEqual([0, 0, 1, failing]);
  const [later] = await seconds('FAILING');
  expect(later).toBeGreaterThan(late!);
  expect(await seconds('HEALTHY')).toEqual([0]);
  receiver.answerWith(status(204));
  stage.clock.at += 3_600_000;
  const outcomes = [];
  for (let n = 0; n < 5 && outcomes.at(-1) !== 'NOTHING'; n += 1) {
    outcomes.push((await push(stage.server.app, key)).outcome);
    stage.clock.at += 60_000;
  }
  const sent = outcomes.filter((outcome) => outcome === 'SENT').length;
  expect([sent > 0, outcomes.at(-1)]).toEqual([true, 'NOTHING']);
  expect(await valuesOf(stage.server, attempts)).toEqual([sent, 1]);
  await expect.poll(() => valuesOf(stage.server, of('HEALTHY')), SOON).toEqual([1, 0]);
  expect(await seconds('HEALTHY')).toEqual([0]);
  await receiver.stop();
});
