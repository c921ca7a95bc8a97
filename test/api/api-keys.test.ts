import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Scope } from '../../src/entities/enums.js';
import { newId } from '../../src/services/ids.js';
import { CREATE_KEY, REVOKE_KEY, ROTATE_KEY } from '../security/administration-rows.js';
import { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let superuser: pg.Client;
const clock = { ahead: 0 };
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + clock.ahead) });
  world = await createWorld(server);
  admin = await world.as('admin');
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});

const VIEWER = '{ viewer { actor { id displayName } scopes } }';
const withKey = (secret: string) => new ApiClient(server.url, secret);
async function create(input: Record<string, unknown> = {}, as = admin) {
  const { createApiKey } = await as.ask(CREATE_KEY, {
    input: { displayName: 'CRM', scopes: ['EVENTS_READ', 'CONTACTS_READ'], ...input },
  });
  return { ...createApiKey.apiKey, secret: createApiKey.secret };
}
/** What may be known of a caller is at most half a second old. */
async function refusedSoon(client: ApiClient): Promise<void> {
  await expect
    .poll(async () => (await client.send(VIEWER)).errors?.[0]?.extensions.code, { timeout: 1_000, interval: 20 })
    .toBe('UNAUTHENTICATED');
}

it('creates a key that works at once, shows its secret once, and records neither it nor its hash', async () => {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const { result: key, events } = await recording(admin, () => create({ expiresAt, reason: 'For the sync' }));
  expect(key).toMatchObject({
    displayName: 'CRM',
    scopes: ['EVENTS_READ', 'CONTACTS_READ'],
    bot: null,
    expiresAt,
    previousSecretUntil: null,
    revokedAt: null,
  });
  expect(key.secret.startsWith(`${key.prefix}_`)).toBe(true);
  expect(events).toMatchObject([
    {
      action: 'api_key.created',
      actor: { kind: 'AGENT', id: world.ids.agents.admin },
      target: { type: 'api_key', id: key.id, label: 'CRM' },
      metadata: { scopes: ['EVENTS_READ', 'CONTACTS_READ'], prefix: key.prefix, expiresAt },
      reason: 'For the sync',
      summary: 'Ada created the API key CRM: For the sync',
    },
  ]);
  expect((await withKey(key.secret).ask(VIEWER)).viewer).toEqual({
    actor: { id: key.id, displayName: 'CRM' },
    scopes: ['EVENTS_READ', 'CONTACTS_READ'],
  });
  const { rows } = await superuser.query<{ body: string; disclosures: string[]; hash: string }>(
    `select b.body, b.disclosures, k.secret_hash as hash from record_body b join api_key k on k.id::text = b.target_id where b.target_id = $1`,
    [key.id],
  );
  expect(rows.length).toBe(1);
  for (const { body, disclosures, hash } of rows) {
    const all = [body, ...disclosures.map((each) => Buffer.from(each, 'base64url').toString())].join(' ');
    expect(all).toContain(key.prefix);
    expect(all).not.toContain(key.secret.slice(key.prefix.length + 1));
    expect(all).not.toContain(hash);
  }
  const { apiKeys } = await admin.ask('{ apiKeys { id displayName } }');
  expect(apiKeys).toContainEqual({ id: key.id, displayName: 'CRM' });
});

it('answers a repeated request with the same key and no secret, and records nothing more', async () => {
  const idempotencyKey = newId();
  const first = await create({ idempotencyKey });
  const { result, events } = await recording(admin, () => create({ idempotencyKey }));
  expect(result).toMatchObject({ id: first.id, prefix: first.prefix, secret: null });
  expect(events).toEqual([]);
  const other = await admin.refused(CREATE_KEY, { input: { displayName: 'Other', scopes: ['ADMIN'], idempotencyKey } });
  expect(other.extensions.code).toBe('CONFLICT');
});

