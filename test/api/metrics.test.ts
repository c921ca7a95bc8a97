import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.js';
import { ApiClient } from '../support/client.js';
import { valueOf } from '../support/metrics.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

const token = 'a token of sixteen or more'.replaceAll(' ', '-');

/** The status and text of `/metrics`, asked with these headers. */
const ask = (url: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; type: string | undefined; text: string }>((resolve, reject) => {
    request(`${url}/metrics`, { headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        resolve({ status: response.statusCode!, type: response.headers['content-type'], text });
      });
    })
      .on('error', reject)
      .end();
  });

test('operations are counted by type and code, with nothing of who sent them', async () => {
  const { url, stop } = await server.another();
  const at = (await world.as('agent')).at(url);
  await at.ask('{viewer{__typename}}');
  await at.ask('{viewer{__typename}}');
  await at.refused('{conversation(id:"018f0000-0000-7000-8000-000000000000"){id}}');
  await at.refused('{nothing}');
  await new ApiClient(url, null).refused('mutation($i:SignInInput!){signIn(input:$i){accessToken}}', {
    i: { email: world.email('agent'), password: 'not the password' },
  });
  const subscription = await world.withKey('feed').at(url).subscribe('subscription{workspaceEvents{id}}').connected();
  const { status, type, text } = await ask(url);
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  expect(valueOf(text, 'verbatim_operations_total{type="query",code="OK"}')).toBe(2);
  expect(valueOf(text, 'verbatim_operations_total{type="query",code="NOT_FOUND"}')).toBe(1);
  expect(valueOf(text, 'verbatim_operations_total{type="mutation",code="UNAUTHENTICATED"}')).toBe(1);
  expect(valueOf(text, 'verbatim_operations_total{type="refused",code="VALIDATION_FAILED"}')).toBe(1);
  expect(valueOf(text, 'verbatim_operation_seconds_count{type="query"}')).toBe(3);
  expect(valueOf(text, 'verbatim_live_connections')).toBe(1);
  expect(valueOf(text, 'verbatim_database_connections{pool="read",state="waiting"}')).toBe(0);
  expect(text).toContain('verbatim_database_connections{pool="write",state="idle"}');
  expect(valueOf(text, 'verbatim_files_reachable')).toBe(1);
  expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
  for (const secret of [world.ids.workspace, world.ids.agents.agent, world.slug, PASSWORD, '127.0.0.1']) {
    expect(text).not.toContain(secret);
  }
  await subscription.stop();
  await stop();
});

test('without a token only this machine is answered, and nobody through a proxy on it', async () => {
  expect((await ask(server.url)).status).toBe(200);
  for (const header of [{ 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }]) {
    expect(await ask(server.url, header)).toMatchObject({ status: 404, text: '{"status":"not found"}' });
  }
});

test('with a token only who sends it is answered', async () => {
  const { url, stop } = await server.another({ METRICS_TOKEN: token });
  for (const authorization of ['', 'Bearer ', `Bearer ${token}x`, token, `Bearer ${world.keys.all}`]) {
    expect((await ask(url, { authorization })).status).toBe(404);
  }
  expect((await ask(url)).status).toBe(404);
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '192.0.2.1' };
  expect((await ask(url, headers)).status).toBe(200);
  await stop();
});
