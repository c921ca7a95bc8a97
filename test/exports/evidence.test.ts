import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExportFiles } from '../../src/services/exports/export-files.js';
import { runEvidence } from '../../src/services/exports/run-evidence.js';
import { newId } from '../../src/services/ids.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites, SEND } from '../support/operations.js';
import { createWorld } from '../support/world.js';
import { runCli } from '../cli/run-cli.js';
import { CANCEL_EXPORT, ExportStage, REQUEST_EXPORT } from './stage.js';

let stage: ExportStage;
let admin: ApiClient;
let files: string;
let conversationId: string;
let contactId: string;
beforeAll(async () => {
  stage = await ExportStage.open();
  admin = await stage.world.as('admin');
  files = mkdtempSync(join(tmpdir(), 'verbatim-evidence-'));
  await stage.fill(3);
  const made = await customerWrites(stage.world, {
    text: 'Where is my order?',
    contact: { address: 'asha', name: 'Asha', email: 'asha@customer.example' },
  });
  ({ conversationId } = made);
  contactId = (await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: conversationId }))
    .conversation.contact.id;
  await customerWrites(stage.world, { text: 'Something else' });
  await admin.ask(SEND, { input: { conversationId, text: 'It was lost.' } });
});
afterAll(async () => {
  rmSync(files, { recursive: true, force: true });
  await stage.close();
});

const evidence = (input: Record<string, unknown>, client = admin) =>
  stage.request(client, { format: 'EVIDENCE', ...input });
const counted = async (action: string) => (await stage.recorded(action)).length;

async function fetched(id: string, client = admin): Promise<Buffer> {
  const { state, fault, downloadUrl, sha256, bytes } = await stage.export(client, id);
  expect([state, fault]).toEqual(['COMPLETED', null]);
  const file = await stage.download(downloadUrl);
  expect(file).toMatchObject({ status: 200, sha256 });
  expect(file.body.length).toBe(bytes);
  expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="evidence-\d+-\d+\.jsonl(\.gz)?"$/);
  return file.body;
}

const linesOf = (bundle: Buffer) =>
  bundle
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const textsOf = (bundle: Buffer) =>
  linesOf(bundle).flatMap(({ texts }) => (texts ?? []).map((one: { text?: string }) => one.text));

/** What the command line says of a bundle, with no database and no configuration, trusting the log's own keys. */
async function verified(bundle: Buffer | string) {
  const { rows } = await stage.superuser.query<{ vkey: string }>(
    'select vkey from record_key where workspace_id = $1',
    [stage.world.ids.workspace],
  );
  const origins = Object.fromEntries(rows.map(({ vkey }) => [vkey.split('+')[0]!, [{ vkey }]]));
  const [file, policy] = [join(files, `${newId()}.jsonl`), join(files, `${newId()}.json`)];
  writeFileSync(file, bundle);
  writeFileSync(policy, JSON.stringify({ origins }));
  return runCli(['verify', '--bundle', file, '--policy', policy, '--json'], {});
}

it('makes a bundle of a conversation that verifies offline, and an altered one does not', async () => {
  const { requestExport } = await admin.ask(REQUEST_EXPORT, {
    input: { format: 'EVIDENCE', evidence: { conversationId }, reason: 'Case 7' },
  });
  expect(requestExport.export).toMatchObject({ state: 'REQUESTED', format: 'EVIDENCE', unmasked: false, rows: 0 });
  const { id } = requestExport.export;
  await stage.run();
  const bundle = await fetched(id);
  expect(textsOf(bundle)).toEqual(['Where is my order?', 'It was lost.']);
  const [manifest] = linesOf(bundle);
  expect(manifest).toMatchObject({ asked: { kind: 'CONVERSATION', id: conversationId }, by: 'Ada' });

  expect(await verified(bundle)).toMatchObject({ code: 0 });
  const altered = await verified(bundle.toString('utf8').replace('It was lost.', 'It was sent.'));
  expect(altered.code).toBe(1);
  expect(JSON.parse(altered.stdout)).toMatchObject({ valid: false, trusted: true });

  const { rows, bytes, sha256 } = await stage.export(admin, id);
  const [requested, ...then] = (await stage.recorded('%export%')).slice(-4);
  expect(requested).toMatchObject({ action: 'export.requested', metadata: { format: 'EVIDENCE', unmasked: false } });
  expect(then).toEqual([
    {
      action: 'audit.exported',
      metadata: expect.objectContaining({ format: 'EVIDENCE', events: rows, texts: 2, unmasked: false, export: id }),
    },
    { action: 'export.completed', metadata: { format: 'EVIDENCE', rows, bytes, sha256 } },
    { action: 'export.downloaded', metadata: { format: 'EVIDENCE', rows, bytes, sha256 } },
  ]);
  const { auditEvents } = await admin.ask(
    `query($conversationId: ID!) { auditEvents(first: 50, filter: { conversationId: $conversationId,
      actions: ["audit.exported", "export.requested"] }) { nodes { action summary actor { id } } } }`,
    { conversationId },
  );
  const actor = { id: stage.world.ids.agents.admin };
  expect(auditEvents.nodes).toContainEqual({
    action: 'audit.exported',
    summary: 'Ada exported the record as EVIDENCE',
    actor,
  });
  expect(auditEvents.nodes).toContainEqual({
    action: 'export.requested',
    summary: 'Ada asked for an export of the record as EVIDENCE: Case 7',
    actor,
  });
});

