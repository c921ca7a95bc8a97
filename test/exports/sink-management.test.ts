import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/services/ids.js';
import { push } from '../../src/services/sinks/push.js';
import type { ApiClient } from '../support/client.js';
import { createWorld } from '../support/world.js';
import { CREATE_SINK, DELETE_SINK, ExportStage, SINKS, UPDATE_SINK } from './stage.js';

let stage: ExportStage;
let admin: ApiClient;
beforeAll(async () => {
  stage = await ExportStage.open();
  admin = await stage.world.as('admin');
});
afterAll(() => stage.close());

const URL = 'https://siem.example.com/hook';
const pushed = async (id: string) =>
  (await push(stage.server.app, { workspaceId: stage.world.ids.workspace, id })).outcome;
async function create(input: Record<string, unknown> = {}): Promise<{ id: string; secret: string }> {
  const all = { name: 'SIEM', kind: 'WEBHOOK', format: 'JSONL', url: URL, ...input };
  const { createAuditSink } = await admin.ask(CREATE_SINK, { input: all });
  return { ...createAuditSink.sink, secret: createAuditSink.secret };
}
const read = async (id: string) => (await admin.ask(SINKS)).auditSinks.find((sink: { id: string }) => sink.id === id);

describe('who manages sinks', () => {
  it('is an administrator; nobody else sees or changes any, nor one of another workspace', async () => {
    const { id } = await create();
    const input = { name: 'x', kind: 'WEBHOOK', format: 'JSONL', url: URL };
    for (const person of ['auditor', 'supervisor', 'agent'] as const) {
      const client = await stage.world.as(person);
      expect((await client.refused(SINKS)).extensions.code).toBe('FORBIDDEN');
      expect((await client.refused(CREATE_SINK, { input })).extensions.code).toBe('FORBIDDEN');
      expect((await client.refused(DELETE_SINK, { input: { sinkId: id } })).extensions.code).toBe('FORBIDDEN');
    }
    const stranger = await (await createWorld(stage.server, `other-${newId()}`)).as('admin');
    expect((await stranger.ask(SINKS)).auditSinks).toEqual([]);
    for (const operation of [UPDATE_SINK, DELETE_SINK]) {
      expect((await stranger.refused(operation, { input: { sinkId: id } })).extensions.code).toBe('NOT_FOUND');
    }
  });

  it('reads all of the record too: who only administers sends it nowhere, and finds out nothing by it', async () => {
    const { id } = await create();
    const administering = await stage.withScopes(['ADMIN']);
    const input = { name: 'x', kind: 'WEBHOOK', format: 'JSONL', url: URL, fromSequence: 0 };
    const before = (await administering.ask(SINKS)).auditSinks;
    const denied = (await stage.recorded('auth.access_denied')).length;
    for (const [operation, asked] of [
      [CREATE_SINK, input],
      [UPDATE_SINK, { sinkId: id, url: 'https://elsewhere.example.com/' }],
      [UPDATE_SINK, { sinkId: id, rotateSecret: true }],
    ] as const) {
      expect((await administering.refused(operation, { input: asked })).extensions.code).toBe('FORBIDDEN');
    }
    expect((await administering.ask(SINKS)).auditSinks).toEqual(
      before.map((sink: object) => expect.objectContaining({ ...sink, lag: expect.any(Number) })),
    );
    const denials = (await stage.recorded('auth.access_denied')).slice(denied);
    expect(denials.map(({ metadata }) => metadata['attempted'])).toEqual(['sink.create', 'sink.update']);
    // It may still end it.
    await administering.ask(DELETE_SINK, { input: { sinkId: id } });
    const reading = await stage.withScopes(['ADMIN', 'AUDIT_READ']);
    expect((await reading.ask(CREATE_SINK, { input })).createAuditSink.sink.nextSequence).toBe(0);
  });

  it('hears everything that is wrong at once', async () => {
    const wrong = await admin.refused(CREATE_SINK, {
      input: { name: ' ', kind: 'WEBHOOK', format: 'EVIDENCE', url: 'ftp://x/', port: 1, secret: 'whsec_short' },
    });
    expect(wrong.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: 'name' }, { path: 'format' }, { path: 'port' }, { path: 'secret' }, { path: 'url' }],
    });
  });

  it('finds every change on the record, and no secret anywhere', async () => {
    const { id, secret } = await create({ idempotencyKey: newId() });
    const own = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
    await admin.ask(UPDATE_SINK, { input: { sinkId: id, name: 'Renamed', secret: own } });
    await admin.ask(UPDATE_SINK, { input: { sinkId: id, enabled: false } });
    await admin.ask(DELETE_SINK, { input: { sinkId: id } });
    expect(await read(id)).toBeUndefined();
    expect(await pushed(id)).toBe('GONE');
    const { auditEvents } = await admin.ask(
      'query($id: ID!) { auditEvents(filter: { targetIds: [$id] }, orderBy: RECORDED_ASC) { nodes { action severity changes { field before after } } } }',
      { id },
    );
    expect(auditEvents.nodes.map(({ action, severity }: Record<string, string>) => `${action} ${severity}`)).toEqual([
      'audit.sink_created NOTICE',
      'audit.sink_updated NOTICE',
      'audit.sink_updated CRITICAL',
      'audit.sink_deleted CRITICAL',
    ]);
    expect(auditEvents.nodes[1].changes).toMatchObject([
      { field: 'name', before: 'SIEM', after: 'Renamed' },
      { field: 'fingerprint' },
    ]);
    const { rows } = await stage.superuser.query(
      `select body || array_to_string(array(select convert_from(decode(translate(d, '-_', '+/') || repeat('=', (4 - length(d) % 4) % 4), 'base64'), 'utf8') from unnest(disclosures) d), ' ') as text
       from record_body where target_id = $1`,
      [id],
    );
    expect(rows.length).toBe(4);
    for (const { text } of rows) {
      expect(text).not.toContain(secret.slice(6));
      expect(text).not.toContain(own.slice(6));
    }
  });
});

it('answers a repeated key with the same sink, whose secret is not shown again', async () => {
  const idempotencyKey = newId();
  const first = await create({ idempotencyKey });
  expect(await create({ idempotencyKey })).toMatchObject({ id: first.id, secret: null });
  const input = { name: 'Other', kind: 'WEBHOOK', format: 'JSONL', url: URL, idempotencyKey };
  expect((await admin.refused(CREATE_SINK, { input })).extensions.code).toBe('CONFLICT');
});

it('takes no private address where the operator has not said so', async () => {
  const strict = await stage.server.another({ OUTGOING_ALLOW_PRIVATE: 'no' });
  try {
    const client = admin.at(strict.url);
    for (const place of [
      { kind: 'WEBHOOK', format: 'JSONL', url: 'http://siem.example.com/' },
      { kind: 'WEBHOOK', format: 'JSONL', url: 'https://169.254.169.254/' },
      { kind: 'SYSLOG', format: 'CEF', host: '10.0.0.1', port: 6514 },
      { kind: 'SYSLOG', format: 'CEF', host: '::1', port: 6514 },
    ]) {
      const refused = await client.refused(CREATE_SINK, { input: { name: 'SIEM', ...place } });
      expect(refused.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: place.kind === 'WEBHOOK' ? 'url' : 'host' }],
      });
    }
  } finally {
    await strict.stop();
  }
});
