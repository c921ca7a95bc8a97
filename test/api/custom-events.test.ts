import { afterAll, beforeAll, expect, it } from 'vitest';
import { CUSTOM } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let shop: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  admin = await world.as('admin');
  shop = world.withKey('all');
});
afterAll(() => server.stop());

const EVENT = `query($id: ID!) { auditEvent(id: $id) { action category severity summary reason metadata occurredAt
  actor { kind label } target { type id label } conversation { id } team { id } } }`;
const recorded = async (input: object) => (await shop.ask(CUSTOM, { input })).recordCustomEvent.eventId as string;
const read = async (id: string, client = admin) => (await client.ask(EVENT, { id })).auditEvent;

it('stand on the record as what the integrator says, about a conversation and what they name', async () => {
  const { conversationId, number } = await customerWrites(world);
  const about = { namespace: 'shop', event: 'refund_issued', conversationId };
  const id = await recorded({
    ...about,
    target: { type: 'order', id: '17', label: 'order 17' },
    text: 'Package was lost',
    metadata: { amountCents: 1_990, lines: [{ sku: 'A-1' }], actor: 'nobody' },
    severity: 'NOTICE',
    occurredAt: '2026-01-02T03:04:05.678Z',
    reason: 'Goodwill',
  });
  expect(await read(id)).toEqual({
    action: 'custom.shop.refund_issued',
    category: 'CUSTOM',
    severity: 'NOTICE',
    summary: 'Everything recorded refund issued (shop) on order 17: Package was lost: Goodwill',
    reason: 'Goodwill',
    metadata: { actor: 'nobody', amountCents: 1_990, lines: [{ sku: 'A-1' }] },
    occurredAt: '2026-01-02T03:04:05.678Z',
    actor: { kind: 'API_KEY', label: 'Everything' },
    target: { type: 'order', id: '17', label: 'order 17' },
    conversation: { id: conversationId },
    team: { id: world.ids.support },
  });
  const plain = await read(await recorded(about), await world.as('supervisor'));
  expect(plain).toMatchObject({
    severity: 'INFO',
    summary: `Everything recorded refund issued (shop) on conversation #${number}`,
    target: { type: 'conversation', id: conversationId },
    metadata: null,
  });
  const { auditEvents } = await admin.ask(
    'query($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { id } } }',
    { filter: { conversationId, actions: ['custom.shop.*'], search: 'package lo' } },
  );
  expect(auditEvents.nodes).toEqual([{ id }]);
});

it('are recorded once for one key', async () => {
  const { conversationId } = await customerWrites(world);
  const input = { namespace: 'shop', event: 'paid', conversationId, idempotencyKey: 'p1' };
  const id = await recorded(input);
  const { result, events } = await recording(admin, () => recorded(input));
  expect([result, events]).toEqual([id, []]);
  const other = await shop.refused(CUSTOM, { input: { ...input, event: 'unpaid' } });
  expect(other.extensions.code).toBe('CONFLICT');
});

it('say what is wrong with them, all at once, and leave nothing', async () => {
  const { conversationId } = await customerWrites(world);
  const deep = { namespace: 'shop', event: 'paid', conversationId };
  const faults = async (input: object) => {
    const { result, events } = await recording(admin, () => shop.refused(CUSTOM, { input }));
    expect(events).toEqual([]);
    return result.extensions['fields'];
  };
  expect(
    await faults({ namespace: 'Shop', event: '', text: 'x'.repeat(2_001), metadata: [], reason: 'x'.repeat(501) }),
  ).toEqual([
    { path: 'namespace', message: 'must be lower snake case, 1 to 64 characters from a letter on' },
    { path: 'event', message: 'must be lower snake case, 1 to 64 characters from a letter on' },
    { path: 'target', message: 'give a target, a conversationId or a contactId' },
    { path: 'text', message: 'must have at most 2000 characters' },
    { path: 'reason', message: 'must have at most 500 characters' },
    { path: 'metadata', message: 'must be an object' },
  ]);
  expect(await faults({ ...deep, metadata: { price: 1.5 } })).toEqual([
    { path: 'metadata', message: 'metadata.price: 1.5 is not an integer within ±(2^53−1)' },
  ]);
  expect(await faults({ ...deep, metadata: { text: 'x'.repeat(4_096) } })).toEqual([
    { path: 'metadata', message: 'must have at most 4096 bytes' },
  ]);
  expect(await faults({ ...deep, target: { type: 'Order', id: '' } })).toEqual([
    { path: 'target.type', message: 'must be lower snake case, 1 to 64 characters' },
    { path: 'target.id', message: 'must not be empty' },
  ]);
  expect(await recorded({ ...deep, metadata: { text: 'x'.repeat(4_085) } })).toBeTypeOf('string');
});

it('are about conversations and contacts of the workspace alone', async () => {
  const foreign = await createWorld(server, 'globex');
  const elsewhere = await customerWrites(foreign);
  const here = await customerWrites(world);
  const contactOf = async (client: ApiClient, id: string): Promise<string> =>
    (await client.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id })).conversation.contact.id;
  const theirs = await contactOf(await foreign.as('admin'), elsewhere.conversationId);
  const input = { namespace: 'shop', event: 'paid' };
  for (const about of [
    { conversationId: elsewhere.conversationId },
    { contactId: theirs },
    { conversationId: 'no id' },
  ]) {
    expect((await shop.refused(CUSTOM, { input: { ...input, ...about } })).extensions.code).toBe('NOT_FOUND');
  }
  const another = await contactOf(admin, (await customerWrites(world)).conversationId);
  const mixed = await shop.refused(CUSTOM, {
    input: { ...input, conversationId: here.conversationId, contactId: another },
  });
  expect(mixed.extensions['fields']).toEqual([
    { path: 'contactId', message: 'is not the contact of the conversation' },
  ]);
  expect(await read(await recorded({ ...input, contactId: another }))).toMatchObject({
    target: { type: 'contact', id: another, label: 'Asha' },
    conversation: null,
  });
});
