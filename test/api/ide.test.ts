import { parse, validate } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allResolvers } from '../../src/resolvers/all-resolvers.js';
import { examples } from '../../src/resolvers/ide/examples.js';
import { buildApiSchema } from '../../src/schema/build-schema.js';
import { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD } from '../support/world.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const HTML = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8';
const get = (path: string, accept = HTML, url = server.url) => fetch(`${url}${path}`, { headers: { accept } });

/** What an asset names that a browser loads with it. */
function named(text: string, type: string): string[] {
  const patterns = type.includes('html')
    ? [/<(?:link|script|img)\b[^>]*?\b(?:href|src)="([^"]*)"/g]
    : type.includes('css')
      ? [/url\(["']?([^"')]+)["']?\)/g, /@import\s+["']([^"']+)/g]
      : [/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+\.js)"/g, /new URL\("([^"]+\.js)",\s*import\.meta\.url\)/g];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((found) => found[1]!));
}

test('everything that the page names, and what that names, is served by this server and is nowhere else', async () => {
  const page = await get('/');
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toContain('<base href="./ide/">');
  const wanted = named(html, 'text/html').map((name): [string, string] => [name, `${server.url}/ide/${name}`]);
  expect(wanted.length).toBeGreaterThan(10);
  const seen = new Set<string>();
  for (let next = wanted.shift(); next; next = wanted.shift()) {
    const [name, address] = next;
    if (name.startsWith('data:') || name.startsWith('#') || seen.has(address)) continue;
    expect(name).not.toMatch(/^(?:[a-z]+:)?\/\//i);
    seen.add(address);
    const answer = await get(new URL(address).pathname);
    expect([name, answer.status]).toEqual([name, 200]);
    const type = answer.headers.get('content-type') ?? '';
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    const text = await answer.text();
    if (/javascript|css/.test(type))
      wanted.push(...named(text, type).map((n): [string, string] => [n, new URL(n, address).href]));
  }
  expect(seen.has(`${server.url}/ide/main.js`)).toBe(true);
  expect([...seen].some((address) => address.includes('/worker-'))).toBe(true);
  expect([...seen].some((address) => address.includes('/media/'))).toBe(true);
});

test('the page’s policy lets it load from and speak with its own server alone, by a nonce that is used once', async () => {
  const nonces = new Set<string>();
  for (let time = 0; time < 2; time++) {
    const page = await get('/');
    const policy = page.headers.get('content-security-policy')!;
    const nonce = /script-src 'self' 'nonce-([^']{24})';/.exec(policy)![1]!;
    nonces.add(nonce);
    expect(policy).toContain("default-src 'none'; ");
    expect(policy).toContain("connect-src 'self'; ");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/https?:|wss?:|\*|unsafe-eval|script-src[^;]*unsafe|style-src [^;]*unsafe/);
    expect(page.headers.get('cache-control')).toBe('no-store');
    const html = await page.text();
    expect([...html.matchAll(/<script\b(?![^>]*\bsrc=)[^>]*>/g)].map(String)).toEqual(
      [0, 1].map(() => `<script type="module" nonce="${nonce}">`),
    );
    expect(html).toContain('disableAccount: true');
    expect(html).not.toMatch(/vbk_|demo\.test/);
  }
  expect(nonces.size).toBe(2);
});

test('whoever does not ask for HTML finds on / what was there before, and no other file is to be had', async () => {
  for (const accept of ['*/*', 'application/json']) expect((await get('/', accept)).status).toBe(404);
  expect((await fetch(server.url, { method: 'POST', headers: { accept: HTML } })).status).toBe(404);
  for (const path of ['/ide/', '/ide/index.html', '/ide/iframe-sandbox/index.html', '/ide/..%2f..%2fpackage.json']) {
    expect([path, (await get(path)).status >= 400]).toEqual([path, true]);
  }
});

test('there is none where it is switched off', async () => {
  for (const env of [{ IDE: 'off' }, { INTROSPECTION: 'nobody' }]) {
    const node = await server.another(env as Record<string, string>);
    expect((await get('/', HTML, node.url)).status).toBe(404);
    expect((await get('/ide/main.js', HTML, node.url)).status).toBe(404);
    await node.stop();
  }
});

test('below a path and behind TLS it speaks with the server where callers reach it', async () => {
  const node = await server.another({ PUBLIC_URL: 'https://inbox.example.com/api' });
  const html = await (await get('/', HTML, node.url)).text();
  expect(html).toContain('endpointURL: `/api/graphql`');
  expect(html).toContain('subscriptionsProtocol: `wss`');
  await node.stop();
});

test('its examples are valid, and sent one after the other each has what it needs from those before', async () => {
  const schema = await buildApiSchema(allResolvers);
  for (const { name, query } of examples) expect([name, ...validate(schema, parse(query))]).toEqual([name]);
  const world = await createWorld(server);
  const environment: Record<string, string> = {
    email: world.email('admin'),
    password: PASSWORD,
    apiKey: world.keys.all,
    inboxId: world.ids.inbox,
  };
  for (const { name, query, variables = '{}', credential, before = '', after = '' } of examples) {
    const run = (script: string, body?: unknown) => {
      const helpers = { setEnvironment: (key: string, value: string) => (environment[key] = value) };
      // The interpreter of the page knows no more than this.
      // oxlint-disable-next-line no-new-func, no-implied-eval
      new Function('altair', script)({ helpers, response: { body: JSON.stringify(body) } });
    };
    run(before);
    const text = variables.replaceAll(/\{\{(\w+)\}\}/g, (_whole, key: string) => environment[key] ?? '');
    if (query.includes('\nsubscription ')) continue;
    const client = new ApiClient(server.url, environment[credential] ?? null);
    const data = await client.ask(query, JSON.parse(text) as Record<string, unknown>);
    expect([name, Object.values(data)[0]]).not.toEqual([name, null]);
    run(after, { data });
  }
  expect(environment['token']).toMatch(/^eyJ/);
  expect(environment['conversationId']).toMatch(/^[0-9a-f-]{36}$/);
});
