import { afterAll, beforeEach, expect, it, beforeAll } from 'vitest';
import { CHANGE_ROLE, CREATE_KEY, DEACTIVATE, REACTIVATE, UPDATE_AGENT } from '../security/administration-rows.js';
import { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ACCEPT, ASSIGN, customerWrites, offer, SET_STATUS, SEND } from '../support/operations.js';
import { PASSWORD, type World } from '../support/world.js';
import { brief, recording, stateOf } from './recorded.js';
import { Worlds } from './worlds.js';

let worlds: Worlds;
let world: World;
let admin: ApiClient;
beforeAll(async () => {
  worlds = await Worlds.open();
});
afterAll(() => worlds.close());
beforeEach(async () => {
  ({ world, admin } = await worlds.next());
});

const SIGN_IN = 'mutation($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken } }';
const REFRESH = 'mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }';
const nobody = () => new ApiClient(worlds.server.url, null);
const refusal = async (operation: string, input: object, as = admin) =>
  (await as.refused(operation, { input })).extensions;

it('changes the name and the picture of oneself, and as an administrator of anybody', async () => {
  const agent = await world.as('agent');
  const { ids } = world;
  const avatarUrl = 'https://cdn.example.com/bo.png';
  const own = await recording(admin, () =>
    agent.ask(UPDATE_AGENT, { input: { agentId: ids.agents.agent, displayName: ' Bodhi ', avatarUrl } }),
  );
  expect(own.result.updateAgent.agent).toMatchObject({ displayName: 'Bodhi', avatarUrl });
  expect(brief(own.events)).toEqual([
    { action: 'agent.updated', changes: ['displayName: Bo → Bodhi', `avatarUrl: null → ${avatarUrl}`] },
  ]);
  const other = { agentId: ids.agents.colleague, displayName: 'Kimberly' };
  expect((await refusal(UPDATE_AGENT, other, agent)).code).toBe('FORBIDDEN');
  await admin.ask(UPDATE_AGENT, { input: other });
  const again = await recording(admin, () => admin.ask(UPDATE_AGENT, { input: other }));
  expect(again.events).toEqual([]);
  const cleared = await admin.ask(UPDATE_AGENT, { input: { agentId: ids.agents.agent, avatarUrl: null } });
  expect(cleared.updateAgent.agent).toMatchObject({ displayName: 'Bodhi', avatarUrl: null });
  const wrong = { agentId: ids.agents.agent, displayName: ' ', avatarUrl: 'javascript:alert(1)' };
  expect(await refusal(UPDATE_AGENT, wrong)).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: 'displayName' }, { path: 'avatarUrl' }],
  });
});

it('gives a role that holds at once, and ends what belongs to the role before', async () => {
  const { ids } = world;
  const supervisor = await world.as('supervisor');
  const { conversationId } = await customerWrites(world);
  await admin.ask(ASSIGN, { input: { conversationId, assigneeId: ids.agents.supervisor } });
  const { events, result } = await recording(admin, () =>
    followedBy([admin], () =>
      admin.ask(CHANGE_ROLE, { input: { agentId: ids.agents.supervisor, role: 'AUDITOR', reason: 'Moves on' } }),
    ),
  );
  expect(result.changeAgentRole.agent).toMatchObject({ role: 'AUDITOR' });
  expect(events).toMatchObject([
    { action: 'agent.role_changed', changes: ['role: SUPERVISOR → AUDITOR'], reason: 'Moves on' },
    { action: 'team.member_removed', target: { id: ids.support }, metadata: { as: 'SUPERVISOR' } },
    { action: 'conversation.unassigned', changes: [`assigneeId: ${ids.agents.supervisor} → null`] },
  ]);
  await expect
    .poll(async () => (await supervisor.send('{ conversations { nodes { id } } }')).errors?.[0]!.extensions.code)
    .toBe('FORBIDDEN');
  const { teams } = await admin.ask('{ teams { id supervisors { id } } }');
  expect(teams).toContainEqual({ id: ids.support, supervisors: [] });
  const again = await recording(admin, () =>
    admin.ask(CHANGE_ROLE, { input: { agentId: ids.agents.supervisor, role: 'AUDITOR' } }),
  );
  expect(again.events).toEqual([]);
});

