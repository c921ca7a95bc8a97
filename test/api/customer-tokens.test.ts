import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { REVOKE_KEY } from '../security/administration-rows.js';
import { ERASE } from '../security/details.js';
import { RawSocket } from '../realtime/raw-socket.js';
import { DEACTIVATE_INBOX } from '../security/place-rows.js';
import { ApiClient } from '../support/client.js';
import { asCustomer, CREATE_TOKEN, LIST_OWN, SAY, START, FOLLOW_OWN } from '../support/operations.js';
import type { World } from '../support/world.js';
import { refusal, said, started } from './customer-stage.js';
import { recording } from './recorded.js';
import { Worlds } from './worlds.js';

let worlds: Worlds;
let world: World;
let admin: ApiClient;
let customer: ApiClient;
/** The clock only ever goes on. */
let ahead = 0;
beforeAll(async () => {
  worlds = await Worlds.open({ now: () => new Date(Date.now() + ahead) });
});
afterAll(() => worlds.close());
beforeEach(async () => {
  ({ world, admin } = await worlds.next());
  customer = await asCustomer(world, { contactExternalId: 'asha', name: 'Asha' });
});

const token = (more: object, by = world.withKey('ingest')) =>
  by.send(CREATE_TOKEN, { input: { inboxId: world.ids.inbox, ...more } });

it('lets a contact in who is made where nobody knows them, for as long as was said, and records whom', async () => {
  const { result, events } = await recording(admin, async () => {
    const first = await token({ contactExternalId: 'kim', name: 'Kim', expiresInSeconds: 60 });
    const again = await token({ contactExternalId: 'kim' });
    return [first.data.createCustomerToken, again.data.createCustomerToken];
  });
  const [first, again] = result;
  expect(again.contactId).toBe(first.contactId);
  const life = (one: { expiresAt: string }) =>
    Math.round((Date.parse(one.expiresAt) - Date.now() - ahead) / 10_000) * 10;
  expect([life(first), life(again)]).toEqual([60, 900]);
  expect(events.map(({ action, summary }) => [action, summary])).toEqual([
    ['contact.created', 'Kim became a contact'],
    ['auth.customer_token_created', 'Channel let Kim into the web chat Web chat'],
    ['auth.customer_token_created', 'Channel let Kim into the web chat Web chat'],
  ]);
  expect(events[1]!.target).toEqual({ type: 'contact', id: first.contactId, label: 'Kim' });
  expect(JSON.stringify(events)).not.toContain(first.token);
});

it('lets nobody in by what is wrong, and names all of it', async () => {
  const faults = async (more: object) => {
    const { errors } = await token(more);
    const { code, fields } = errors![0]!.extensions as { code: string; fields?: { path: string }[] };
    return [code, ...(fields ?? []).map(({ path }) => path)].join(' ');
  };
  expect(await faults({ expiresInSeconds: 59, name: 'x'.repeat(2_001) })).toBe(
    'VALIDATION_FAILED contactId name expiresInSeconds',
  );
  expect(await faults({ contactId: randomUUID(), contactExternalId: 'asha' })).toBe('VALIDATION_FAILED contactId');
  expect(await faults({ contactId: randomUUID(), name: 'Asha', expiresInSeconds: 3_601 })).toBe(
    'VALIDATION_FAILED name expiresInSeconds',
  );
  expect(await faults({ contactId: 'nobody' })).toBe('NOT_FOUND');
  const { world: other } = await worlds.next();
  const theirs = await asCustomer(other, { contactExternalId: 'asha' });
  const { customerConversations } = await theirs.ask(LIST_OWN);
  expect(customerConversations.nodes).toEqual([]);
  const { contactId } = (await token({ contactExternalId: 'asha' })).data.createCustomerToken;
  const there = { input: { inboxId: other.ids.inbox, contactId } };
  expect((await refusal(other.withKey('ingest'), CREATE_TOKEN, there)).code).toBe('NOT_FOUND');
  expect(await faults({ inboxId: world.ids.emailInbox, contactExternalId: 'asha' })).toBe('VALIDATION_FAILED inboxId');
  await admin.ask(ERASE, { input: { contactId, reason: 'They asked for it' } });
  expect(await faults({ contactId })).toBe('CONFLICT');
  await admin.ask(DEACTIVATE_INBOX, { input: { inboxId: world.ids.inbox } });
  expect(await faults({ contactExternalId: 'kim' })).toBe('CONFLICT');
});

it('takes one sort of token for no other, and none that was changed', async () => {
  const bare = customer.credential!.slice('vbc_'.length);
  const access = admin.credential!;
  const [head, body, signature] = bare.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: world.ids.agents.admin })).toString('base64url');
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  for (const credential of [
    bare,
    `vbc_${access}`,
    `vbc_${head}.${forged}.${signature}`,
    `vbc_${unsigned}.${body}.`,
    'vbc_',
    `vbc_${bare}x`,
  ]) {
    const { errors } = await new ApiClient(worlds.server.url, credential).send(LIST_OWN);
    expect(errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
  }
  ahead += 901_000;
  expect(await refusal(customer, LIST_OWN, {})).toMatchObject({ code: 'UNAUTHENTICATED', expired: true });
});

it.each(['contact', 'inbox', 'key'] as const)(
  'a token is worth nothing any more once its %s has ended',
  async (what) => {
    const conversationId = await started(customer);
    const { contactId } = (await token({ contactExternalId: 'asha' })).data.createCustomerToken;
    const socket = await RawSocket.signedIn(worlds.server.url, customer.credential!);
    socket.subscribe('1', FOLLOW_OWN, { id: conversationId });
    if (what === 'contact') await admin.ask(ERASE, { input: { contactId, reason: 'They asked for it' } });
    if (what === 'inbox') await admin.ask(DEACTIVATE_INBOX, { input: { inboxId: world.ids.inbox } });
    if (what === 'key') {
      const { apiKeys } = await admin.ask('{ apiKeys { id displayName } }');
      const { id } = apiKeys.find(({ displayName }: { displayName: string }) => displayName === 'Channel');
      await admin.ask(REVOKE_KEY, { input: { apiKeyId: id } });
    }
    const { events } = await recording(admin, async () => {
      expect((await refusal(customer, SAY, said('Hello?', { conversationId }))).code).toBe('UNAUTHENTICATED');
      expect((await refusal(customer, START, said('Hello?'))).code).toBe('UNAUTHENTICATED');
      expect(await socket.closed).toEqual({ code: 4401, reason: 'Access revoked' });
      await expect
        .poll(async () => (await customer.send(LIST_OWN)).errors?.[0]!.extensions.code, { timeout: 2_000 })
        .toBe('UNAUTHENTICATED');
    });
    expect(events.filter(({ actor }) => actor.kind === 'CONTACT')).toEqual([]);
    expect(socket.messages.filter(({ type }) => type === 'next')).toEqual([]);
  },
);
