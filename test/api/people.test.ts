import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiClient } from '../support/client.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

const REVOKE = 'mutation($id: ID!) { revokeSession(input: { sessionId: $id }) { sessionId } }';

it('lists the viewer’s own sessions, and a revoked one is worth nothing and its sockets are closed', async () => {
  const signIn = () => ApiClient.signIn(server.url, world.email('outsider'), PASSWORD);
  const [one, two] = [await signIn(), await signIn()];
  const { sessions } = await one.ask('{ sessions { id current } }');
  expect(sessions).toHaveLength(2);
  const other = sessions.find((session: { current: boolean }) => !session.current);
  const socket = await two.subscribe('subscription { handoverChanges { cursor } }').connected();
  const stranger = await (await world.as('colleague')).refused(REVOKE, { id: other.id });
  expect(stranger.extensions.code).toBe('NOT_FOUND');
  await one.ask(REVOKE, { id: other.id });
  expect(await socket.end()).toMatchObject({ code: 4401 });
  expect((await two.refused('{ viewer { role } }')).extensions.code).toBe('UNAUTHENTICATED');
  expect((await one.ask('{ sessions { current } }')).sessions).toEqual([{ current: true }]);
  const own = await one.ask('{ viewer { session { id } } }');
  await (await world.as('admin')).ask(REVOKE, { id: own.viewer.session.id });
  expect((await one.refused('{ viewer { role } }')).extensions.code).toBe('UNAUTHENTICATED');
  expect((await world.withKey('all').refused('{ sessions { id } }')).extensions.code).toBe('FORBIDDEN');
});

it('finds contacts by what is known of them, page by page, for who may read contacts', async () => {
  const agent = await world.as('agent');
  for (let index = 0; index < 5; index += 1) {
    await customerWrites(world, {
      contact: { externalId: `c-${index}`, name: `Person ${index}`, email: `p${index}@example.test` },
    });
  }
  const query =
    'query($after: String) { contacts(filter: { search: "PERSON" }, first: 2, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } }';
  const names: string[] = [];
  let after: string | null = null;
  do {
    const {
      contacts,
    }: { contacts: { nodes: { name: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } =
      await agent.ask(query, { after });
    names.push(...contacts.nodes.map((node) => node.name));
    after = contacts.pageInfo.hasNextPage ? contacts.pageInfo.endCursor : null;
  } while (after);
  expect(names).toEqual(['Person 4', 'Person 3', 'Person 2', 'Person 1', 'Person 0']);
  const { contactByExternalId } = await agent.ask(
    '{ contactByExternalId(externalId: "c-3") { id name conversations { nodes { number } } } }',
  );
  expect(contactByExternalId).toMatchObject({
    name: 'Person 3',
    conversations: { nodes: [{ number: expect.any(Number) }] },
  });
  for (const client of [await world.as('auditor'), world.withKey('read'), world.withKey('bot')]) {
    expect((await client.refused('{ contacts { nodes { id } } }')).extensions.code).toBe('FORBIDDEN');
    const single = await client.refused('query($id: ID!) { contact(id: $id) { id } }', { id: contactByExternalId.id });
    expect(single.extensions.code).toBe('NOT_FOUND');
  }
});