it('never takes the last administrator away, also not when two go at once', async () => {
  const { ids } = world;
  const last = { agentId: ids.agents.admin };
  for (const attempt of [refusal(CHANGE_ROLE, { ...last, role: 'AGENT' }), refusal(DEACTIVATE, last)]) {
    expect(await attempt).toMatchObject({ code: 'CONFLICT', current: { agentId: ids.agents.admin, role: 'ADMIN' } });
  }
  const raised = await recording(admin, () =>
    admin.ask(CHANGE_ROLE, { input: { agentId: ids.agents.agent, role: 'ADMIN' } }),
  );
  expect(raised.events).toHaveLength(1);
  const { rows } = await worlds.superuser.query(
    `select severity from record_body where workspace_id = $1 and action = 'agent.role_changed'`,
    [ids.workspace],
  );
  expect(rows).toEqual([{ severity: 3 }]);
  const second = await world.as('agent');
  const answers = await Promise.all([
    admin.send(CHANGE_ROLE, { input: { agentId: ids.agents.agent, role: 'AGENT' } }),
    second.send(DEACTIVATE, { input: last }),
  ]);
  const codes = answers.map(({ errors }) => errors?.[0]!.extensions.code);
  expect(codes.filter((code) => code === undefined)).toHaveLength(1);
  const admins = await worlds.superuser.query(
    "select 1 from agent where workspace_id = $1 and role = 'ADMIN' and active",
    [ids.workspace],
  );
  expect(admins.rows).toHaveLength(1);
});

it('ends sessions and sockets of who is deactivated at once, for good', async () => {
  const { ids } = world;
  const credentials = { email: world.email('agent'), password: PASSWORD };
  const { signIn } = await nobody().ask(SIGN_IN, { input: credentials });
  const agent = new ApiClient(worlds.server.url, signIn.accessToken);
  const socket = await agent.subscribe('subscription { conversationChanges { conversationId } }').connected();
  const other = await (
    await world.as('colleague')
  )
    .subscribe('subscription { conversationChanges { conversationId } }')
    .connected();
  const { events } = await recording(admin, () =>
    admin.ask(DEACTIVATE, { input: { agentId: ids.agents.agent, reason: 'Has left' } }),
  );
  expect(events).toMatchObject([
    {
      action: 'agent.deactivated',
      changes: ['active: true → false'],
      metadata: { role: 'AGENT', sessions: 1 },
      summary: 'Ada deactivated Bo: Has left',
    },
  ]);
  expect(await socket.end()).toMatchObject({ code: 4401 });
  expect(other.ended).toBeNull();
  await other.stop();
  await expect
    .poll(async () => (await agent.send('{ viewer { role } }')).errors?.[0]!.extensions.code)
    .toBe('UNAUTHENTICATED');
  expect((await refusal(SIGN_IN, credentials, nobody())).code).toBe('UNAUTHENTICATED');
  expect((await refusal(REFRESH, { refreshToken: signIn.refreshToken }, nobody())).code).toBe('UNAUTHENTICATED');
  const again = await recording(admin, () => admin.ask(DEACTIVATE, { input: { agentId: ids.agents.agent } }));
  expect(again.events).toEqual([]);
  const { result, events: back } = await recording(admin, () =>
    admin.ask(REACTIVATE, { input: { agentId: ids.agents.agent } }),
  );
  expect(result.reactivateAgent.agent).toMatchObject({ active: true, role: 'AGENT', teams: [{ id: ids.support }] });
  expect(brief(back)).toEqual([{ action: 'agent.reactivated', changes: ['active: false → true'] }]);
  // With a new session; the one before stays ended.
  await ApiClient.signIn(worlds.server.url, credentials.email, PASSWORD);
  expect((await refusal(REFRESH, { refreshToken: signIn.refreshToken }, nobody())).code).toBe('UNAUTHENTICATED');
  expect((await agent.refused('{ viewer { role } }')).extensions.code).toBe('UNAUTHENTICATED');
});

