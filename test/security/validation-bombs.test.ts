import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld } from '../support/world.js';
import { nested, times } from '../resolvers/admission-sample.js';

/** What the check of one operation may cost in processor time, in milliseconds, the answering with it. */
const MAX_CPU_MS = 100;
/** A document as large as a query may be. */
const FULL = 16_384;

interface Bomb {
  query: string;
  /** As JSON: what nests so deeply is nothing that could be made JSON of. */
  variables?: string;
  code: 'LIMIT_EXCEEDED' | 'VALIDATION_FAILED';
  /** The limit that stops it, where it is one. */
  limit?: string;
}

const spreading = (count: number, body: (next: string) => string) =>
  `${times(count - 1, (i) => `fragment F${i} on Query{${body(`...F${i + 1}`)}}`)} fragment F${count - 1} on Query{viewer{__typename}}`;

/** As many repetitions as a query text has room for. */
const filled = (start: string, text: (index: number) => string, end: string): string => {
  let query = start;
  for (let i = 0; query.length + text(i).length + end.length <= FULL; i += 1) query += text(i);
  return query + end;
};

const bombs: Record<string, Bomb> = {
  'aliases of one field': {
    query: `{viewer{${times(200, (i) => `a${i}:__typename`)}}}`,
    code: 'LIMIT_EXCEEDED',
    limit: 'aliases',
  },
  'aliases without end': { query: filled('{', (i) => `a${i}:viewer `, '}'), code: 'LIMIT_EXCEEDED', limit: 'tokens' },
  'one field, again and again': {
    query: filled('{', () => 'x ', '}'),
    code: 'LIMIT_EXCEEDED',
    limit: 'tokens',
  },
  'one field as often as tokens allow': {
    query: `{${'x '.repeat(1_490)}}`,
    code: 'VALIDATION_FAILED',
  },
  'selections that must be merged pair by pair': {
    query: `{${'conversations{nodes{subject}} '.repeat(180)}x}`,
    code: 'VALIDATION_FAILED',
  },
  'selections that conflict pair by pair': {
    query: `{${times(120, (i) => `conversations(first:${i}){nodes{id}}`)}}`,
    code: 'VALIDATION_FAILED',
  },
  'fragments that double': {
    query: `{...F0} ${spreading(30, (next) => `${next} ${next}`)} query B{x}`,
    code: 'VALIDATION_FAILED',
  },
  'fragments that double what is loaded': {
    query: `{conversations(first:100){nodes{...F0}}} ${times(29, (i) => `fragment F${i} on Conversation{...F${i + 1} ...F${i + 1}}`)} fragment F29 on Conversation{contact{id}}`,
    code: 'LIMIT_EXCEEDED',
    limit: 'nodes',
  },
  'fragments in a circle': {
    query: `{...F0} ${times(29, (i) => `fragment F${i} on Query{...F${(i + 1) % 29} ...F${(i + 2) % 29}}`)}`,
    code: 'VALIDATION_FAILED',
  },
  'fragments that are all in each': {
    query: `{...F0} ${times(30, (i) => `fragment F${i} on Query{${times(20, (j) => `...F${(i + j + 1) % 30}`)}}`)}`,
    code: 'VALIDATION_FAILED',
  },
  'more fragments than are allowed': {
    query: `{...F0} ${spreading(31, (next) => next)}`,
    code: 'LIMIT_EXCEEDED',
    limit: 'fragments',
  },
  'directives on one field': {
    query: `{viewer{__typename ${'@include(if:true)'.repeat(200)}}}`,
    code: 'LIMIT_EXCEEDED',
    limit: 'directives',
  },
  'directives that nobody knows': {
    query: `{viewer{__typename ${'@a'.repeat(700)}}}`,
    code: 'LIMIT_EXCEEDED',
    limit: 'directives',
  },
  'levels of selections': { query: `{${nested(450, 'a', 'b')}}`, code: 'LIMIT_EXCEEDED', limit: 'depth' },
  'levels of fragments inside': {
    query: `{${'...{'.repeat(700)}viewer{x}${'}'.repeat(700)}}`,
    code: 'LIMIT_EXCEEDED',
    limit: 'tokens',
  },
  'levels of lists': { query: `{viewer(a:${'['.repeat(8_000)}`, code: 'LIMIT_EXCEEDED', limit: 'tokens' },
  'levels of objects': {
    query: `{viewer(a:${'{a:'.repeat(350)}1${'}'.repeat(350)}){id}}`,
    code: 'VALIDATION_FAILED',
  },
  'a comment': { query: `{x}#${'-'.repeat(FULL - 4)}`, code: 'VALIDATION_FAILED' },
  'comments, each on its line': { query: filled('{x}', () => '#\n', ''), code: 'VALIDATION_FAILED' },
  'blanks and commas': { query: filled('{x', () => ' ,', '}'), code: 'VALIDATION_FAILED' },
  'one huge name': { query: `{${'a'.repeat(FULL - 2)}}`, code: 'VALIDATION_FAILED' },
  'one huge text': { query: `{x(a:"${'\\u0041'.repeat(2_700)}")}`, code: 'VALIDATION_FAILED' },
  'one huge block of text': { query: `{x(a:"""${'\n '.repeat(8_000)}a""")}`, code: 'VALIDATION_FAILED' },
  'one huge number': { query: `{conversations(first:${'9'.repeat(16_000)}){nodes{id}}}`, code: 'VALIDATION_FAILED' },
  'a text that does not end': { query: `{x(a:"${'a'.repeat(16_000)}`, code: 'VALIDATION_FAILED' },
  'variables of one name': {
    query: `query(${times(300, () => '$a:Int')}){__typename}`,
    code: 'VALIDATION_FAILED',
  },
  'variables that nobody uses': {
    query: `query(${times(360, (i) => `$a${i}:Int`)}){__typename}`,
    code: 'VALIDATION_FAILED',
  },
  'variables of types that are lists of lists': {
    query: `query($a:${'['.repeat(700)}Int${']'.repeat(700)}){__typename}`,
    code: 'VALIDATION_FAILED',
  },
  'one variable used everywhere, which there is not': {
    query: `{${'conversations(first:$a){nodes{id}} '.repeat(100)}}`,
    code: 'VALIDATION_FAILED',
  },
  'arguments of one name': {
    query: `{conversations(${'first:1 '.repeat(450)}){nodes{id}}}`,
    code: 'VALIDATION_FAILED',
  },
  'operations of one name': { query: 'query A{__typename}'.repeat(280), code: 'VALIDATION_FAILED' },
  'operations of all names': { query: `${times(300, (i) => `query A${i}{x}`)}`, code: 'VALIDATION_FAILED' },
  'types of its own': { query: times(360, (i) => `scalar S${i}`), code: 'VALIDATION_FAILED' },
  'the schema, level after level': {
    query: `{__schema{types{${'fields{type{'.repeat(6)}name${'}}'.repeat(6)}}}}`,
    code: 'LIMIT_EXCEEDED',
    limit: 'depth',
  },
  'a name that is nearly right': { query: '{vieweR{id}conversation{id}handover{id}}', code: 'VALIDATION_FAILED' },
  'the schema, list in list': {
    query: '{__schema{types{fields{args{type{fields{args{name}}}}}}}}',
    code: 'LIMIT_EXCEEDED',
    limit: 'nodes',
  },
  'variables that nest': {
    query: '{__typename}',
    variables: `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    code: 'LIMIT_EXCEEDED',
    limit: 'inputDepth',
  },
  'a long list': {
    query: '{__typename}',
    variables: `{"a":[${'1,'.repeat(15_000)}1]}`,
    code: 'LIMIT_EXCEEDED',
    limit: 'listInput',
  },
  'more text than is read': { query: ' '.repeat(FULL + 1), code: 'LIMIT_EXCEEDED', limit: 'queryBytes' },
};

interface Told {
  message: string;
  extensions: { code: string; limit?: string; errors?: { message: string }[] };
}

let server: TestServer;
let key: string;
let socket: WebSocket;
/** Who waits for the answer to an operation over the socket. */
const waiting = new Map<string, (message: { type: string; payload: Told[] }) => void>();

beforeAll(async () => {
  server = await startTestServer();
  key = (await createWorld(server)).keys.all;
  socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const acknowledged = new Promise<void>((resolve) =>
    socket.on('message', (text) => {
      const message = JSON.parse(String(text));
      if (message.type === 'connection_ack') resolve();
      waiting.get(message.id)?.(message);
    }),
  );
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
  await acknowledged;
});
afterAll(async () => {
  socket.close();
  await server.stop();
});

type Send = (body: string) => Promise<Told[]>;
const overHttp =
  (path: string): Send =>
  async (body) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    return ((await response.json()) as { errors: Told[] }).errors;
  };
let operations = 0;
const overSocket: Send = async (body) => {
  const id = String((operations += 1));
  const answer = new Promise<{ type: string; payload: Told[] }>((resolve) => waiting.set(id, resolve));
  socket.send(`{"id":"${id}","type":"subscribe","payload":${body}}`);
  const { type, payload } = await answer;
  waiting.delete(id);
  expect(type).toBe('error');
  return payload;
};

const transports: Record<string, Send> = {
  HTTP: overHttp('/graphql'),
  'server-sent events': overHttp('/graphql/stream'),
  WebSocket: overSocket,
};

/** The processor time that something took in this process, in which the server is too, in milliseconds. */
async function cpuOf<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1_000, result };
}

describe.each(Object.entries(transports))('over %s', (_transport, send) => {
  it.each(Object.entries(bombs))(
    '%s: refused at once, with its code and nothing of the schema',
    async (_name, bomb) => {
      const measured: number[] = [];
      // What is refused is kept nowhere, so that each round is as the first. More of them would be too many messages.
      for (let round = 0; round < 3; round += 1) {
        const body = `{"query":${JSON.stringify(bomb.query)},"variables":${bomb.variables ?? 'null'}}`;
        const { ms, result } = await cpuOf(() => send(body));
        measured.push(ms);
        expect(result).toHaveLength(1);
        const [{ message, extensions }] = result as [Told];
        expect([extensions.code, extensions.limit]).toEqual([bomb.code, bomb.limit]);
        expect(extensions.errors?.length ?? 0).toBeLessThanOrEqual(5);
        expect(JSON.stringify(result)).not.toMatch(/did you mean|node_modules|\bat \S+:\d+/i);
        expect(message.length).toBeGreaterThan(0);
      }
      // The median: a collection of garbage in one of them is not the operation's.
      expect(measured.toSorted((a, b) => a - b)[1]).toBeLessThan(MAX_CPU_MS);
    },
  );
});
