import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/services/ids.js';
import { CREATE_KEY } from '../security/administration-rows.js';
import {
  ADD_INBOX_MEMBERS,
  ADD_TEAM_MEMBERS,
  ADD_TEAM_SUPERVISORS,
  CREATE_INBOX,
  CREATE_TEAM,
  DEACTIVATE_INBOX,
  DEACTIVATE_TEAM,
  REMOVE_INBOX_MEMBERS,
  REMOVE_TEAM_MEMBERS,
  REMOVE_TEAM_SUPERVISORS,
  UPDATE_INBOX,
  UPDATE_TEAM,
} from '../security/place-rows.js';
import { ApiClient, type Subscription } from '../support/client.js';
import { ASSIGN, customerWrites, REQUEST } from '../support/operations.js';
import type { World } from '../support/world.js';
import { brief, recording } from './recorded.js';
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

const refusal = async (operation: string, input: object, as = admin) =>
  (await as.refused(operation, { input })).extensions;
const sees = async (client: ApiClient, conversationId: string): Promise<boolean> =>
  (await client.send('query($id: ID!) { conversation(id: $id) { id } }', { id: conversationId })).errors === undefined;

/** A stream that has caught up: it is open by the rights of now. */
async function opened(client: ApiClient): Promise<Subscription> {
  const { conversations } = await client.ask('{ conversations(first: 1) { eventCursor } }');
  const stream = client.subscribe(
    'subscription($at: String) { conversationChanges(afterEvent: $at) { conversationId changeType } }',
    { at: conversations.eventCursor },
  );
  await stream.until(({ conversationChanges }) => conversationChanges.changeType === 'CURSOR');
  return stream;
}

/** A stream whose reader has other rights than when it was opened ends with the next event, and tells nothing of it. */
async function endsWithNextEvent(stream: Subscription): Promise<void> {
  const known = stream.frames.length;
  await expect
    .poll(
      async () => {
        await customerWrites(world);
        return stream.ended;
      },
      { timeout: 5_000 },
    )
    .not.toBeNull();
  expect(stream.ended).toMatchObject([{ extensions: { code: 'RESYNC_REQUIRED' } }]);
  expect(stream.frames).toHaveLength(known);
}

it('creates a team with its members and supervisors, once for one key', async () => {
  const { agents } = world.ids;
  const input = {
    name: ' Returns ',
    memberIds: [agents.outsider],
    supervisorIds: [agents.supervisor],
    reason: 'Season',
    idempotencyKey: newId(),
  };
  const { result, events } = await recording(admin, () => admin.ask(CREATE_TEAM, { input }));
  const { team } = result.createTeam;
  expect(team).toMatchObject({
    name: 'Returns',
    deactivatedAt: null,
    members: [{ id: agents.outsider }],
    supervisors: [{ id: agents.supervisor }],
  });
  expect(events.map(({ summary }) => summary)).toEqual([
    'Ada created the team Returns: Season',
    'Ada added Olu to the team Returns as a member',
    'Ada added Sam to the team Returns as a supervisor',
  ]);
  const again = await recording(admin, () => admin.ask(CREATE_TEAM, { input }));
  expect(again).toMatchObject({ result: { createTeam: { team: { id: team.id } } }, events: [] });
  expect((await refusal(CREATE_TEAM, { ...input, name: 'Other' })).code).toBe('CONFLICT');
  const wrong = { name: 'Returns', supervisorIds: [agents.agent] };
  expect(await refusal(CREATE_TEAM, wrong)).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: 'supervisorIds' }],
  });
});

it('changes names with what was before and after, and records nothing where nothing changes', async () => {
  const { ids } = world;
  const input = { teamId: ids.support, name: 'Help' };
  const { events } = await recording(admin, () => admin.ask(UPDATE_TEAM, { input }));
  expect(brief(events)).toEqual([{ action: 'team.updated', changes: ['name: Support → Help'] }]);
  const changed = { inboxId: ids.inbox, name: 'Shop', defaultTeamId: ids.billing, botId: null };
  const inbox = await recording(admin, () => admin.ask(UPDATE_INBOX, { input: changed }));
  expect(inbox.result.updateInbox.inbox).toMatchObject({ name: 'Shop', defaultTeam: { id: ids.billing }, bot: null });
  expect(brief(inbox.events)).toEqual([
    {
      action: 'inbox.updated',
      changes: ['name: Web chat → Shop', `defaultTeamId: ${ids.support} → ${ids.billing}`, `botId: ${ids.bot} → null`],
    },
  ]);
  const again = await recording(admin, async () => {
    await admin.ask(UPDATE_TEAM, { input });
    await admin.ask(UPDATE_INBOX, { input: changed });
  });
  expect(again.events).toEqual([]);
  const { conversationId } = await customerWrites(world);
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { team { id } botActive } }', {
    id: conversationId,
  });
  expect(conversation).toEqual({ team: { id: ids.billing }, botActive: false });
});

