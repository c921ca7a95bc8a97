import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/services/ids.js';
import { CREATE_KEY } from '../security/administration-rows.js';
import { ERASE, SET_RETENTION } from '../security/details.js';
import { CREATE_TEAM, UPDATE_SETTINGS } from '../security/place-rows.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites, REQUEST } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
});
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  admin = await world.as('admin');
});
afterAll(() => server.stop());

const update = async (input: object) => (await admin.ask(UPDATE_SETTINGS, { input })).updateWorkspaceSettings.workspace;

it('changes what is given, tells each with before and after, and is read by what it is for', async () => {
  const { result, events } = await recording(admin, () =>
    update({ timeZone: 'Europe/Berlin', handoverExpirySeconds: 60, agentsSeeOwnEvents: false, reason: 'New policy' }),
  );
  expect(result).toEqual({
    timeZone: 'Europe/Berlin',
    settings: { viewCoalescingSeconds: 300, agentsSeeOwnEvents: false, handoverExpirySeconds: 60 },
  });
  expect(brief(events)).toEqual([
    {
      action: 'settings.updated',
      changes: ['timeZone: UTC → Europe/Berlin', 'agentsSeeOwnEvents: true → false', 'handoverExpirySeconds: 300 → 60'],
    },
  ]);
  expect(events[0]!.reason).toBe('New policy');
  expect((await recording(admin, () => update({ handoverExpirySeconds: 60 }))).events).toEqual([]);
  const { conversationId } = await customerWrites(world);
  const asked = Date.now();
  const { requestHandover } = await admin.ask(REQUEST, {
    input: { conversationId, toTeamId: world.ids.support, reason: 'OTHER' },
  });
  const life = Date.parse(requestHandover.handover.expiresAt) - asked;
  expect(life).toBeGreaterThanOrEqual(60_000);
  expect(life).toBeLessThan(120_000);
  const agent = await world.as('agent');
  const refused = async () => (await agent.send('{ auditEvents { nodes { id } } }')).errors?.[0]!.extensions.code;
  await expect.poll(refused, { timeout: 2_000 }).toBe('FORBIDDEN');
  await update({ agentsSeeOwnEvents: true });
  await expect.poll(refused, { timeout: 2_000 }).toBeUndefined();
});

it('tells readings each by itself or together, and says that to tell fewer is critical', async () => {
  const { conversationId } = await customerWrites(world);
  const severities = async () => {
    const { auditEvents } = await admin.ask(
      '{ auditEvents(filter: { actions: ["settings.updated"] }, first: 1) { nodes { severity changes { before after } } } }',
    );
    return auditEvents.nodes[0];
  };
  await update({ viewCoalescingSeconds: 0 });
  expect(await severities()).toEqual({ severity: 'NOTICE', changes: [{ before: 300, after: 0 }] });
  const read = () =>
    admin.ask('query($id: ID!) { conversation(id: $id) { messages { nodes { id } } } }', { id: conversationId });
  const readings = async () =>
    (await admin.ask('{ auditEvents(filter: { actions: ["transcript.viewed"] }) { nodes { id } } }')).auditEvents.nodes
      .length as number;
  // A node hears of it within five seconds.
  await expect
    .poll(
      async () => {
        const before = await readings();
        await read();
        await read();
        return (await readings()) - before;
      },
      { timeout: 8_000, interval: 200 },
    )
    .toBe(2);
  await update({ viewCoalescingSeconds: 600 });
  expect(await severities()).toEqual({ severity: 'CRITICAL', changes: [{ before: 0, after: 600 }] });
});

it('hears everything that is wrong at once, and changes nothing', async () => {
  const input = {
    timeZone: 'Mars/Base',
    viewCoalescingSeconds: 3_601,
    handoverExpirySeconds: 9,
    reason: 'x'.repeat(501),
  };
  const { events } = await recording(admin, async () => {
    expect((await admin.refused(UPDATE_SETTINGS, { input })).extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [
        { path: 'timeZone' },
        { path: 'viewCoalescingSeconds' },
        { path: 'handoverExpirySeconds' },
        { path: 'reason' },
      ],
    });
  });
  expect(events).toEqual([]);
});

it('names the workspace on the record where somebody was refused to set it up', async () => {
  const agent = await world.as('agent');
  const { events } = await recording(admin, async () => {
    for (const [operation, input] of [
      [CREATE_TEAM, { name: 'Mine' }],
      [CREATE_KEY, { displayName: 'Mine', scopes: [] }],
      [ERASE, { contactId: newId(), reason: 'They asked for it' }],
      [SET_RETENTION, { categories: ['MESSAGE'], days: 30 }],
    ] as const)
      expect((await agent.refused(operation, { input })).extensions.code).toBe('FORBIDDEN');
  });
  expect(events.map(({ summary, target }) => [summary, target.id])).toEqual(
    ['team.create', 'api_key.create', 'contact.erase', 'retention.set'].map((attempted) => [
      `Bo was refused ${attempted} on the workspace`,
      world.ids.workspace,
    ]),
  );
});
