import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startCli } from '../cli/run-cli.js';
import { conversation, ImportStage } from '../imports/stage.js';
import { Wire } from './wire.js';

const PATIENCE = 120_000;
const CONVERSATIONS = 120;
/** More than one transaction holds, so that it is written in parts. */
const LONG = 700;
const SAID = LONG + (CONVERSATIONS - 1) * 10;
let stage: ImportStage;
let wire: Wire;
beforeAll(async () => {
  stage = await ImportStage.open();
  wire = await Wire.to(stage.server.database.url);
}, PATIENCE);
afterAll(async () => {
  await wire.close();
  await stage.close();
});

const messages = (of: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    externalId: `${of}-${n}`,
    author: n % 2 === 0 ? 'contact' : 'agent@acme.test',
    text: `${n} of ${of}`,
    at: new Date(Date.UTC(2023, 0, 1) + n * 1_000).toISOString(),
  }));

it.each([
  ['before its first conversation is written', 'insert into transcript_entry', 0, SAID - 1],
  ['before a batch is appended', 'message.imported', 0, SAID - 1],
  ['when some of it was there', null, 1, SAID],
  ['before its end was on the record', 'import.completed', SAID, SAID],
] as const)('goes on after it was killed %s', { timeout: PATIENCE }, async (name, statement, least, most) => {
  const of = name;
  const note = { author: 'colleague@acme.test', text: 'Noted', at: '2023-02-01T00:00:00Z' };
  const lines = Array.from({ length: CONVERSATIONS }, (_, n) => {
    const id = `${of} ${n}`;
    return conversation(id, { messages: messages(id, n === 60 ? LONG : 10), notes: [note], labels: [of] });
  });
  const file = await stage.file(`${name}.ndjson`, lines);
  const before = await stage.counts();

  const args = ['import', file, '--workspace', stage.world.slug, '--inbox', 'Web chat', '--json'];
  const cli = startCli(args, { ...stage.env, DATABASE_URL: wire.url });
  const kill = () => void cli.child.kill('SIGKILL');
  if (statement) wire.interrupt({ statement, at: 'asked', act: kill });
  else
    await vi
      .waitUntil(async () => (await stage.counts())['message']! > before['message']!, { timeout: 60_000, interval: 2 })
      .then(kill);
  expect(await cli.ended).toEqual({ code: null, stdout: '', stderr: '' });

  const half = await stage.counts();
  const there = half['message']! - before['message']!;
  expect(there).toBeGreaterThanOrEqual(least);
  expect(there).toBeLessThanOrEqual(most);
  // Whole batches, each with its events.
  expect(await stage.verified()).toMatchObject({ valid: true, findings: [] });
  const { sql } = await import('../../src/services/sql.js');
  const [recorded] = await stage.server.app.db.rows<{ events: number }>(sql`
    select count(*)::int as events from record_body
    where workspace_id = ${stage.world.ids.workspace} and action = 'message.imported'`);
  expect(recorded!.events).toBe(half['message']);

  expect(await stage.summary(file)).toMatchObject({
    code: 0,
    messages: { created: SAID - there, unchanged: there },
    rejected: 0,
  });
  const after = await stage.counts();
  expect({
    conversations: after['conversation']! - before['conversation']!,
    messages: after['message']! - before['message']!,
    notes: after['note']! - before['note']!,
    contacts: after['contact']! - before['contact']!,
    labels: after['label']! - before['label']!,
  }).toEqual({
    conversations: CONVERSATIONS,
    messages: SAID,
    notes: CONVERSATIONS,
    contacts: CONVERSATIONS,
    labels: 1,
  });
  const long = await stage.read(`${of} 60`);
  expect(
    long.transcript.nodes.filter(({ text }: { text?: string }) => text).map(({ text }: { text: string }) => text),
  ).toEqual(Array.from({ length: 98 }, (_, n) => `${n} of ${of} 60`));
  expect(long).toMatchObject({ lastMessage: { text: `${LONG - 1} of ${of} 60` }, status: 'RESOLVED' });
  expect(await stage.summary(file)).toMatchObject({ code: 0, messages: { created: 0, unchanged: SAID } });
  expect(await stage.verified()).toMatchObject({ valid: true, findings: [] });
});