it('gives what somebody was working on back to its team or to nobody, every view following', async () => {
  const { ids } = world;
  const all = world.withKey('all');
  const assigned = async (input: object = {}) => {
    const { conversationId } = await customerWrites(world);
    await all.ask(ASSIGN, { input: { conversationId, assigneeId: ids.agents.agent, ...input } });
    return conversationId;
  };
  const ofTeam = await assigned();
  const ofNobody = await assigned({ teamId: null });
  const [resolved, answered] = [await assigned(), await assigned()];
  for (const id of [resolved, answered]) {
    await all.ask(SET_STATUS, { input: { conversationId: id, status: 'RESOLVED' } });
  }
  const offered = (await customerWrites(world)).conversationId;
  const handoverId = await offer(all, offered, { toAgentId: ids.agents.agent, expiresInSeconds: 600 });
  const others = (await customerWrites(world)).conversationId;
  await all.ask(ASSIGN, { input: { conversationId: others, assigneeId: ids.agents.colleague } });
  const viewers = [admin, await world.as('colleague'), await world.as('supervisor')];
  const { events } = await recording(admin, () =>
    followedBy(viewers, () => admin.ask(DEACTIVATE, { input: { agentId: ids.agents.agent, reason: 'Has left' } })),
  );
  expect(events.map(({ action }) => action).toSorted()).toEqual([
    'agent.deactivated',
    'conversation.unassigned',
    'conversation.unassigned',
    'handover.cancelled',
  ]);
  expect(events.find(({ action }) => action === 'handover.cancelled')).toMatchObject({ reason: 'Has left' });
  expect(await stateOf(admin, ofTeam)).toMatchObject({ assignee: null, team: ids.support });
  expect(await stateOf(admin, ofNobody)).toMatchObject({ assignee: null, team: null });
  expect(await stateOf(admin, others)).toMatchObject({ assignee: ids.agents.colleague });
  expect(await stateOf(admin, offered)).toMatchObject({ openHandover: null });
  const { handovers } = await admin.ask('{ handovers { nodes { id status } } }');
  expect(handovers.nodes).toEqual([{ id: handoverId, status: 'CANCELLED' }]);
  // The releases and what was withdrawn name the event that caused them.
  const { rows } = await worlds.superuser.query(
    `select count(*)::int as caused from record_body b join record_body cause on cause.event_id::text = b.body::jsonb ->> 'causation'
     where b.workspace_id = $1 and b.action in ('conversation.unassigned', 'handover.cancelled') and cause.action = 'agent.deactivated'`,
    [ids.workspace],
  );
  expect(rows).toEqual([{ caused: 3 }]);
  // What was resolved stays theirs, and leaves them when it comes back: else nobody would look after it.
  expect(await stateOf(admin, resolved)).toMatchObject({ assignee: ids.agents.agent });
  const reopened = await recording(admin, () =>
    followedBy(viewers, () => all.ask(SET_STATUS, { input: { conversationId: resolved, status: 'OPEN' } })),
  );
  expect(brief(reopened.events)).toEqual([
    { action: 'conversation.reopened', changes: ['status: RESOLVED → OPEN', `assigneeId: ${ids.agents.agent} → null`] },
  ]);
  const colleague = await world.as('colleague');
  const taken = await recording(admin, () =>
    followedBy(viewers, () => colleague.ask(SEND, { input: { conversationId: answered, text: 'One more thing' } })),
  );
  expect(brief(taken.events)).toEqual([
    { action: 'message.sent', changes: ['status: RESOLVED → IN_PROGRESS', `assigneeId: ${ids.agents.agent} → null`] },
  ]);
  const refused = await refusal(ASSIGN, { conversationId: ofTeam, assigneeId: ids.agents.agent });
  expect(refused).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'assigneeId' }] });
});