it('rotates once for one idempotencyKey: a lost answer ends no secret that is in use', async () => {
  const key = await create();
  const input = { apiKeyId: key.id, idempotencyKey: newId() };
  const { rotateApiKey } = await admin.ask(ROTATE_KEY, { input });
  const again = await recording(admin, () => admin.ask(ROTATE_KEY, { input }));
  expect(again.result.rotateApiKey).toEqual({ apiKey: rotateApiKey.apiKey, secret: null });
  expect(again.events).toEqual([]);
  for (const secret of [key.secret, rotateApiKey.secret]) await withKey(secret).ask(VIEWER);
  const other = await admin.refused(ROTATE_KEY, { input: { ...input, graceSeconds: 0 } });
  expect(other.extensions.code).toBe('CONFLICT');
});

it('answers with the secret also where the key cannot be read after it was made', async () => {
  const { id } = await create();
  const byIds = server.app.db.byIds.bind(server.app.db);
  const reading = vi
    .spyOn(server.app.db, 'byIds')
    .mockImplementation((entity, ...rest) =>
      entity.name === 'ApiKey' ? Promise.reject(new Error('out of reach')) : byIds(entity, ...rest),
    );
  try {
    const { rotateApiKey } = await admin.ask(ROTATE_KEY, { input: { apiKeyId: id } });
    expect(rotateApiKey).toEqual({ apiKey: null, secret: expect.stringMatching(/_/) });
    reading.mockRestore();
    expect((await withKey(rotateApiKey.secret).ask(VIEWER)).viewer.actor.id).toBe(id);
  } finally {
    reading.mockRestore();
  }
});

it('hears everything that is wrong at once', async () => {
  const { extensions } = await admin.refused(CREATE_KEY, {
    input: { displayName: ' ', scopes: [], expiresAt: new Date(0).toISOString(), reason: 'x'.repeat(501) },
  });
  expect(extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: 'displayName' }, { path: 'reason' }, { path: 'expiresAt' }, { path: 'scopes' }],
  });
  const bot = await admin.refused(CREATE_KEY, {
    input: { displayName: 'Robin', scopes: ['ADMIN'], botId: world.ids.bot },
  });
  expect(bot.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'scopes' }] });
  const { id } = await create();
  for (const graceSeconds of [-1, 604_801]) {
    const grace = await admin.refused(ROTATE_KEY, { input: { apiKeyId: id, graceSeconds } });
    expect(grace.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'graceSeconds' }] });
  }
});

it('lets the secret before a rotation be good for the grace, not longer, and never the one before that', async () => {
  const first = await create({ reason: null });
  await withKey(first.secret).ask(VIEWER);
  const { result: second, events } = await recording(admin, async () => {
    const { rotateApiKey } = await admin.ask(ROTATE_KEY, {
      input: { apiKeyId: first.id, graceSeconds: 3_600, reason: 'Quarterly' },
    });
    return { ...rotateApiKey.apiKey, secret: rotateApiKey.secret };
  });
  expect(second.id).toBe(first.id);
  expect(events).toMatchObject([
    {
      action: 'api_key.rotated',
      changes: [`prefix: ${first.prefix} → ${second.prefix}`],
      metadata: { scopes: ['EVENTS_READ', 'CONTACTS_READ'], previousUntil: second.previousSecretUntil },
      reason: 'Quarterly',
    },
  ]);
  for (const { secret } of [first, second]) {
    expect((await withKey(secret).ask(VIEWER)).viewer.actor.id).toBe(first.id);
  }
  const third = (await admin.ask(ROTATE_KEY, { input: { apiKeyId: first.id, graceSeconds: 60 } })).rotateApiKey;
  await refusedSoon(withKey(first.secret));
  await withKey(second.secret).ask(VIEWER);
  // A node that has never seen it knows no better.
  const another = await server.another();
  try {
    expect((await withKey(first.secret).at(another.url).refused(VIEWER)).extensions.code).toBe('UNAUTHENTICATED');
    await withKey(second.secret).at(another.url).ask(VIEWER);
  } finally {
    await another.stop();
  }
  // Never back: limits count with it.
  clock.ahead += 61_000;
  await refusedSoon(withKey(second.secret));
  await withKey(third.secret).ask(VIEWER);
});

