import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeDataDir, startCli } from '../cli/run-cli.js';

interface Demo {
  apiKey: string;
  ids: { inbox: string };
}

let dataDir: string;
let demo: Demo;
let child: ChildProcess | undefined;

beforeAll(async () => {
  dataDir = await makeDataDir();
  const made = startCli(['demo', '--quiet'], { DATA_DIR: dataDir, PORT: '0' });
  await made.printed('Ctrl-C ends it');
  made.child.kill('SIGTERM');
  await made.ended;
  demo = JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')) as Demo;
}, 60_000);
afterAll(async () => {
  child?.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** Starts the built server on its embedded PostgreSQL; where it listens, and its exit code when it has ended. */
async function startMain(env: Record<string, string>): Promise<{ url: string; ended: Promise<unknown> }> {
  child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/main.js')], {
    env: { PATH: process.env['PATH'] ?? '', DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'debug', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close').then(([code]) => code as unknown);
  const lines = createInterface({ input: child.stdout! });
  const found: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const { msg, url, postgres } = JSON.parse(line) as { msg?: string; url: string; postgres?: string };
      if (postgres?.includes('database system was')) found.push(postgres.replace(/^.*LOG: +| at .*$/g, ''));
      if (msg === 'listening') resolve(url);
    });
    void ended.then((code) => reject(new Error(`the server ended with ${String(code)}`)));
  });
  // How the one before has left it.
  expect(found).toEqual(['database system was shut down']);
  return { url, ended };
}

const RECEIVE = `mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { duplicate message { id } } }`;

test('SIGTERM fails no request that is under way, ends with 0, and stops PostgreSQL cleanly', async () => {
  const { url, ended } = await startMain({});
  let answered = 0;
  const requests = Array.from({ length: 50 }, async (_, index) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${demo.apiKey}` },
      body: JSON.stringify({
        query: RECEIVE,
        // All of one contact: each waits for the one before it.
        variables: {
          input: { inboxId: demo.ids.inbox, externalId: `m${index}`, contact: { address: 'one' }, text: 'Hello' },
        },
      }),
    });
    const body = (await response.json()) as { data?: unknown };
    answered += 1;
    return [response.status, body.data];
  });
  await vi.waitFor(() => expect(answered).toBeGreaterThan(0), { timeout: 10_000, interval: 1 });
  const underWay = 50 - answered;
  child!.kill('SIGTERM');
  const answers = await Promise.all(requests);
  const last = performance.now();
  expect(underWay).toBeGreaterThan(10);
  const received = { receiveMessage: { duplicate: false, message: { id: expect.any(String) } } };
  expect(answers).toEqual(answers.map(() => [200, received]));
  expect(await ended).toBe(0);
  // Connections that clients would have kept for later do not hold it up.
  expect(performance.now() - last).toBeLessThan(5_000);
  expect(existsSync(join(dataDir, 'postgres/cluster/PG_VERSION'))).toBe(true);
  expect(existsSync(join(dataDir, 'postgres/cluster/postmaster.pid'))).toBe(false);
}, 60_000);

test('SIGTERM is not held up by clients that connect again as soon as they are sent away', async () => {
  const { url, ended } = await startMain({ DRAIN_SECONDS: '1' });
  const closed: number[] = [];
  const clients = Array.from({ length: 4 }, () => {
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${demo.apiKey}` },
      retryAttempts: Infinity,
      shouldRetry: () => true,
      retryWait: () => new Promise((resolve) => setImmediate(resolve)),
      on: { closed: (event) => closed.push((event as CloseEvent).code) },
    });
    let connected = (): void => {};
    const ready = new Promise<void>((resolve) => (connected = resolve));
    client.on('connected', () => connected());
    client.subscribe({ query: 'subscription { auditEvents { cursor } }' }, { next() {}, error() {}, complete() {} });
    return { client, ready };
  });
  await Promise.all(clients.map(({ ready }) => ready));
  const began = performance.now();
  child!.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(performance.now() - began).toBeLessThan(6_000);
  await Promise.allSettled(clients.map(({ client }) => client.dispose()));
  expect(closed.filter((code) => code === 1012)).toHaveLength(4);
}, 60_000);
