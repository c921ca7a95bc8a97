import { expect, it } from 'vitest';
import { startTestServer } from '../support/server.js';
import { createWorld } from '../support/world.js';
import { EventStream } from './event-stream.js';

it('ends although clients of server-sent events ask again as soon as they are cut off', async () => {
  const server = await startTestServer();
  const world = await createWorld(server);
  const client = world.withKey('all');
  const query = 'subscription { conversationChanges { changeType } }';
  const began = performance.now();
  const first = await EventStream.open(client, query);
  // Open before there is anything to deliver.
  expect(performance.now() - began).toBeLessThan(10_000);
  // Somebody who comes just then keeps the port open for a moment.
  const newcomer = EventStream.open(client, query);
  let refused = 0;
  /** Asks until there is nobody left to ask. */
  const insist = async (): Promise<void> => {
    expect(await first.next()).toBeNull();
    for (;;) {
      const response = await fetch(`${client.url}/graphql/stream`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${client.credential}` },
        body: JSON.stringify({ query }),
      }).catch(() => null);
      if (!response) return;
      const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['UNAVAILABLE']);
      refused += 1;
    }
  };
  await newcomer;
  const [, ended] = await Promise.all([insist(), server.stop().then(() => true)]);
  expect(ended).toBe(true);
  expect(refused).toBeGreaterThan(0);
}, 20_000);
