import type { Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Application } from '../../src/services/application.js';
import { createOutgoing } from '../../src/services/outgoing/outgoing.js';
import { isSecret } from '../../src/services/outgoing/secrets.js';
import { push } from '../../src/services/sinks/push.js';
import { SinkRunner } from '../../src/services/sinks/run-sinks.js';
import { commit } from '../../src/services/commit.js';
import { newId } from '../../src/services/ids.js';
import { startReceiver, status } from '../services/outgoing/receiver.js';
import type { ApiClient } from '../support/client.js';
import { CREATE_SINK, ExportStage, SINKS, UPDATE_SINK } from './stage.js';
import { startSyslog } from './syslog-server.js';

let stage: ExportStage;
let admin: ApiClient;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeAll(async () => {
  stage = await ExportStage.open();
  // A key does not end when the clock is moved on.
  admin = stage.world.withKey('all');
});
afterAll(() => stage.close());
beforeEach(async () => {
  receiver = await startReceiver();
  // What waits for others to go with it has waited.
  stage.clock.at = Math.max(stage.clock.at, Date.now()) + 10_000;
});
afterEach(() => receiver.stop());

const key = (id: string) => ({ workspaceId: stage.world.ids.workspace, id });
const pushed = async (id: string, app: Application = stage.server.app) => (await push(app, key(id))).outcome;
const LABELS = { actions: ['label.created'] };

async function create(
  input: Record<string, unknown> = {},
): Promise<{ id: string; secret: string; nextSequence: number }> {
  const { createAuditSink } = await admin.ask(CREATE_SINK, {
    input: { name: 'SIEM', kind: 'WEBHOOK', format: 'JSONL', url: `${receiver.url}/siem`, filter: LABELS, ...input },
  });
  return { ...createAuditSink.sink, secret: createAuditSink.secret };
}
const read = async (id: string) => (await admin.ask(SINKS)).auditSinks.find((sink: { id: string }) => sink.id === id);
const sequences = () =>
  receiver.received.map(({ body }) =>
    JSON.parse(body).data.events.map(({ sequence }: { sequence: number }) => sequence),
  );
const ascending = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);