it.each([
  ['team members', ADD_TEAM_MEMBERS, REMOVE_TEAM_MEMBERS, 'team', 'outsider'],
  ['inbox members', ADD_INBOX_MEMBERS, REMOVE_INBOX_MEMBERS, 'inbox', 'outsider'],
  ['team supervisors', ADD_TEAM_SUPERVISORS, REMOVE_TEAM_SUPERVISORS, 'supervised', 'supervisor'],
] as const)(
  'adds and removes %s, whose rights change at once, on open streams too',
  async (_, add, remove, where, who) => {
    const { ids } = world;
    // The supervisor watches over Support; of Billing they see nothing before.
    const place = {
      team: { teamId: ids.support },
      inbox: { inboxId: ids.inbox },
      supervised: { teamId: ids.billing },
    }[where];
    const { conversationId } = await customerWrites(world, where === 'supervised' ? { inboxId: ids.emailInbox } : {});
    const person = await world.as(who);
    const input = { ...place, agentIds: [ids.agents[who], ids.agents[who]], reason: 'Holidays' };
    expect(await sees(person, conversationId)).toBe(false);
    const before = await opened(person);
    const added = await recording(admin, () => admin.ask(add, { input }));
    const noun = where === 'inbox' ? 'inbox' : 'team';
    expect(added.events).toMatchObject([
      {
        action: `${noun}.member_added`,
        target: { type: noun, id: Object.values(place)[0] },
        metadata: { agentId: ids.agents[who] },
        reason: 'Holidays',
      },
    ]);
    await expect.poll(() => sees(person, conversationId), { timeout: 1_000 }).toBe(true);
    await endsWithNextEvent(before);
    expect((await recording(admin, () => admin.ask(add, { input }))).events).toEqual([]);
    const during = await opened(person);
    const removed = await recording(admin, () => admin.ask(remove, { input }));
    expect(removed.events).toMatchObject([
      { action: `${noun}.member_removed`, metadata: { agentId: ids.agents[who] } },
    ]);
    await expect.poll(() => sees(person, conversationId), { timeout: 1_000 }).toBe(false);
    await endsWithNextEvent(during);
    expect((await recording(admin, () => admin.ask(remove, { input }))).events).toEqual([]);
  },
);

it('adds all or nobody', async () => {
  const { ids } = world;
  const { events } = await recording(admin, async () => {
    const unknown = { teamId: ids.billing, agentIds: [ids.agents.agent, newId()] };
    expect((await refusal(ADD_TEAM_MEMBERS, unknown)).code).toBe('NOT_FOUND');
    const empty = { teamId: ids.billing, agentIds: [] };
    expect(await refusal(ADD_TEAM_MEMBERS, empty)).toMatchObject({ fields: [{ path: 'agentIds' }] });
    const mixed = { teamId: ids.billing, agentIds: [ids.agents.supervisor, ids.agents.agent] };
    expect(await refusal(ADD_TEAM_SUPERVISORS, mixed)).toMatchObject({ fields: [{ path: 'agentIds' }] });
  });
  expect(events).toEqual([]);
  const { teams } = await admin.ask('{ teams { id members { id } supervisors { id } } }');
  expect(teams).toContainEqual({ id: ids.billing, members: [{ id: ids.agents.outsider }], supervisors: [] });
});

it('gives a deactivated team nothing new, and refuses to while an inbox would', async () => {
  const { ids } = world;
  const { conversationId } = await customerWrites(world);
  expect(await refusal(DEACTIVATE_TEAM, { teamId: ids.support })).toMatchObject({
    code: 'CONFLICT',
    current: { teamId: ids.support, inboxIds: [ids.inbox] },
  });
  await admin.ask(UPDATE_INBOX, { input: { inboxId: ids.inbox, defaultTeamId: null } });
  const { events } = await recording(admin, () => admin.ask(DEACTIVATE_TEAM, { input: { teamId: ids.support } }));
  expect(brief(events)).toEqual([{ action: 'team.deactivated', changes: ['active: true → false'] }]);
  const again = await recording(admin, () => admin.ask(DEACTIVATE_TEAM, { input: { teamId: ids.support } }));
  expect(again.events).toEqual([]);
  // What it has stays with it.
  expect(await sees(await world.as('supervisor'), conversationId)).toBe(true);
  const other = (await customerWrites(world, { inboxId: ids.emailInbox })).conversationId;
  expect((await refusal(ASSIGN, { conversationId: other, teamId: ids.support })).code).toBe('VALIDATION_FAILED');
  const handover = { conversationId: other, toTeamId: ids.support, reason: 'OTHER' };
  expect((await refusal(REQUEST, handover)).code).toBe('VALIDATION_FAILED');
  expect((await refusal(UPDATE_INBOX, { inboxId: ids.inbox, defaultTeamId: ids.support })).code).toBe('NOT_FOUND');
  const member = { teamId: ids.support, agentIds: [ids.agents.outsider] };
  expect((await refusal(ADD_TEAM_MEMBERS, member)).code).toBe('CONFLICT');
  // It can be left all the same.
  await admin.ask(ASSIGN, { input: { conversationId, teamId: null } });
  await admin.ask(REMOVE_TEAM_MEMBERS, { input: { teamId: ids.support, agentIds: [ids.agents.agent] } });
  const list = async (more: string) => (await admin.ask(`{ teams${more} { id } }`)).teams;
  expect(await list('')).toEqual([{ id: ids.billing }]);
  expect(await list('(includeInactive: true)')).toEqual([{ id: ids.billing }, { id: ids.support }]);
});

