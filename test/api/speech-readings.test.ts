import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { ERASE, SET_SPEECH } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { evidenceOf } from '../support/evidence-texts.js';
import { everythingOf } from '../support/everything-of.js';
import { LiveTranscript } from '../support/live-transcript.js';
import { asCustomer, customerWrites, FOLLOW_OWN, READ_OWN, SEND } from '../support/operations.js';
import { setViewWindow, startTestServer, type TestServer } from '../support/server.js';
import { HEARD, segment, setSpeech, speechIn } from '../support/speech.js';
import { sentRecording } from '../support/uploads.js';
import { createWorld, type World } from '../support/world.js';

const directory = mkdtempSync(join(tmpdir(), 'verbatim-speech-'));
let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let owner: pg.Client;
beforeAll(async () => {
  server = await startTestServer({ env: { ATTACHMENTS_DIR: directory } });
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  await setViewWindow(server, 0);
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const set = (attachmentId: string, segments: object[]) => setSpeech(agent, attachmentId, segments);
const speechOf = (conversationId: string) => speechIn(admin, conversationId);
async function sent() {
  const made = await customerWrites(world);
  return { ...made, ...(await sentRecording(agent, made.conversationId)) };
}
const erase = async (id: string) => {
  const query = 'query($id: ID!) { conversation(id: $id) { contact { id } } }';
  const contactId = (await admin.ask(query, { id })).conversation.contact.id;
  const { eraseContact } = await admin.ask(ERASE, { input: { contactId, reason: 'They asked for it' } });
  expect(eraseContact.completed).toBe(true);
};

describe('reading it', () => {
  it('is on the record wherever it stands, and streams of changes do not tell it', async () => {
    const { conversationId, attachmentId, number } = await sent();
    await set(attachmentId, [segment('Read me')]);
    const { auditEvents: before } = await admin.ask('{ auditEvents(first: 1) { nodes { sequence } } }');
    const list = `{ conversations(first: 1, orderBy: CREATED_DESC) { nodes { id lastMessage { ${HEARD} } } } }`;
    const { conversations } = await agent.ask(list);
    expect(conversations.nodes[0]).toMatchObject({
      id: conversationId,
      lastMessage: { attachments: [{ speech: [segment('Read me')] }] },
    });
    const read =
      '{ auditEvents(filter: { actions: ["transcript.viewed"] }, first: 1) { nodes { sequence actor { label } target { label } } } }';
    const [event] = (await admin.ask(read)).auditEvents.nodes;
    expect(event).toMatchObject({ actor: { label: 'Bo' }, target: { label: `#${number}` } });
    expect(event.sequence).toBeGreaterThan(before.nodes[0].sequence);
    for (const stream of [
      `conversationChanges { conversation { lastMessage { ${HEARD} } } }`,
      `workspaceEvents { message { ${HEARD} } }`,
      `transcriptChanges(conversationId: "${conversationId}") { entry { ... on Message { replyTo { ${HEARD} } } } }`,
      `transcriptChanges(conversationId: "${conversationId}") { entry { ... on Message { conversation { lastMessage { ${HEARD} } } } } }`,
    ]) {
      const refused = admin.subscribe(`subscription { ${stream} }`);
      expect(JSON.stringify(await refused.end()), `${stream}`).toContain('VALIDATION_FAILED');
      await refused.stop();
    }
  });

  it('costs no statement more for more of them', async () => {
    const { conversationId } = await customerWrites(world);
    const query = `query($id: ID!) { conversation(id: $id) { messages { nodes { ${HEARD} } } } }`;
    const statements = async (): Promise<number> => {
      const pool = server.app.db.reader;
      const asked = pool.query;
      let count = 0;
      pool.query = ((...args: never[]) => {
        if (/ from (?:speech|attachment) /.test((args as { text?: string }[])[0]?.text ?? '')) count += 1;
        return (asked as (...all: never[]) => unknown).apply(pool, args);
      }) as typeof asked;
      try {
        await admin.ask(query, { id: conversationId });
        return count;
      } finally {
        pool.query = asked;
      }
    };
    await set((await sentRecording(agent, conversationId)).attachmentId, [segment('One')]);
    expect(await statements()).toBe(2);
    for (const text of ['Two', 'Three']) {
      await set((await sentRecording(agent, conversationId)).attachmentId, [segment(text)]);
    }
    expect(await statements()).toBe(2);
    expect(await speechOf(conversationId)).toEqual(['One', 'Two', 'Three'].map((text) => [segment(text)]));
  });

  it('is not for customers, who are not even told that there is something new', async () => {
    const customer = await asCustomer(world, { contactExternalId: 'speech', name: 'Asha' });
    const { conversationId } = await customerWrites(world, { contact: { externalId: 'speech' } });
    const { attachmentId } = await sentRecording(agent, conversationId);
    const at = (await customer.ask(READ_OWN, { id: conversationId })).customerConversation.messages.eventCursor;
    const stream = customer.subscribe(FOLLOW_OWN, { id: conversationId, at });
    await stream.until(({ customerTranscriptChanges: { changeType } }) => changeType === 'CURSOR');
    await set(attachmentId, [segment('Secretly')]);
    await agent.ask(SEND, { input: { conversationId, text: 'Afterwards' } });
    await stream.until(({ customerTranscriptChanges: { message } }) => message?.text === 'Afterwards');
    const told = stream.frames
      .map(({ customerTranscriptChanges: change }) => change)
      .filter(({ changeType }) => changeType !== 'CURSOR');
    expect(told.map(({ changeType, message }) => [changeType, message.text])).toEqual([['ADDED', 'Afterwards']]);
    await stream.stop();
  });
});

it('proves what was written down, also what was replaced, until it is erased; then nothing is left and all verifies', async () => {
  const { conversationId, attachmentId, messageId } = await sent();
  await set(attachmentId, [segment('Tamarin first')]);
  await set(attachmentId, [segment('Tamarin second')]);
  const followed = await LiveTranscript.open(admin, conversationId, HEARD, 25);
  const { workspace } = world.ids;
  const evidence = () => evidenceOf(server, workspace, conversationId, ['speech.transcribed']);
  const before = await evidence();
  expect(before.report).toMatchObject({ valid: true, findings: [] });
  expect(before.texts.map((text) => JSON.parse(text!))).toEqual([
    [segment('Tamarin first')],
    [segment('Tamarin second')],
  ]);
  await erase(conversationId);
  expect(await everythingOf(owner, workspace)).not.toContain('Tamarin');
  const after = await evidence();
  expect(after.report).toMatchObject({ valid: true, findings: [] });
  expect(after.texts).toEqual([null, null]);
  expect(await verifyWorkspace(server.app.db, workspace)).toMatchObject({ valid: true, findings: [] });
  const lines = await followed.matches();
  expect(lines.at(-1)).toMatchObject({ id: messageId, text: null, attachments: [] });
  await followed.stream.stop();
});

it('waits for an erasure that goes before, and then keeps nothing', async () => {
  const { conversationId, attachmentId } = await sent();
  await owner.query('begin');
  await owner.query('select 1 from conversation where id = $1 for update', [conversationId]);
  const erased = erase(conversationId);
  await waiters(1);
  const input = { attachmentId, segments: [segment('Guenon')] };
  const refused = agent.refused(SET_SPEECH, { input });
  await waiters(2);
  await owner.query('rollback');
  expect((await refused).extensions.code).toBe('CONFLICT');
  await erased;
  expect(await everythingOf(owner, world.ids.workspace)).not.toContain('Guenon');
});

/** Waits until as many statements of this database wait for a row. */
async function waiters(count: number): Promise<void> {
  await expect
    .poll(
      async () => {
        await owner.query('select pg_stat_clear_snapshot()');
        const { rows } = await owner.query(
          `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows[0].n;
      },
      { timeout: 4_000 },
    )
    .toBe(count);
}
