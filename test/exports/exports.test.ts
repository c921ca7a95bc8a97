import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEPT_MS } from '../../src/services/exports/export-steps.js';
import { expireExports } from '../../src/services/exports/run-exports.js';
import { newId } from '../../src/services/ids.js';
import type { ApiClient } from '../support/client.js';
import { createWorld } from '../support/world.js';
import { CANCEL_EXPORT, EXPORT, ExportStage, REQUEST_EXPORT } from './stage.js';

let stage: ExportStage;
let admin: ApiClient;
beforeAll(async () => {
  stage = await ExportStage.open();
  admin = await stage.world.as('admin');
});
afterAll(() => stage.close());

const lines = (body: Buffer) =>
  body
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

it('writes every event that was there when it was asked for, once and in order, and says so', async () => {
  await stage.fill(1_200);
  // What others have asked for before ends now, and not among what is looked at.
  await stage.run();
  const { requestExport } = await admin.ask(REQUEST_EXPORT, { input: { format: 'JSONL', reason: 'Yearly audit' } });
  const { id, toSequence, requestedBy } = requestExport.export;
  expect(requestExport.export).toMatchObject({
    state: 'REQUESTED',
    percent: 0,
    rows: 0,
    unmasked: true,
    fromSequence: 0,
  });
  expect(requestedBy.id).toBe(stage.world.ids.agents.admin);
  await stage.fill(3);
  await stage.run();

  const done = await stage.export(admin, id);
  expect(done).toMatchObject({ state: 'COMPLETED', percent: 100, rows: toSequence + 1, fault: null });
  expect(Date.parse(done.expiresAt) - Date.parse(done.completedAt)).toBe(KEPT_MS);
  const file = await stage.download(done.downloadUrl);
  expect(file).toMatchObject({ status: 200, sha256: done.sha256 });
  expect(file.body.length).toBe(done.bytes);
  expect(Object.fromEntries(file.headers)).toMatchObject({
    'content-type': 'application/x-ndjson',
    'content-length': String(done.bytes),
    'content-disposition': `attachment; filename="record-0-${toSequence}.jsonl"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  const events = lines(file.body);
  expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: toSequence + 1 }, (_, n) => n));
  const { auditEvents } = await admin.ask(
    '{ auditEvents(orderBy: RECORDED_ASC, first: 20) { nodes { id sequence summary leafHash leafData ipAddress } } }',
  );
  expect(events.slice(0, 20)).toMatchObject(auditEvents.nodes);
  expect(events[0].origin).toBe(`log.test/ws/${stage.world.ids.workspace}/e1`);

  const { rows, bytes, sha256 } = done;
  expect((await stage.recorded('export.%')).slice(-3)).toEqual([
    {
      action: 'export.requested',
      metadata: { format: 'JSONL', gzip: false, unmasked: true, fromSequence: 0, toSequence },
    },
    { action: 'export.completed', metadata: { format: 'JSONL', rows, bytes, sha256 } },
    { action: 'export.downloaded', metadata: { format: 'JSONL', rows, bytes, sha256 } },
  ]);
});

it('writes what passes the filter within the range, zipped where asked for', async () => {
  const filter = { actions: ['label.created'], from: '2020-01-01T00:00:00.000Z' };
  await stage.fill(1_100);
  const plain = await stage.request(admin, { format: 'CSV', filter, fromSequence: 5 });
  const zipped = await stage.request(admin, { format: 'CSV', filter, fromSequence: 5, gzip: true });
  const nothing = await stage.request(admin, { format: 'CSV', filter: { actions: ['no.such'] } });
  await stage.run();
  const [a, b, c] = [
    await stage.export(admin, plain),
    await stage.export(admin, zipped),
    await stage.export(admin, nothing),
  ];
  const text = (await stage.download(a.downloadUrl)).body.toString('utf8');
  const file = await stage.download(b.downloadUrl);
  expect(file.headers.get('content-type')).toBe('application/gzip');
  expect(gunzipSync(file.body).toString('utf8')).toBe(text);
  const [header, ...rows] = text.trimEnd().split('\r\n');
  expect(header!.startsWith('origin,sequence,id,')).toBe(true);
  expect(rows.length).toBe(a.rows);
  expect(rows.filter((row) => !row.includes(',label.created,'))).toEqual([]);
  expect(b.rows).toBe(a.rows);
  expect(c).toMatchObject({ state: 'COMPLETED', rows: 0 });
  expect((await stage.download(c.downloadUrl)).body.toString('utf8')).toBe(`${header}\r\n`);
});

it('masks what is exported with a key that may export and not read', async () => {
  const key = await stage.withScopes(['AUDIT_EXPORT']);
  const reading = await stage.withScopes(['AUDIT_EXPORT', 'AUDIT_READ']);
  const input = { filter: { actions: ['auth.signed_in'] } };
  const [masked, open] = [await stage.request(key, input), await stage.request(reading, input)];
  await stage.run();
  const read = async (client: ApiClient, id: string) =>
    lines((await stage.download((await stage.export(client, id)).downloadUrl)).body);
  const [hidden, shown] = [await read(key, masked), await read(reading, open)];
  expect(hidden.map(({ id }) => id)).toEqual(shown.map(({ id }) => id));
  expect(hidden.filter(({ ipAddress, userAgent }) => ipAddress !== null || userAgent !== null)).toEqual([]);
  expect(shown[0]).toMatchObject({ ipAddress: '127.0.0.1', userAgent: 'node' });
  // Nor is anything unmasked reached by way of what others asked for.
  expect((await key.refused(EXPORT, { id: open })).extensions.code).toBe('NOT_FOUND');
  const { exports } = await key.ask('{ exports { nodes { id } } }');
  expect(exports.nodes).toEqual([{ id: masked }]);
});

it('is for administrators, auditors and keys that export, and nobody of another workspace', async () => {
  const id = await stage.request(await stage.world.as('auditor'));
  for (const person of ['agent', 'supervisor', 'outsider'] as const) {
    const client = await stage.world.as(person);
    expect((await client.refused(REQUEST_EXPORT, { input: { format: 'CSV' } })).extensions.code).toBe('FORBIDDEN');
    expect((await client.refused(EXPORT, { id })).extensions.code).toBe('NOT_FOUND');
    expect((await client.refused('{ exports { nodes { id } } }')).extensions.code).toBe('FORBIDDEN');
  }
  const foreign = await createWorld(stage.server, `other-${newId()}`);
  const stranger = await foreign.as('admin');
  expect((await stranger.refused(EXPORT, { id })).extensions.code).toBe('NOT_FOUND');
  expect((await stranger.refused(CANCEL_EXPORT, { input: { exportId: id } })).extensions.code).toBe('NOT_FOUND');
  expect((await stranger.ask('{ exports { nodes { id } } }')).exports.nodes).toEqual([]);
  expect((await stage.export(admin, id)).state).toBe('REQUESTED');
  await stage.run();
  // A link is its owner's, to this export alone.
  const { downloadUrl } = await stage.export(admin, id);
  const elsewhere = downloadUrl.replace(id, await stage.request(admin));
  expect((await stage.download(elsewhere)).status).toBe(401);
  expect((await stage.download(downloadUrl.slice(0, -3))).status).toBe(401);
  expect((await stage.download(`/exports/${id}`)).status).toBe(401);
  expect((await stage.download(`/exports/${id}?token=${admin.credential}`)).status).toBe(401);
});

it('answers a repeated key with the same export, and names what is wrong', async () => {
  const input = { format: 'ECS', idempotencyKey: newId() };
  const id = await stage.request(admin, input);
  expect(await stage.request(admin, input)).toBe(id);
  const other = await admin.refused(REQUEST_EXPORT, { input: { ...input, format: 'CEF' } });
  expect(other.extensions.code).toBe('CONFLICT');
  const wrong = await admin.refused(REQUEST_EXPORT, {
    input: { format: 'CEF', fromSequence: 9, toSequence: 8, reason: 'x'.repeat(501), filter: {} },
  });
  expect(wrong.extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [
      { path: 'reason', message: 'must have at most 500 characters' },
      { path: 'toSequence', message: 'must not be before fromSequence' },
    ],
  });
  await stage.run();
});

it('takes ten at once and no more', async () => {
  await stage.run();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => admin.send(REQUEST_EXPORT, { input: { format: 'JSONL' } })),
  );
  const refused = answers.flatMap(({ errors }) => errors ?? []);
  expect(refused.map(({ extensions }) => extensions)).toMatchObject([
    { code: 'CONFLICT', current: { open: 10 } },
    { code: 'CONFLICT', current: { open: 10 } },
  ]);
  const many = answers.flatMap(({ data }) => (data ? [data['requestExport'].export.id as string] : []));
  expect(many).toHaveLength(10);
  await stage.run();
  await stage.run();
  const states = await Promise.all(many.map(async (id) => (await stage.export(admin, id)).state));
  expect(new Set(states)).toEqual(new Set(['COMPLETED']));
});

it('is cancelled while it has no file, and leaves nothing', async () => {
  const id = await stage.request(admin);
  const cancel = () => admin.ask(CANCEL_EXPORT, { input: { exportId: id } });
  expect((await cancel()).cancelExport.export).toEqual({ id, state: 'CANCELLED' });
  const before = (await stage.recorded('export.cancelled')).length;
  expect((await cancel()).cancelExport.export).toEqual({ id, state: 'CANCELLED' });
  expect((await stage.recorded('export.cancelled')).length).toBe(before);
  await stage.run();
  expect(await stage.export(admin, id)).toMatchObject({ state: 'CANCELLED', bytes: null, downloadUrl: null });

  const done = await stage.request(admin);
  await stage.run();
  const late = await admin.refused(CANCEL_EXPORT, { input: { exportId: done } });
  expect(late.extensions).toMatchObject({ code: 'CONFLICT', current: { exportId: done, state: 'COMPLETED' } });
});

it('tells how far it is, and ends with what a fresh query says', async () => {
  const id = await stage.request(admin);
  const subscription = admin.subscribe(
    'subscription($id: ID!) { jobProgress(jobId: $id) { jobId state percent rows } }',
    { id },
  );
  expect(await subscription.next()).toEqual({ jobProgress: { jobId: id, state: 'REQUESTED', percent: 0, rows: 0 } });
  await stage.run();
  expect(await subscription.end()).toBe('complete');
  const { state, percent, rows } = await stage.export(admin, id);
  expect(subscription.frames.at(-1)).toEqual({ jobProgress: { jobId: id, state, percent, rows } });
  expect(state).toBe('COMPLETED');
  const percents = subscription.frames.map(({ jobProgress }) => jobProgress.percent);
  expect(percents).toEqual(percents.toSorted((a: number, b: number) => a - b));
  await subscription.stop();
});

it('gives a file to nobody whose session has ended, nor after five minutes', async () => {
  const id = await stage.request(admin);
  await stage.run();
  const client = await stage.world.as('auditor');
  const { downloadUrl } = await stage.export(client, id);
  stage.clock.at += 299_000;
  expect((await stage.download(downloadUrl)).status).toBe(200);
  stage.clock.at += 2_000;
  expect((await stage.download(downloadUrl)).status).toBe(401);

  const { signIn } = await client.ask('mutation($input: SignInInput!) { signIn(input: $input) { accessToken } }', {
    input: { email: stage.world.email('auditor'), password: 'a test password' },
  });
  const { ApiClient: Client } = await import('../support/client.js');
  const another = new Client(stage.server.url, signIn.accessToken);
  const link = (await stage.export(another, id)).downloadUrl;
  await another.ask('mutation { signOut { signedOut } }');
  const before = (await stage.recorded('export.downloaded')).length;
  const refused = await stage.download(link);
  expect(refused.status).toBe(401);
  expect(JSON.parse(refused.body.toString())).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  expect((await stage.recorded('export.downloaded')).length).toBe(before);
});

it('sends no byte when the download cannot be recorded', async () => {
  const id = await stage.request(admin);
  await stage.run();
  const { downloadUrl } = await stage.export(admin, id);
  await stage.superuser.query(`
    create function refuse_download() returns trigger language plpgsql as $$ begin
      if new.action = 'export.downloaded' then raise exception 'disk full'; end if; return new; end $$;
    create trigger refuse_download before insert on record_body for each row execute function refuse_download()`);
  try {
    const refused = await stage.download(downloadUrl);
    expect(refused.status).toBe(500);
    expect(JSON.parse(refused.body.toString())).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL' } }] });
  } finally {
    await stage.superuser.query('drop trigger refuse_download on record_body; drop function refuse_download()');
  }
  expect((await stage.download(downloadUrl)).status).toBe(200);
});

it('ends when who asked may no longer export', async () => {
  const { ids } = stage.world;
  const setRole = (role: string) =>
    stage.superuser.query('update agent set role = $1 where id = $2', [role, ids.agents.auditor]);
  const id = await stage.request(await stage.world.as('auditor'));
  await setRole('AGENT');
  try {
    await stage.run();
    expect(await stage.export(admin, id)).toMatchObject({ state: 'FAILED', fault: 'RIGHTS_ENDED', downloadUrl: null });
    expect((await stage.recorded('export.failed')).at(-1)!.metadata).toEqual({
      format: 'JSONL',
      fault: 'RIGHTS_ENDED',
      rows: 0,
    });
  } finally {
    await setRole('AUDITOR');
  }
});

it('removes a file after seven days, and says so', async () => {
  const id = await stage.request(admin);
  await stage.run();
  const { bytes } = await stage.export(admin, id);
  const { files } = stage.server.app.exports;
  const key = { workspaceId: stage.world.ids.workspace, id };
  expect(await files.holds(key, bytes)).toBe(true);
  const { at } = stage.clock;
  stage.clock.at += KEPT_MS;
  try {
    await expireExports(stage.server.app);
    expect(await files.holds(key, bytes)).toBe(false);
  } finally {
    stage.clock.at = at;
  }
  expect(await stage.export(admin, id)).toMatchObject({ state: 'EXPIRED', percent: 100, downloadUrl: null });
  expect((await stage.recorded('export.expired')).length).toBeGreaterThan(0);
});
