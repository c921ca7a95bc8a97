import { randomUUID } from 'node:crypto';
import { ApiClient } from '../support/client.js';
import type { IsolationRow } from './isolation-rows.js';
import { everybody, type RootField } from './outcomes.js';
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

export const INVITE = `mutation($input: InviteAgentInput!) { inviteAgent(input: $input) { token mailed
  invitation { id email role teams { id } inboxes { id } invitedBy { id } createdAt expiresAt acceptedAt cancelledAt } } }`;
export const RESEND = `mutation($input: ResendInvitationInput!) { resendInvitation(input: $input) { token mailed
  invitation { id expiresAt invitedBy { id } } } }`;
export const CANCEL_INVITATION =
  'mutation($input: CancelInvitationInput!) { cancelInvitation(input: $input) { invitation { id cancelledAt } } }';
export const ACCEPT_INVITATION = `mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { accessToken
  refreshToken viewer { role workspace { id } actor { id displayName } } } }`;

/** Nobody before was called that. */
const newEmail = () => `${randomUUID()}@invited.test`;

/** An invitation that only this scene's caller is to touch. */
async function makeInvitation(stage: Stage): Promise<{ id: string; token: string }> {
  const { client } = await stage.session('admin');
  const { inviteAgent } = await client.ask(INVITE, { input: { email: `${randomUUID()}@made.test`, role: 'AGENT' } });
  return { id: inviteAgent.invitation.id, token: inviteAgent.token };
}

const invitationRows: RootField[] = [
  {
    field: 'Query.invitations',
    operation: '{ invitations { id email role } }',
    prepare: (_, stage) => makeInvitation(stage),
    shows: ({ invitations }) => invitations.some(({ email }: { email: string }) => email.endsWith('@made.test')),
    expected: administrators('OK shown', 'OK hidden'),
  },
  {
    field: 'Mutation.inviteAgent',
    operation: INVITE,
    variables: () => ({ input: { email: newEmail(), role: 'AUDITOR' } }),
    expected: administrators('OK agent.invited', 'OK agent.invited'),
  },
  {
    field: 'Mutation.resendInvitation',
    operation: RESEND,
    variables: async (_, stage) => ({ input: { invitationId: (await makeInvitation(stage)).id } }),
    expected: administrators('OK invitation.resent', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.cancelInvitation',
    operation: CANCEL_INVITATION,
    variables: async (_, stage) => ({ input: { invitationId: (await makeInvitation(stage)).id } }),
    expected: administrators('OK invitation.cancelled', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.acceptInvitation',
    operation: ACCEPT_INVITATION,
    variables: async (_, stage) => ({
      input: { token: (await makeInvitation(stage)).token, displayName: 'Nia', password: 'a new password' },
    }),
    expected: everybody('OK agent.joined auth.signed_in'),
  },
];

const onAgent = (field: string) =>
  `mutation($input: ${field[0]!.toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { agent { id displayName avatarUrl role active teams { id } } } }`;
export const UPDATE_AGENT = onAgent('updateAgent');
export const CHANGE_ROLE = onAgent('changeAgentRole');
export const DEACTIVATE = onAgent('deactivateAgent');
export const REACTIVATE = onAgent('reactivateAgent');

/** An agent whom nobody else touches. */
async function makeAgent(stage: Stage): Promise<string> {
  const { token } = await makeInvitation(stage);
  const input = { token, displayName: 'Nia', password: 'a new password' };
  const { acceptInvitation } = await new ApiClient(stage.server.url, null).ask(ACCEPT_INVITATION, { input });
  return acceptInvitation.viewer.actor.id;
}

const agentRows: RootField[] = [
  {
    field: 'Mutation.updateAgent',
    operation: UPDATE_AGENT,
    variables: async (_, stage) => ({ input: { agentId: await makeAgent(stage), displayName: 'Zoe' } }),
    expected: administrators('OK agent.updated', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.changeAgentRole',
    operation: CHANGE_ROLE,
    variables: async (_, stage) => ({ input: { agentId: await makeAgent(stage), role: 'SUPERVISOR' } }),
    expected: administrators('OK agent.role_changed', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.deactivateAgent',
    operation: DEACTIVATE,
    variables: async (_, stage) => ({ input: { agentId: await makeAgent(stage) } }),
    expected: administrators('OK agent.deactivated', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.reactivateAgent',
    operation: REACTIVATE,
    variables: async (_, stage) => {
      const agentId = await makeAgent(stage);
      await (await stage.session('admin')).client.ask(DEACTIVATE, { input: { agentId } });
      return { input: { agentId } };
    },
    expected: administrators('OK agent.reactivated', 'NOT_FOUND'),
  },
];

export const administrationRows: RootField[] = [...keyRows, ...invitationRows, ...agentRows];

/** What becomes of ids of another workspace. */
export const administrationIsolationRows: IsolationRow[] = [
  [
    'CreateApiKeyInput.botId',
    CREATE_KEY,
    (at) => ({ input: { displayName: 'Robin', botId: at.other.ids.bot } }),
    'NOT_FOUND',
  ],
  ...(
    [
      ['UpdateAgentInput', UPDATE_AGENT, { displayName: 'Zoe' }],
      ['ChangeAgentRoleInput', CHANGE_ROLE, { role: 'ADMIN' }],
      ['DeactivateAgentInput', DEACTIVATE, {}],
      ['ReactivateAgentInput', REACTIVATE, {}],
    ] as const
  ).map(([type, operation, input]): IsolationRow => [
    `${type}.agentId`,
    operation,
    (at) => ({ input: { agentId: at.other.ids.agents.agent, ...input } }),
    'NOT_FOUND',
  ]),
  [
    'AgentFilter.inboxIds',
    'query($filter: AgentFilter) { agents(filter: $filter) { nodes { id } } }',
    (at) => ({ filter: { inboxIds: [at.other.ids.inbox] } }),
    'empty',
  ],
  [
    'InviteAgentInput.teamIds',
    INVITE,
    (at) => ({
      input: { email: newEmail(), role: 'AGENT', teamIds: [at.own.ids.support, at.other.ids.support] },
    }),
    'NOT_FOUND',
  ],
  [
    'InviteAgentInput.inboxIds',
    INVITE,
    (at) => ({ input: { email: newEmail(), role: 'AGENT', inboxIds: [at.other.ids.inbox] } }),
    'NOT_FOUND',
  ],
  ['ResendInvitationInput.invitationId', RESEND, (at) => ({ input: { invitationId: at.invitationId } }), 'NOT_FOUND'],
  [
    'CancelInvitationInput.invitationId',
    CANCEL_INVITATION,
    (at) => ({ input: { invitationId: at.invitationId } }),
    'NOT_FOUND',
  ],
  ['RotateApiKeyInput.apiKeyId', ROTATE_KEY, (at) => ({ input: { apiKeyId: at.apiKeyId } }), 'NOT_FOUND'],
  ['RevokeApiKeyInput.apiKeyId', REVOKE_KEY, (at) => ({ input: { apiKeyId: at.apiKeyId } }), 'NOT_FOUND'],
];
