import { print } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { graphql } from '../gql/index.js';
import type { InboxOfViewerQuery } from '../gql/graphql.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

const InboxOfViewer = graphql(`
  query InboxOfViewer($statuses: [ConversationStatus!]) {
    conversations(filter: { statuses: $statuses }, first: 5) {
      nodes {
        number
        status
        lastActivityAt
        contact {
          displayName
        }
      }
    }
  }
`);

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

it('answers an operation as the types that are generated from the schema say', async () => {
  const { number } = await customerWrites(world);
  const agent = await world.as('agent');
  const { conversations }: InboxOfViewerQuery = await agent.ask(print(InboxOfViewer), { statuses: ['OPEN'] });
  const [first] = conversations.nodes;
  expect(first).toEqual({
    number,
    status: 'OPEN',
    lastActivityAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    contact: { displayName: 'Asha' },
  });
});