describe('a sink', () => {
  it('is given every event from its beginning on, in order, signed, in batches of 500 at the most', async () => {
    const { id, secret, nextSequence } = await create();
    expect(isSecret(secret)).toBe(true);
    await stage.fill(1_100);
    const outcomes = [];
    for (let n = 0; n < 10 && outcomes.at(-1) !== 'NOTHING'; n += 1) outcomes.push(await pushed(id));
    const batches = sequences();
    expect(batches.every((batch) => batch.length <= 500)).toBe(true);
    // Its own beginning is on the record before them.
    expect(batches.flat()).toEqual(ascending(nextSequence + 1, 1_100));
    for (const { headers, body } of receiver.received) {
      expect(new Webhook(secret).sign(String(headers['webhook-id']), new Date(stage.clock.at), body)).toBe(
        headers['webhook-signature'],
      );
      const { type, data } = JSON.parse(body);
      expect({ type, origin: data.origin }).toEqual({
        type: 'audit.events',
        origin: `log.test/ws/${stage.world.ids.workspace}/e1`,
      });
      expect([data.firstSequence, data.lastSequence]).toEqual([data.events[0].sequence, data.events.at(-1).sequence]);
    }
    const sink = await read(id);
    expect(sink).toMatchObject({ health: 'HEALTHY', lag: 0, failures: 0, lastError: null });
    expect(sink.lastSuccessAt).not.toBeNull();
  });

  it('is tried again as the schedule says, in the same order, and its failing is on the record once', async () => {
    const { id, nextSequence } = await create();
    await stage.fill(3);
    receiver.answerWith(status(500));
    const wait = async () => Date.parse((await read(id)).nextAttemptAt) - stage.clock.at;
    expect(await pushed(id)).toBe('FAILED');
    const first = await wait();
    expect(first).toBeGreaterThanOrEqual(4_500);
    expect(first).toBeLessThanOrEqual(5_500);
    expect(await read(id)).toMatchObject({ health: 'FAILING', failures: 1, lastError: 'STATUS 500', nextSequence });
    expect(await pushed(id)).toBe('WAITING');
    stage.clock.at += first;
    expect(await pushed(id)).toBe('FAILED');
    const second = await wait();
    expect(second).toBeGreaterThanOrEqual(270_000);
    expect(second).toBeLessThanOrEqual(330_000);
    const failures = (await stage.recorded('audit.sink_failed')).filter(
      ({ metadata }) => metadata['nextSequence'] === nextSequence,
    );
    expect(failures).toEqual([
      {
        action: 'audit.sink_failed',
        metadata: { fault: 'STATUS', status: 500, disabled: false, nextSequence },
      },
    ]);
    receiver.answerWith(status(200));
    stage.clock.at += second;
    expect(await pushed(id)).toBe('SENT');
    // What was sent and not taken, again, under the same id.
    expect(sequences()).toEqual(Array.from({ length: 3 }, () => ascending(nextSequence + 1, 3)));
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect((await stage.recorded('audit.sink_recovered')).at(-1)!.metadata).toMatchObject({ attempts: 3 });
    expect(await read(id)).toMatchObject({ health: 'HEALTHY', failures: 0, nextAttemptAt: null });
  });

  it.each([
    ['takes too long', () => {}, 'TIMED_OUT'],
    ['hangs up', (_: unknown, response: { socket: Socket | null }) => void response.socket!.destroy(), 'CLOSED'],
    ['leads elsewhere', status(307, { location: 'http://127.0.0.1:1/' }), 'REDIRECTED 307'],
  ])('that %s has taken nothing', async (_, answer, lastError) => {
    const { id, nextSequence } = await create();
    await stage.fill(1);
    receiver.answerWith(answer);
    const { app } = stage.server;
    expect(
      await pushed(id, { ...app, outgoing: createOutgoing({ allowPrivate: true, now: app.now, attemptMs: 300 }) }),
    ).toBe('FAILED');
    expect(await read(id)).toMatchObject({ health: 'FAILING', lastError, nextSequence });
  });

  it('that says it is gone is left alone until somebody enables it again', async () => {
    const { id, nextSequence } = await create();
    await stage.fill(1);
    receiver.answerWith(status(410));
    expect(await pushed(id)).toBe('FAILED');
    expect(await read(id)).toMatchObject({ health: 'DISABLED', lastError: 'STATUS 410', nextSequence });
    expect(await pushed(id)).toBe('GONE');
    expect((await stage.recorded('audit.sink_failed')).at(-1)!.metadata).toMatchObject({ status: 410, disabled: true });
    receiver.answerWith(status(204));
    await admin.ask(UPDATE_SINK, { input: { sinkId: id, enabled: true } });
    expect(await pushed(id)).toBe('SENT');
    expect(sequences().at(-1)).toEqual([nextSequence + 1]);
  });

  it('is given the batch again when the node was killed before it knew that it was taken', async () => {
    const { id, nextSequence } = await create();
    await stage.fill(2);
    const { app } = stage.server;
    const { webhooks } = app.outgoing;
    const killed = {
      ...app.outgoing,
      webhooks: {
        attempt: async (message: Parameters<typeof webhooks.attempt>[0]) => {
          await webhooks.attempt(message);
          throw new Error('killed');
        },
      } as unknown as typeof webhooks,
    };
    await expect(pushed(id, { ...app, outgoing: killed })).rejects.toThrow('killed');
    expect(await read(id)).toMatchObject({ nextSequence, health: 'HEALTHY' });
    expect(await pushed(id)).toBe('SENT');
    expect(sequences()).toEqual([ascending(nextSequence + 1, 2), ascending(nextSequence + 1, 2)]);
  });

  it('does not go back when a node comes late', async () => {
    const { id, nextSequence } = await create();
    await stage.fill(2);
    const { app } = stage.server;
    const { webhooks } = app.outgoing;
    const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = {
      attempt: async (message: Parameters<typeof webhooks.attempt>[0]) => {
        begun.resolve();
        await goOn.promise;
        return webhooks.attempt(message);
      },
    } as unknown as typeof webhooks;
    const late = pushed(id, { ...app, outgoing: { ...app.outgoing, webhooks: slow } });
    await begun.promise;
    expect(await pushed(id)).toBe('SENT');
    await stage.fill(1);
    expect(await pushed(id)).toBe('SENT');
    const { nextSequence: reached } = await read(id);
    goOn.resolve();
    await late;
    expect((await read(id)).nextSequence).toBe(reached);
    const [first, third] = [ascending(nextSequence + 1, 2), [nextSequence + 3]];
    expect(sequences()).toEqual([first, third, first]);
  });

  it('waits a moment for what can go together, but not with what presses', async () => {
    const { id } = await create({ filter: { actions: ['label.created', 'api_key.created'] } });
    const { app } = stage.server;
    const atOnce = { ...app, now: () => new Date(Date.now() - 60_000) };
    await stage.fill(1);
    expect(await pushed(id, atOnce)).toBe('WAITING');
    expect(receiver.received).toEqual([]);
    await stage.withScopes(['AUDIT_READ']);
    expect(await pushed(id, atOnce)).toBe('SENT');
    expect(JSON.parse(receiver.received[0]!.body).data.events.map(({ action }: { action: string }) => action)).toEqual([
      'label.created',
      'api_key.created',
    ]);
  });

  it('is given what is on the record already where that is asked for', async () => {
    const { id } = await create({ fromSequence: 0, filter: { actions: ['workspace.created'] } });
    expect(await pushed(id)).toBe('SENT');
    expect(sequences()).toEqual([[0]]);
  });

  it('knows both secrets for a day after a rotation', async () => {
    const { id, secret } = await create();
    const { updateAuditSink } = await admin.ask(UPDATE_SINK, { input: { sinkId: id, rotateSecret: true } });
    await stage.fill(1);
    await pushed(id);
    const verifies = (by: string) => {
      const { headers, body } = receiver.received.at(-1)!;
      const signature = new Webhook(by).sign(String(headers['webhook-id']), new Date(stage.clock.at), body);
      return String(headers['webhook-signature']).split(' ').includes(signature);
    };
    expect([secret, updateAuditSink.secret].map(verifies)).toEqual([true, true]);
    stage.clock.at += 24 * 60 * 60 * 1000;
    await stage.fill(1);
    expect(await pushed(id)).toBe('SENT');
    expect([secret, updateAuditSink.secret].map(verifies)).toEqual([false, true]);
  });
});