it('takes what a customer brings back from who has gone', async () => {
  const { ids } = world;
  const all = world.withKey('all');
  const externalId = 'order-7';
  const { conversationId } = await customerWrites(world, {
    conversationExternalId: externalId,
    contact: { externalId },
  });
  await all.ask(ASSIGN, { input: { conversationId, assigneeId: ids.agents.agent } });
  await all.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  await admin.ask(DEACTIVATE, { input: { agentId: ids.agents.agent } });
  await followedBy([admin], () =>
    customerWrites(world, { conversationExternalId: externalId, contact: { externalId } }),
  );
  expect(await stateOf(admin, conversationId)).toMatchObject({ assignee: null, status: 'OPEN' });
});

it(
  'leaves nothing with who is deactivated while others give them work and they take some',
  { timeout: 30_000 },
  async () => {
    const { ids } = world;
    const all = world.withKey('all');
    const agent = await world.as('agent');
    const conversations = await Promise.all(Array.from({ length: 12 }, () => customerWrites(world)));
    const offers = await Promise.all(
      conversations
        .slice(6)
        .map(({ conversationId }) =>
          offer(all, conversationId, { toAgentId: ids.agents.agent, expiresInSeconds: 600 }),
        ),
    );
    await Promise.all([
      ...conversations
        .slice(0, 6)
        .map(({ conversationId }) => all.send(ASSIGN, { input: { conversationId, assigneeId: ids.agents.agent } })),
      ...offers.map((handoverId) => agent.send(ACCEPT, { input: { handoverId } })),
      admin.ask(DEACTIVATE, { input: { agentId: ids.agents.agent } }),
    ]);
    const { rows } = await worlds.superuser.query(
      'select 1 from conversation where workspace_id = $1 and (assignee_id = $2 or offered_agent_id = $2)',
      [ids.workspace, ids.agents.agent],
    );
    expect(rows).toEqual([]);
  },
);

it('lets a key with ADMIN give nobody more than it has, by a role or by letting them in again', async () => {
  const { ids } = world;
  const { createApiKey } = await admin.ask(CREATE_KEY, {
    input: { displayName: 'Onboarding', scopes: ['ADMIN', 'AUDIT_READ', 'AUDIT_EXPORT'] },
  });
  const key = new ApiClient(worlds.server.url, createApiKey.secret);
  const { agent, auditor } = ids.agents;
  expect((await refusal(CHANGE_ROLE, { agentId: agent, role: 'ADMIN' }, key)).code).toBe('FORBIDDEN');
  expect((await refusal(CHANGE_ROLE, { agentId: auditor, role: 'AGENT' }, key)).code).toBe('FORBIDDEN');
  await key.ask(DEACTIVATE, { input: { agentId: agent } });
  expect((await refusal(REACTIVATE, { agentId: agent }, key)).code).toBe('FORBIDDEN');
  await key.ask(DEACTIVATE, { input: { agentId: auditor } });
  await key.ask(REACTIVATE, { input: { agentId: auditor } });
});

it('finds agents by inbox, and those who were deactivated', async () => {
  const { ids } = world;
  const find = async (filter: object) =>
    (
      await admin.ask('query($filter: AgentFilter) { agents(filter: $filter) { nodes { id } } }', { filter })
    ).agents.nodes.map(({ id }: { id: string }) => id);
  expect(await find({ inboxIds: [ids.inbox] })).toEqual([ids.agents.agent, ids.agents.colleague]);
  await admin.ask(DEACTIVATE, { input: { agentId: ids.agents.agent } });
  expect(await find({ inboxIds: [ids.inbox], active: true })).toEqual([ids.agents.colleague]);
  expect(await find({ active: false })).toEqual([ids.agents.agent]);
});
