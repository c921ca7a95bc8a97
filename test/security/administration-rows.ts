import { randomUUID } from 'node:crypto';
import type { IsolationRow } from './isolation-rows.js';
import type { RootField } from './outcomes.js';
import type { Scene, Stage } from './stage.js';

const others = 'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot';
/** Only administrators, keys among them; `elsewhere` is what an administrator of another workspace gets. */
export const administrators = (outcome: string, elsewhere: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [outcome]: `admin keyAll${elsewhere === outcome ? ' foreignAdmin' : ''}`,
  'FORBIDDEN auth.access_denied': others,
  ...(elsewhere === outcome ? {} : { [elsewhere]: 'foreignAdmin' }),
});

export const CREATE_KEY = `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret
  apiKey { id displayName prefix scopes bot { id } createdAt lastUsedAt expiresAt previousSecretUntil revokedAt } } }`;
export const ROTATE_KEY =
  'mutation($input: RotateApiKeyInput!) { rotateApiKey(input: $input) { secret apiKey { id prefix previousSecretUntil } } }';
export const REVOKE_KEY =
  'mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKey { id revokedAt } } }';

/** A key that only this scene's caller is to touch. */
async function makeKey(_: Scene, stage: Stage): Promise<string> {
  const { client } = await stage.session('admin');
  const { createApiKey } = await client.ask(CREATE_KEY, {
    input: { displayName: randomUUID(), scopes: ['EVENTS_READ'] },
  });
  return createApiKey.apiKey.id;
}

const keyRows: RootField[] = [
  {
    field: 'Query.apiKeys',
    operation: '{ apiKeys(includeEnded: true) { id prefix scopes } }',
    shows: ({ apiKeys }, _, { world }) =>
      apiKeys.some(({ prefix }: { prefix: string }) => world.keys.all.startsWith(prefix)),
    expected: administrators('OK shown', 'OK hidden'),
  },
  {
    field: 'Mutation.createApiKey',
    operation: CREATE_KEY,
    variables: () => ({ input: { displayName: 'CRM', scopes: ['EVENTS_READ'] } }),
    expected: administrators('OK api_key.created', 'OK api_key.created'),
  },
  {
    field: 'Mutation.rotateApiKey',
    operation: ROTATE_KEY,
    variables: async (scene, stage) => ({ input: { apiKeyId: await makeKey(scene, stage) } }),
    expected: administrators('OK api_key.rotated', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.revokeApiKey',
    operation: REVOKE_KEY,
    variables: async (scene, stage) => ({ input: { apiKeyId: await makeKey(scene, stage) } }),
    expected: administrators('OK api_key.revoked', 'NOT_FOUND'),
  },
];

export const administrationRows: RootField[] = [...keyRows];

/** What becomes of ids of another workspace. */
export const administrationIsolationRows: IsolationRow[] = [
  [
    'CreateApiKeyInput.botId',
    CREATE_KEY,
    (at) => ({ input: { displayName: 'Robin', botId: at.other.ids.bot } }),
    'NOT_FOUND',
  ],
  ['RotateApiKeyInput.apiKeyId', ROTATE_KEY, (at) => ({ input: { apiKeyId: at.apiKeyId } }), 'NOT_FOUND'],
  ['RevokeApiKeyInput.apiKeyId', REVOKE_KEY, (at) => ({ input: { apiKeyId: at.apiKeyId } }), 'NOT_FOUND'],
];