describe('a syslog server', () => {
  const syslog = (port: number, format: string) =>
    create({ kind: 'SYSLOG', format, url: undefined, host: '127.0.0.1', port, tls: false });

  it.each([
    ['SYSLOG', /^<109>1 \S+ log\.test verbatim - label\.created \[verbatim@32473 .*label 0/],
    ['CEF', /^<109>1 \S+ log\.test verbatim - label\.created - CEF:0\|Verbatim\|/],
    ['OCSF', /^<109>1 \S+ log\.test verbatim - label\.created - \{"class_uid":3004,/],
  ])('is given messages of RFC 5424 by counted octets: %s', async (format, expected) => {
    const server = await startSyslog();
    const { id } = await syslog(server.port, format);
    await stage.fill(3);
    expect(await pushed(id)).toBe('SENT');
    const messages = server.messages();
    expect(messages).toHaveLength(3);
    expect(messages[0]).toMatch(expected);
    expect(await read(id)).toMatchObject({ health: 'HEALTHY', lag: 0 });
    await server.stop();
  });

  it('has taken nothing when it hangs up before the end', async () => {
    const server = await startSyslog((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    const { id, nextSequence } = await syslog(server.port, 'SYSLOG');
    await stage.fill(500);
    expect(await pushed(id)).toBe('FAILED');
    expect(await read(id)).toMatchObject({ health: 'FAILING', lastError: 'CLOSED', nextSequence });
    await server.stop();
    expect(await pushed(id)).toBe('WAITING');
    stage.clock.at += 6_000;
    expect(await pushed(id)).toBe('FAILED');
    expect(await read(id)).toMatchObject({ lastError: 'NOT_CONNECTED', nextSequence });
  });
});

it('lets events leave as they are recorded, and ends when told', async () => {
  const { id } = await create();
  const runner = new SinkRunner(stage.server.app);
  await runner.lookAfterAll();
  try {
    await commit(stage.call(), async (tx) => {
      const target = { type: 'label', id: newId(), label: 'urgent' };
      tx.record({ action: 'label.created', severity: 'WARNING', target });
    });
    for (const end = Date.now() + 8_000; receiver.received.length === 0 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(JSON.parse(receiver.received[0]!.body).data.events).toMatchObject([{ severity: 'WARNING' }]);
  } finally {
    await runner.letGo();
  }
  const before = receiver.received.length;
  await stage.fill(1);
  expect(await read(id)).toMatchObject({ health: 'HEALTHY' });
  expect(receiver.received.length).toBe(before);
});
