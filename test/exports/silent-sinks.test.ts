import { afterAll, beforeAll, expect, it } from 'vitest';
import { noteSilentSinks, SILENT_MS } from '../../src/services/sinks/silent-sinks.js';
import { push } from '../../src/services/sinks/push.js';
import { startReceiver } from '../services/outgoing/receiver.js';
import { CREATE_SINK, ExportStage, SINKS } from './stage.js';

let stage: ExportStage;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeAll(async () => {
  stage = await ExportStage.open();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.stop();
  await stage.close();
});

it('says once that nothing is pushed although something waits, and that it goes on', async () => {
  const all = stage.world.withKey('all');
  const input = { name: 'SIEM', kind: 'WEBHOOK', format: 'JSONL', url: `${receiver.url}/siem` };
  const { createAuditSink } = await all.ask(CREATE_SINK, {
    input: { ...input, filter: { actions: ['label.created'] } },
  });
  const { app } = stage.server;
  const key = { workspaceId: stage.world.ids.workspace, id: createAuditSink.sink.id };
  const sink = async () => (await all.ask(SINKS)).auditSinks.find(({ id }: { id: string }) => id === key.id);
  const told = async () => (await stage.recorded('audit.sink\\_%')).map(({ action }) => action.slice('audit.'.length));
  await stage.fill(2);

  stage.clock.at += SILENT_MS - 60_000;
  await noteSilentSinks(app);
  expect([await told(), (await sink()).health]).toEqual([['sink_created'], 'HEALTHY']);

  stage.clock.at += 120_000;
  await noteSilentSinks(app);
  await noteSilentSinks(app);
  expect(await told()).toEqual(['sink_created', 'sink_failed']);
  expect(await sink()).toMatchObject({ health: 'FAILING', lastError: 'silent' });

  expect((await push(app, key)).outcome).toBe('SENT');
  expect(await told()).toEqual(['sink_created', 'sink_failed', 'sink_recovered']);
  // What comes later does not pass the filter: nothing waits.
  while ((await push(app, key)).outcome !== 'NOTHING');
  stage.clock.at += 2 * SILENT_MS;
  await noteSilentSinks(app);
  expect((await sink()).health).toBe('HEALTHY');
});
