import { serverAudits, type AuditResult } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { INTROSPECTION: 'everyone' } });
});
afterAll(() => server.stop());

/** As every caller that sends queries with GET has to, these say that no page of another origin made them do it. */
const askedFirst: typeof fetch = (url, init) => {
  const headers = new Headers(init?.headers);
  headers.set('apollo-require-preflight', 'true');
  return fetch(url, { ...init, headers });
};

async function audited(): Promise<AuditResult[]> {
  const audits = serverAudits({ url: `${server.url}/graphql`, fetchFn: askedFirst });
  return Promise.all(audits.map(({ fn }) => fn()));
}

const told = (result: AuditResult): string =>
  result.status === 'ok' ? result.name : `${result.id} ${result.name}: ${result.reason}`;

const post = (body: string, contentType: string | null, accept = 'application/json', path = '/graphql') =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    // A Blob without a type: a text would be sent as text/plain.
    body: new Blob([body]),
    headers: { accept, ...(contentType === null ? {} : { 'content-type': contentType }) },
  });

test.each([
  ['no type at all', null],
  ['a text', 'text/plain'],
  ['a text that is JSON in a form', 'application/x-www-form-urlencoded'],
  ['another encoding', 'application/json; charset=iso-8859-1'],
])('a body that says to be %s is refused as 415, read or not', async (_name, type) => {
  for (const path of ['/graphql', '/graphql/stream']) {
    const response = await post('{"query":"{__typename}"}', type, 'application/json', path);
    expect([path, response.status]).toEqual([path, 415]);
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'Send application/json in UTF-8.', extensions: { code: 'VALIDATION_FAILED' } }],
    });
  }
});

test.each([
  ['{"query":7}', 'query: must be a string'],
  ['{}', 'query: must be a string'],
  ['[{"query":"{__typename}"}]', 'body: must be a JSON object with query, and optionally operationName and variables'],
  ['{"query":"{__typename}","variables":[]}', 'variables: must be an object'],
  ['{"query":"{__typename}","operationName":1}', 'operationName: must be a string'],
])('%s is no request, and says so by its status whatever is accepted', async (body, message) => {
  for (const accept of ['application/json', 'application/graphql-response+json']) {
    const response = await post(body, 'application/json', accept);
    expect([accept, response.status]).toEqual([accept, 400]);
    expect(await response.json()).toMatchObject({ errors: [{ message, extensions: { code: 'VALIDATION_FAILED' } }] });
  }
});

test('every audit of GraphQL over HTTP that is a requirement or a recommendation is passed', async () => {
  const results = await audited();
  expect(results).toHaveLength(61);
  expect(results.filter(({ status }) => status !== 'ok').map(told)).toEqual([]);
});