it('lets a key with ADMIN show nobody more than it may see', async () => {
  const { ids } = world;
  const keyWith = async (...scopes: string[]) => {
    const { createApiKey } = await admin.ask(CREATE_KEY, { input: { displayName: newId(), scopes } });
    return new ApiClient(worlds.server.url, createApiKey.secret);
  };
  const bare = await keyWith('ADMIN');
  const everyday = ['CONVERSATIONS_READ', 'CONVERSATIONS_WRITE', 'CONTACTS_READ', 'CONTACTS_WRITE'];
  const working = await keyWith('ADMIN', ...everyday);
  const added = { teamId: ids.support, agentIds: [ids.agents.outsider] };
  const supervised = { teamId: ids.billing, agentIds: [ids.agents.supervisor] };
  const created = { name: 'Returns', channel: 'EMAIL', memberIds: [ids.agents.outsider] };
  for (const [operation, input, as] of [
    [ADD_TEAM_MEMBERS, added, bare],
    [ADD_INBOX_MEMBERS, { inboxId: ids.inbox, agentIds: [ids.agents.outsider] }, bare],
    [CREATE_INBOX, created, bare],
    [ADD_TEAM_SUPERVISORS, supervised, working],
    [CREATE_TEAM, { name: 'Returns', supervisorIds: [ids.agents.supervisor] }, working],
  ] as const) {
    expect((await refusal(operation, input, as)).code).toBe('FORBIDDEN');
  }
  await working.ask(ADD_TEAM_MEMBERS, { input: added });
  await bare.ask(REMOVE_TEAM_MEMBERS, { input: added });
});

it('gives nothing to a team that is just being deactivated', async () => {
  const { ids } = world;
  const { conversationId } = await customerWrites(world);
  await worlds.superuser.query('begin');
  await worlds.superuser.query('update team set deactivated_at = now() where id = $1', [ids.billing]);
  const assigning = admin.send(ASSIGN, { input: { conversationId, teamId: ids.billing } });
  const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  const howMany = async () => {
    // What the view has shown once stays so in a transaction.
    await worlds.superuser.query('select pg_stat_clear_snapshot()');
    return (await worlds.superuser.query(waiting)).rows.length;
  };
  await expect.poll(howMany, { timeout: 1_500 }).toBe(1);
  await worlds.superuser.query('commit');
  expect((await assigning).errors).toMatchObject([
    { extensions: { code: 'VALIDATION_FAILED', fields: [{ path: 'teamId' }] } },
  ]);
});

it('lets nothing arrive in a deactivated inbox, and loses nothing that has', async () => {
  const { ids } = world;
  const input = { name: 'Returns', channel: 'EMAIL', memberIds: [ids.agents.agent], defaultTeamId: ids.billing };
  const created = await recording(admin, () => admin.ask(CREATE_INBOX, { input }));
  const { inbox } = created.result.createInbox;
  expect(inbox).toMatchObject({ name: 'Returns', channel: 'EMAIL', defaultTeam: { id: ids.billing } });
  expect(created.events.map(({ action }) => action)).toEqual(['inbox.created', 'inbox.member_added']);
  const message = { inboxId: inbox.id, externalId: newId(), contact: { address: 'asha@example.com' }, text: 'Hello' };
  const RECEIVE =
    'mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { duplicate conversation { id } } }';
  const all = world.withKey('all');
  const { conversation } = (await all.ask(RECEIVE, { input: message })).receiveMessage;
  await admin.ask(DEACTIVATE_INBOX, { input: { inboxId: inbox.id, reason: 'Moved' } });
  const { events } = await recording(admin, async () => {
    const late = await refusal(RECEIVE, { ...message, externalId: newId() }, all);
    expect(late).toMatchObject({ code: 'CONFLICT', current: { inboxId: inbox.id } });
    // A channel that delivers again what was taken hears so.
    expect((await all.ask(RECEIVE, { input: message })).receiveMessage.duplicate).toBe(true);
  });
  expect(events).toEqual([]);
  expect(await sees(await world.as('agent'), conversation.id)).toBe(true);
  expect((await refusal(ADD_INBOX_MEMBERS, { inboxId: inbox.id, agentIds: [ids.agents.outsider] })).code).toBe(
    'CONFLICT',
  );
  expect((await refusal(UPDATE_INBOX, { inboxId: inbox.id, name: 'x' })).code).toBe('CONFLICT');
  const list = async (more: string) => (await admin.ask(`{ inboxes${more} { id } }`)).inboxes;
  expect(await list('')).not.toContainEqual({ id: inbox.id });
  expect(await list('(includeInactive: true)')).toContainEqual({ id: inbox.id });
});