it('closes the sockets of an old secret at once where there is no grace, and of a revoked key; others stay', async () => {
  const key = await create({ scopes: ['EVENTS_READ'] });
  const stream = 'subscription { workspaceEvents { id } }';
  const old = await withKey(key.secret).subscribe(stream).connected();
  const { rotateApiKey } = await admin.ask(ROTATE_KEY, { input: { apiKeyId: key.id, graceSeconds: 0 } });
  expect(await old.end()).toMatchObject({ code: 4401 });
  const fresh = await withKey(rotateApiKey.secret).subscribe(stream).connected();
  const stranger = await world.withKey('feed').subscribe(stream).connected();
  const { result, events } = await recording(admin, () =>
    admin.ask(REVOKE_KEY, { input: { apiKeyId: key.id, reason: 'Left' } }),
  );
  expect(result.revokeApiKey.apiKey.revokedAt).not.toBeNull();
  expect(await fresh.end()).toMatchObject({ code: 4401 });
  expect(stranger.ended).toBeNull();
  await stranger.stop();
  expect(events).toMatchObject([
    { action: 'api_key.revoked', changes: ['revoked: false → true'], metadata: { prefix: rotateApiKey.apiKey.prefix } },
  ]);
  await refusedSoon(withKey(rotateApiKey.secret));
  const again = await recording(admin, () => admin.ask(REVOKE_KEY, { input: { apiKeyId: key.id } }));
  expect(again.events).toEqual([]);
  const late = await admin.refused(ROTATE_KEY, { input: { apiKeyId: key.id } });
  expect(late.extensions).toMatchObject({ code: 'CONFLICT', current: { apiKeyId: key.id } });
  const ids = async (operation: string) =>
    (await admin.ask(operation)).apiKeys.map(({ id }: { id: string }) => id) as string[];
  expect(await ids('{ apiKeys { id } }')).not.toContain(key.id);
  expect(await ids('{ apiKeys(includeEnded: true) { id } }')).toContain(key.id);
});

it('lets a key give no more than it has itself, neither by a new key nor by the secret of another', async () => {
  const scopes: Scope[] = ['ADMIN', 'EVENTS_READ'];
  const administering = withKey((await create({ scopes })).secret);
  const mightier = await create({ scopes: ['AUDIT_READ'] });
  const ofBot = await create({ scopes: [], botId: world.ids.bot });
  const tried = async (operation: string, input: object) =>
    (await administering.refused(operation, { input })).extensions.code;
  const { events } = await recording(admin, async () => {
    expect(await tried(CREATE_KEY, { displayName: 'x', scopes: ['EVENTS_READ', 'AUDIT_READ'] })).toBe('FORBIDDEN');
    expect(await tried(CREATE_KEY, { displayName: 'x', botId: world.ids.bot })).toBe('FORBIDDEN');
    expect(await tried(ROTATE_KEY, { apiKeyId: mightier.id })).toBe('FORBIDDEN');
    expect(await tried(ROTATE_KEY, { apiKeyId: ofBot.id })).toBe('FORBIDDEN');
  });
  expect(events.map(({ action, metadata }) => [action, metadata?.['attempted']])).toEqual([
    ['auth.access_denied', 'api_key.create'],
    ['auth.access_denied', 'api_key.rotate'],
  ]);
  await withKey(mightier.secret).ask(VIEWER);
  await withKey(ofBot.secret).ask(VIEWER);
  const own = await create({ scopes }, administering);
  expect((await withKey(own.secret).ask(VIEWER)).viewer.scopes).toEqual(scopes);
  // To end one gives nobody anything.
  await administering.ask(REVOKE_KEY, { input: { apiKeyId: mightier.id } });
  await refusedSoon(withKey(mightier.secret));
});

it('gives one secret to each of two who rotate at once, of which the last is good', async () => {
  const { id } = await create();
  const made = await Promise.all(
    [1, 2, 3].map(async () => (await admin.ask(ROTATE_KEY, { input: { apiKeyId: id, graceSeconds: 0 } })).rotateApiKey),
  );
  const { apiKeys } = await admin.ask('{ apiKeys { id prefix } }');
  const { prefix } = apiKeys.find((key: { id: string }) => key.id === id);
  const good = await Promise.all(
    made.map(async ({ secret }) => (await withKey(secret).send(VIEWER)).errors === undefined),
  );
  expect(good.filter(Boolean)).toHaveLength(1);
  expect(made[good.indexOf(true)].secret.startsWith(prefix)).toBe(true);
});