it('makes one of a contact, of a range of times or of sequences, zipped where asked for', async () => {
  const now = new Date();
  const before = new Date(now.getTime() - 3_600_000).toISOString();
  const asked = await Promise.all([
    evidence({ evidence: { contactId } }),
    evidence({ evidence: { from: before, to: now.toISOString() }, gzip: true }),
    evidence({ fromSequence: 0, toSequence: 4 }),
  ]);
  await stage.run();
  const [contact, times, sequences] = await Promise.all(asked.map((id) => fetched(id)));
  expect(linesOf(contact!)[0].asked).toEqual({ kind: 'CONTACT', id: contactId, label: 'Asha' });
  expect(linesOf(gunzipSync(times!))[0].asked).toMatchObject({ kind: 'RANGE', from: 0 });
  expect(linesOf(sequences!)[0].asked).toEqual({ kind: 'RANGE', from: 0, to: 4 });
  expect(linesOf(sequences!)[0].counts.events).toBe(5);
  for (const bundle of [contact!, gunzipSync(times!), sequences!]) {
    expect(await verified(bundle)).toMatchObject({ code: 0 });
  }
});

it('withholds addresses unless they are asked for', async () => {
  const names = (bundle: Buffer) =>
    new Set(
      linesOf(bundle).flatMap(({ disclosures }) =>
        (disclosures ?? []).map((one: string) => JSON.parse(Buffer.from(one, 'base64url').toString('utf8'))[1]),
      ),
    );
  const masked = await evidence({ evidence: { conversationId } });
  const shown = await evidence({ evidence: { conversationId, withAddresses: true } });
  await stage.run();
  expect(names(await fetched(masked))).not.toContain('net.ip');
  expect(names(await fetched(shown))).toContain('net.ip');
});

it('is for who reads all conversations and all of the record, and may export', async () => {
  const asked = { format: 'EVIDENCE', evidence: { conversationId } };
  const before = await counted('export.requested');
  for (const client of [
    await stage.world.as('auditor'),
    await stage.world.as('supervisor'),
    await stage.world.as('agent'),
    await stage.withScopes(['AUDIT_READ', 'AUDIT_EXPORT']),
    await stage.withScopes(['CONVERSATIONS_READ', 'AUDIT_EXPORT']),
    await stage.withScopes(['CONVERSATIONS_READ', 'AUDIT_READ']),
  ]) {
    const denied = await counted('auth.access_denied');
    // What is not there, and what is, look the same to them.
    for (const id of [conversationId, newId()]) {
      const input = { ...asked, evidence: { conversationId: id } };
      expect((await client.refused(REQUEST_EXPORT, { input })).extensions.code).toBe('FORBIDDEN');
    }
    expect((await stage.recorded('auth.access_denied')).slice(denied)).toEqual([
      { action: 'auth.access_denied', metadata: { attempted: 'export.request', suppressed: 0 } },
    ]);
  }
  expect(await counted('export.requested')).toBe(before);
  const key = await stage.withScopes(['CONVERSATIONS_READ', 'AUDIT_READ', 'AUDIT_EXPORT']);
  const id = await evidence({ evidence: { conversationId } }, key);
  await stage.run();
  const { downloadUrl } = await stage.export(key, id);
  expect(await verified(await fetched(id, key))).toMatchObject({ code: 0 });
  // An auditor sees that there is one, and has no file of it.
  expect(await stage.export(await stage.world.as('auditor'), id)).toMatchObject({
    state: 'COMPLETED',
    downloadUrl: null,
  });
  // The link leads nowhere once a right has gone.
  const scopes = `update api_key set scopes = array['AUDIT_READ', 'AUDIT_EXPORT']
    where id = (select requested_by_id from export_job where id = $1)`;
  const waiting = await evidence({ evidence: { conversationId } }, key);
  await stage.superuser.query(scopes, [id]);
  expect((await stage.download(downloadUrl)).status).toBe(404);
  const exported = await counted('audit.exported');
  await stage.run();
  expect(await stage.export(admin, waiting)).toMatchObject({ state: 'FAILED', fault: 'RIGHTS_ENDED' });
  expect(await counted('audit.exported')).toBe(exported);
});

