import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wanted } from '../../src/services/record/bundle/asked.js';
import type { EntryLine, ManifestLine } from '../../src/services/record/bundle/lines.js';
import { makeEvidence, type Evidence } from '../../src/services/record/bundle/make-evidence.js';
import { TrustPolicy } from '../../src/services/record/bundle/trust-policy.js';
import { verifyBundle, type BundleReport } from '../../src/services/record/bundle/verify-bundle.js';
import { verifyCheckpoint } from '../../src/services/record/bundle/verify-checkpoint.js';
import { readDisclosure } from '../../src/services/record/disclosure.js';
import { openEpoch } from '../../src/services/record/signing/open-epoch.js';
import { signCheckpoint } from '../../src/services/record/signing/sign-checkpoint.js';
import { readKeys } from '../../src/services/record/signing/stored.js';
import { ADD_NOTE, DELETE_MESSAGE, EDIT_MESSAGE, EDIT_NOTE } from '../security/details.js';
import { recordEvents, Tamperer } from '../support/logs.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let tamperer: Tamperer;
let world: World;
let id: string;
/** The conversation that most bundles are of, and what is said in others. */
let conversationId: string;
let number: number;
const SECRET = 'wombat-41c';
const ADDRESS = 'asha@customer.example';

beforeAll(async () => {
  server = await startTestServer();
  tamperer = await Tamperer.of(server);
  world = await createWorld(server);
  id = world.ids.workspace;
  await recordEvents(server, id, 300);
  const other = await createWorld(server, 'elsewhere');
  await customerWrites(other, { text: `${SECRET} of another workspace` });
  await customerWrites(world, { text: `${SECRET} of another conversation` });
  const made = await customerWrites(world, {
    text: 'Where is my order?',
    contact: { address: 'asha', name: 'Asha', email: ADDRESS },
  });
  ({ conversationId, number } = made);
  const admin = await world.as('admin');
  await admin.ask(EDIT_MESSAGE, { input: { messageId: made.messageId, text: 'Where is order 5?' } });
  const sent = await admin.ask(SEND, { input: { conversationId, text: 'It was lost.' } });
  await admin.ask(DELETE_MESSAGE, { input: { messageId: sent.sendMessage.message.id } });
  await customerWrites(world, { text: `${SECRET} once more` });
  const { addNote } = await admin.ask(ADD_NOTE, { input: { conversationId, text: 'Refund?' } });
  await admin.ask(EDIT_NOTE, { input: { noteId: addNote.note.id, text: 'Refund.' } });
  await recordEvents(server, id, 20);
});
afterAll(async () => {
  await tamperer.client.end();
  await server.stop();
});

const make = (wanted: Wanted, unmasked = false, workspaceId = id): Promise<Evidence> =>
  makeEvidence(server.app, workspaceId, wanted, { by: 'a test', unmasked });

async function linesOf({ lines }: Evidence): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) {
    expect(line.endsWith('\n')).toBe(true);
    all.push(line.slice(0, -1));
  }
  return all;
}

async function policyOf(workspaceId = id): Promise<TrustPolicy> {
  const { db } = server.app;
  const keys = await readKeys(db.rows.bind(db), workspaceId);
  const origins: Record<string, { vkey: string }[]> = {};
  for (const { vkey } of keys) (origins[vkey.split('+')[0]!] ??= []).push({ vkey });
  return TrustPolicy.parse(JSON.stringify({ origins }));
}

async function verify(lines: readonly string[], older: string[] = [], workspaceId = id): Promise<BundleReport> {
  async function* stream() {
    yield* lines;
  }
  return verifyBundle(stream(), await policyOf(workspaceId), older);
}

const entriesOf = (lines: readonly string[]): EntryLine[] =>
  lines.map((line) => JSON.parse(line) as EntryLine).filter(({ type }) => type === 'entry');
const textsOf = (lines: readonly string[]) =>
  entriesOf(lines).flatMap(({ texts }) => (texts ?? []).map((text) => ('text' in text ? text.text : null)));
const namesOf = (lines: readonly string[]) =>
  new Set(entriesOf(lines).flatMap(({ disclosures }) => (disclosures ?? []).map((one) => readDisclosure(one).name)));
const size = async () =>
  Number((await tamperer.client.query('select size from record_head where workspace_id = $1', [id])).rows[0].size);