it('hears what is wrong before anything is written, and nothing of other workspaces', async () => {
  const other = await createWorld(stage.server, `other-${newId()}`);
  const theirs = await customerWrites(other, { text: 'Elsewhere' });
  const before = await counted('export.requested');
  const faults = async (input: Record<string, unknown>) => {
    const { extensions } = await admin.refused(REQUEST_EXPORT, { input: { format: 'EVIDENCE', ...input } });
    return [extensions.code, ...((extensions.fields ?? []) as { path: string }[]).map(({ path }) => path)];
  };
  expect(await faults({})).toEqual(['VALIDATION_FAILED', 'evidence']);
  expect(await faults({ evidence: { conversationId, contactId } })).toEqual(['VALIDATION_FAILED', 'evidence']);
  expect(await faults({ evidence: { conversationId }, fromSequence: 1 })).toEqual(['VALIDATION_FAILED', 'evidence']);
  expect(await faults({ evidence: { from: '2026-01-01T00:00:00Z' }, toSequence: 1 })).toEqual([
    'VALIDATION_FAILED',
    'evidence',
  ]);
  expect(await faults({ fromSequence: 0, filter: { actions: ['auth.*'] } })).toEqual(['VALIDATION_FAILED', 'filter']);
  expect(await faults({ format: 'CSV', evidence: { conversationId } })).toEqual(['VALIDATION_FAILED', 'evidence']);
  expect(await faults({ evidence: { to: '2020-01-01T00:00:00Z' } })).toEqual(['VALIDATION_FAILED', 'to']);
  expect(await faults({ fromSequence: 0, toSequence: 999_999 })).toEqual(['VALIDATION_FAILED', 'to']);
  for (const id of [theirs.conversationId, newId(), 'x']) {
    expect(await faults({ evidence: { conversationId: id } })).toEqual(['NOT_FOUND']);
    expect(await faults({ evidence: { contactId: id } })).toEqual(['NOT_FOUND']);
  }
  expect(await counted('export.requested')).toBe(before);
});

it('is made by another node where one was stopped, and once where two make it', async () => {
  const { app } = stage.server;
  const id = await evidence({ fromSequence: 0, toSequence: 4 });
  const stopped = new AbortController();
  const real = app.exports.files;
  const through = (write: ExportFiles['write']) => {
    const between = Object.assign(Object.create(real) as ExportFiles, { write });
    return { ...app, exports: { ...app.exports, files: between } };
  };
  await runEvidence(
    through((key, contents) => {
      stopped.abort();
      return real.write(key, contents);
    }),
    stopped.signal,
  );
  expect(await stage.export(admin, id)).toMatchObject({ state: 'RUNNING', rows: 0, downloadUrl: null });
  const going = new AbortController().signal;
  await runEvidence(
    through(async (key, contents) => {
      const late = await real.write(key, contents);
      // Meanwhile another node has made its own.
      await runEvidence(app, going);
      return late;
    }),
    going,
  );
  expect(await stage.export(admin, id)).toMatchObject({ state: 'COMPLETED', rows: 5 });
  expect(await verified(await fetched(id))).toMatchObject({ code: 0 });
});

it('leaves no file where it was cancelled while it was made', async () => {
  const { app } = stage.server;
  const id = await evidence({ fromSequence: 0, toSequence: 4 });
  const real = app.exports.files;
  const cancelling: ExportFiles['write'] = async (key, contents) => {
    const file = await real.write(key, contents);
    await admin.ask(CANCEL_EXPORT, { input: { exportId: id } });
    return file;
  };
  const between = Object.assign(Object.create(real) as ExportFiles, { write: cancelling });
  await runEvidence({ ...app, exports: { ...app.exports, files: between } }, new AbortController().signal);
  expect(await stage.export(admin, id)).toMatchObject({ state: 'CANCELLED', downloadUrl: null });
  expect(await real.holds({ workspaceId: stage.world.ids.workspace, id }, 1)).toBe(false);
});