describe('the bundle of a conversation', () => {
  it('has all its events with what was said, also before it was changed, and is valid', async () => {
    const evidence = await make({ conversation: `#${number}` });
    const lines = await linesOf(evidence);
    const report = await verify(lines);
    expect(report).toMatchObject({ valid: true, findings: [], trusted: true });
    const actions = entriesOf(lines).map(({ body }) => body?.['action']);
    // That it was exported is one of its events, too.
    expect(actions.filter((action) => action !== 'audit.exported')).toEqual([
      'conversation.created',
      'message.received',
      'message.edited',
      'message.sent',
      'message.deleted',
      'note.created',
      'note.edited',
    ]);
    expect(textsOf(lines)).toEqual(['Where is my order?', 'Where is order 5?', 'It was lost.', 'Refund?', 'Refund.']);
    expect(evidence.manifest.counts).toEqual(report.counts);
    expect(entriesOf(lines)[1]!.says).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: Asha /);
  });

  it('holds nothing of other conversations or workspaces', async () => {
    for (const unmasked of [false, true]) {
      const lines = await linesOf(await make({ conversation: conversationId }, unmasked));
      expect(lines.join('\n')).not.toContain(SECRET);
      const asked = entriesOf(lines).filter(({ as }) => as === 'ASKED');
      expect(new Set(asked.map(({ body }) => body?.['conversation']))).toEqual(new Set([conversationId]));
      expect(new Set(entriesOf(lines).map(({ leaf }) => leaf.ws))).toEqual(new Set([id]));
    }
  });

  it('withholds addresses unless they are asked for, and is valid either way', async () => {
    const masked = await linesOf(await make({ conversation: conversationId }));
    expect([...namesOf(masked)].filter((name) => /^(?:net|changes)\./.test(name))).toEqual([]);
    const shown = await linesOf(await make({ conversation: conversationId }, true));
    expect(namesOf(shown)).toContain('net.ip');
    const [hidden, open] = await Promise.all([verify(masked), verify(shown)]);
    expect([hidden.valid, open.valid, open.counts.withheld]).toEqual([true, true, 0]);
    expect(hidden.counts.withheld).toBeGreaterThan(0);
  });

  it('is on the record before its first line is given, and the record has its digest', async () => {
    const before = await size();
    const { manifest } = await make({ conversation: conversationId });
    const { rows } = await tamperer.client.query(
      `select body::jsonb -> 'metadata' as metadata, conversation_id from record_body
       where workspace_id = $1 and sequence >= $2 and action = 'audit.exported'`,
      [id, before],
    );
    expect(rows).toEqual([
      {
        conversation_id: conversationId,
        metadata: {
          format: 'EVIDENCE',
          events: manifest.counts.events,
          texts: 5,
          unmasked: false,
          manifest: expect.stringMatching(/^[\w-]{43}$/),
        },
      },
    ]);
  });

  it('says of a text that is not kept any more that it is gone', async () => {
    const world2 = await createWorld(server, 'forgetful');
    const made = await customerWrites(world2, { text: 'forget me' });
    const other = world2.ids.workspace;
    await tamperer.client.query(`update message set text = null where workspace_id = $1`, [other]);
    const lines = await linesOf(await make({ conversation: made.conversationId }, false, other));
    expect(lines.join('\n')).not.toContain('forget me');
    expect(await verify(lines, [], other)).toMatchObject({ valid: true, counts: { texts: 0, gone: 1 } });
  });

  it('is refused for none of the workspace, and nothing is recorded', async () => {
    const before = await size();
    for (const conversation of [randomUUID(), '#999999', 'nonsense', '0']) {
      await expect(make({ conversation })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    const elsewhere = await createWorld(server, 'third');
    const foreign = await customerWrites(elsewhere);
    await expect(make({ conversation: foreign.conversationId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await size()).toBe(before);
  });
});

describe('the bundle of a contact', () => {
  it('has the events of all their conversations', async () => {
    const { rows } = await tamperer.client.query('select contact_id from conversation where id = $1', [conversationId]);
    const lines = await linesOf(await make({ contact: rows[0].contact_id }));
    expect(await verify(lines)).toMatchObject({ valid: true });
    expect((JSON.parse(lines[0]!) as ManifestLine).asked).toMatchObject({ kind: 'CONTACT', label: 'Asha' });
    expect(textsOf(lines)).toContain('Where is order 5?');
    expect(lines.join('\n')).not.toContain(SECRET);
    await expect(make({ contact: randomUUID() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the bundle of a range', () => {
  it('has every event from the first to the last, by sequence or time', async () => {
    const end = await size();
    for (const [from, to] of [
      [0, 0],
      [0, end - 1],
      [255, 257],
      [end - 1, end - 1],
      [280, 310],
    ] as const) {
      const lines = await linesOf(await make({ from, to }));
      expect(
        entriesOf(lines)
          .filter(({ as }) => as === 'ASKED')
          .map(({ leaf }) => leaf.seq),
      ).toEqual(Array.from({ length: to - from + 1 }, (_, n) => from + n));
      expect(await verify(lines)).toMatchObject({ valid: true, findings: [] });
    }
    const { rows } = await tamperer.client.query<{ at: Date; last: string }>(
      `select date_trunc('milliseconds', recorded_at) as at, (select max(sequence) from record_entry f
         where f.workspace_id = $1 and f.recorded_at < date_trunc('milliseconds', e.recorded_at) + interval '1 ms') as last
       from record_entry e where workspace_id = $1 and sequence = 305`,
      [id],
    );
    const { manifest } = await make({ from: null, to: rows[0]!.at });
    expect(manifest.asked).toEqual({ kind: 'RANGE', from: 0, to: Number(rows[0]!.last) });
  });

  it('is refused where nothing is', async () => {
    await expect(make({ from: 5, to: 4 })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(make({ from: 0, to: 1_000_000 })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(make({ from: new Date('2999-01-01'), to: null })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

describe('an older checkpoint', () => {
  it('is compared with a bundle that was made later, without being asked for', async () => {
    const { note } = await signCheckpoint(server.app, id);
    await recordEvents(server, id, 3);
    const lines = await linesOf(await make({ conversation: conversationId }));
    expect(await verify(lines, [note])).toMatchObject({ valid: true, consistent: true });
  });

  it('is what the database must go on from', async () => {
    const mine = await createWorld(server, 'mine');
    const workspaceId = mine.ids.workspace;
    const { db } = server.app;
    await recordEvents(server, workspaceId, 5);
    const { note, size: signed } = await signCheckpoint(server.app, workspaceId);
    await recordEvents(server, workspaceId, 5);
    const policy = await policyOf(workspaceId);
    expect(await verifyCheckpoint(db, note, policy)).toMatchObject({ valid: true, trusted: true, consistent: true });
    expect(await verifyCheckpoint(db, note, await policyOf(id))).toMatchObject({ valid: false, trusted: false });

    await tamperer.rewind(workspaceId, signed - 2);
    const rewound = await verifyCheckpoint(db, note, policy);
    expect(rewound).toMatchObject({ valid: false, trusted: true, consistent: false, findings: [] });
    expect(rewound.log?.findings.map(({ kind, part }) => `${kind} ${part}`)).toEqual(['REWOUND root']);
    await recordEvents(server, workspaceId, 9);
    const forked = await verifyCheckpoint(db, note, policy);
    expect(forked).toMatchObject({ valid: false, trusted: true, consistent: false, findings: [] });
    expect(forked.log?.findings.map(({ kind, part }) => `${kind} ${part}`)).toEqual(['FORKED root']);
    await expect(make({ from: 0, to: 1 }, false, workspaceId)).rejects.toMatchObject({ code: 'RECORD_INCONSISTENT' });
    await openEpoch(server.app, workspaceId);
    const epoch = await verifyCheckpoint(db, note, await policyOf(workspaceId));
    expect(epoch.findings.map(({ kind }) => kind)).toEqual(['NOT_CONSISTENT']);
  });
});

it('an altered event is not passed on as evidence', async () => {
  const spoilt = await createWorld(server, 'spoilt');
  const made = await customerWrites(spoilt);
  await tamperer.client.query(
    `update record_body set body = replace(body, 'SUCCESS', 'FAILURE') where conversation_id = $1 and action = 'message.received'`,
    [made.conversationId],
  );
  await expect(make({ conversation: made.conversationId }, false, spoilt.ids.workspace)).rejects.toMatchObject({
    code: 'RECORD_INCONSISTENT',
  });
});

it('what changes while it is written is noticed', async () => {
  const changing = await createWorld(server, 'changing');
  const made = await customerWrites(changing, { text: 'before' });
  const evidence = await make({ conversation: made.conversationId }, false, changing.ids.workspace);
  await tamperer.client.query('update message set text = null where workspace_id = $1', [changing.ids.workspace]);
  await expect(linesOf(evidence)).rejects.toMatchObject({ code: 'CONFLICT' });
});
