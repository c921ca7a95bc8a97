import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { expireHandovers } from '../../src/services/jobs/expire-handovers.js';
import { CREATE_TEAM, DEACTIVATE_TEAM } from '../security/place-rows.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ACCEPT, CANCEL, customerWrites, DECLINE, offer, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type Person, type World } from '../support/world.js';
import { brief, recording, stateOf } from './recorded.js';

let server: TestServer;
let world: World;
let clients: Record<Person, ApiClient>;
let admin: ApiClient;
let viewers: ApiClient[];
let offset = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + offset) });
  world = await createWorld(server);
  const people = Object.keys(world.ids.agents) as Person[];
  clients = Object.fromEntries(
    await Promise.all(people.map(async (person) => [person, await world.as(person)])),
  ) as Record<Person, ApiClient>;
  admin = clients.admin;
  viewers = [admin, clients.agent, clients.supervisor, clients.outsider];
});
afterAll(() => server.stop());

const followed = <T>(act: () => Promise<T>) => recording(admin, () => followedBy(viewers, act));
/** A conversation that Bo has offered. */
async function offered(target: Record<string, unknown> = { toTeamId: world.ids.support }, by = clients.agent) {
  const { conversationId } = await customerWrites(world);
  return { conversationId, handoverId: await offer(by, conversationId, target) };
}

describe('accepting', () => {
  it('makes the conversation the agent’s, in progress, the team’s and silent for its bot', async () => {
    const { conversationId, handoverId } = await offered({ toTeamId: world.ids.billing });
    const { agents, support, billing } = world.ids;
    const { result, events } = await followed(() => clients.outsider.ask(ACCEPT, { input: { handoverId } }));
    expect(result.acceptHandover.handover).toEqual({
      id: handoverId,
      status: 'ACCEPTED',
      acceptedBy: { id: agents.outsider },
    });
    expect(events).toEqual([
      expect.objectContaining({
        action: 'handover.accepted',
        actor: { kind: 'AGENT', id: agents.outsider, label: 'Olu' },
        changes: [
          'handoverStatus: REQUESTED → ACCEPTED',
          'status: OPEN → IN_PROGRESS',
          `assigneeId: null → ${agents.outsider}`,
          `teamId: ${support} → ${billing}`,
          'botActive: true → false',
        ],
        summary: expect.stringMatching(/^Olu accepted the handover of conversation #\d+$/),
      }),
    ]);
    expect(await stateOf(admin, conversationId)).toEqual({
      status: 'IN_PROGRESS',
      botActive: false,
      resolved: false,
      assignee: agents.outsider,
      team: billing,
      openHandover: null,
    });
    const bot = await world.withKey('bot').refused(SEND, { input: { conversationId, text: 'Still here' } });
    expect(bot.extensions.code).toBe('FORBIDDEN');
  });

  it('leaves the conversation with the team it has where the one asked was deactivated since', async () => {
    const { agents, support } = world.ids;
    const team = { name: 'Returns', memberIds: [agents.outsider] };
    const toTeamId = (await admin.ask(CREATE_TEAM, { input: team })).createTeam.team.id;
    const { conversationId, handoverId } = await offered({ toTeamId });
    await admin.ask(DEACTIVATE_TEAM, { input: { teamId: toTeamId } });
    // What a node knows of rights is half a second old at the most; a stream that was opened before ends with RESYNC_REQUIRED.
    await vi.waitFor(async () => {
      const { handovers } = await clients.outsider.ask(
        '{ handovers(filter: { statuses: [REQUESTED] }) { nodes { id } } }',
      );
      expect(handovers.nodes).toEqual([{ id: handoverId }]);
    });
    const { events } = await followed(() => clients.outsider.ask(ACCEPT, { input: { handoverId } }));
    expect(brief(events)).toEqual([
      {
        action: 'handover.accepted',
        changes: [
          'handoverStatus: REQUESTED → ACCEPTED',
          'status: OPEN → IN_PROGRESS',
          `assigneeId: null → ${agents.outsider}`,
          'botActive: true → false',
        ],
      },
    ]);
    expect(await stateOf(admin, conversationId)).toMatchObject({ assignee: agents.outsider, team: support });
  });

  it('at once by two has one winner; the other hears the state it came too late for', async () => {
    const { handoverId } = await offered();
    const { result, events } = await followed(() =>
      Promise.all([clients.agent, clients.colleague].map((client) => client.send(ACCEPT, { input: { handoverId } }))),
    );
    const winner = result.findIndex((answer) => !answer.errors);
    const winnerId = world.ids.agents[winner === 0 ? 'agent' : 'colleague'];
    expect(result[winner]!.data.acceptHandover.handover.acceptedBy.id).toBe(winnerId);
    expect(result[1 - winner]!.errors).toHaveLength(1);
    expect(result[1 - winner]!.errors![0]!.extensions).toMatchObject({
      code: 'CONFLICT',
      current: {
        handoverId,
        status: 'ACCEPTED',
        settledBy: { kind: 'AGENT', id: winnerId },
        settledAt: expect.any(String),
      },
    });
    expect(events.map(({ action }) => action)).toEqual(['handover.accepted']);
  });

  it('again by the winner gives the same answer and records nothing', async () => {
    const { handoverId } = await offered();
    const first = await clients.agent.ask(ACCEPT, { input: { handoverId } });
    const { result, events } = await followed(() => clients.agent.ask(ACCEPT, { input: { handoverId } }));
    expect(result).toEqual(first);
    expect(events).toEqual([]);
  });

  it('is for whom it was offered to alone', async () => {
    const { handoverId } = await offered({ toAgentId: world.ids.agents.colleague });
    const { result, events } = await recording(admin, () =>
      Promise.all([
        clients.agent.refused(ACCEPT, { input: { handoverId } }),
        admin.refused(ACCEPT, { input: { handoverId } }),
        clients.outsider.refused(ACCEPT, { input: { handoverId } }),
        world.withKey('bot').refused(ACCEPT, { input: { handoverId } }),
      ]),
    );
    expect(result.map(({ extensions }) => extensions.code)).toEqual([
      'FORBIDDEN',
      'FORBIDDEN',
      'NOT_FOUND',
      'FORBIDDEN',
    ]);
    expect(events.map(({ action }) => action).toSorted()).toEqual([
      'auth.access_denied',
      'auth.access_denied',
      'auth.access_denied',
      'bot.reply_suppressed',
    ]);
    const { result: taken } = await followed(() => clients.colleague.ask(ACCEPT, { input: { handoverId } }));
    expect(taken.acceptHandover.handover.acceptedBy.id).toBe(world.ids.agents.colleague);
  });
});

describe('declining', () => {
  it('by the agent it was offered to says why, and the conversation stays as it is', async () => {
    const { conversationId, handoverId } = await offered({ toAgentId: world.ids.agents.outsider });
    const { result, events } = await followed(() =>
      clients.outsider.ask(DECLINE, { input: { handoverId, reason: 'On leave' } }),
    );
    expect(result.declineHandover.handover).toEqual({
      id: handoverId,
      status: 'DECLINED',
      settlementReason: 'On leave',
    });
    expect(events).toEqual([
      expect.objectContaining({
        action: 'handover.declined',
        changes: ['handoverStatus: REQUESTED → DECLINED'],
        reason: 'On leave',
        summary: expect.stringMatching(/^Olu declined the handover of conversation #\d+: On leave$/),
      }),
    ]);
    expect(await stateOf(admin, conversationId)).toMatchObject({ status: 'OPEN', botActive: true, openHandover: null });
    // They no longer see the conversation, but still are told what became of what they were offered.
    const late = await clients.outsider.refused(ACCEPT, { input: { handoverId } });
    expect(late.extensions).toMatchObject({ code: 'CONFLICT', current: { handoverId, status: 'DECLINED' } });
  });

  it('of a team’s is for its supervisor, not for one member, nor for who asked', async () => {
    const { handoverId } = await offered();
    for (const person of ['colleague', 'agent'] as const) {
      const refused = await clients[person].refused(DECLINE, { input: { handoverId } });
      expect(refused.extensions.code).toBe('FORBIDDEN');
    }
    const { events } = await followed(() => clients.supervisor.ask(DECLINE, { input: { handoverId } }));
    expect(brief(events)).toEqual([{ action: 'handover.declined', changes: ['handoverStatus: REQUESTED → DECLINED'] }]);
  });
});

describe('cancelling', () => {
  it.each(['agent', 'supervisor', 'admin'] as const)(
    'is for the %s: who asked, who answers for the team',
    async (who) => {
      const { handoverId } = await offered();
      const { result, events } = await followed(() =>
        clients[who].ask(CANCEL, { input: { handoverId, reason: 'Found it' } }),
      );
      expect(result.cancelHandover.handover).toEqual({
        id: handoverId,
        status: 'CANCELLED',
        settlementReason: 'Found it',
      });
      expect(brief(events)).toEqual([
        { action: 'handover.cancelled', changes: ['handoverStatus: REQUESTED → CANCELLED'] },
      ]);
    },
  );

  it('is FORBIDDEN to a colleague who could accept it', async () => {
    const { handoverId } = await offered();
    const { result, events } = await recording(admin, () =>
      clients.colleague.refused(CANCEL, { input: { handoverId } }),
    );
    expect(result.extensions.code).toBe('FORBIDDEN');
    expect(events.map(({ metadata }) => metadata)).toEqual([{ attempted: 'handover.cancel', suppressed: 0 }]);
  });
});

it.each([
  ['accept', ACCEPT, 'supervisor'],
  ['decline', DECLINE, 'supervisor'],
  ['cancel', CANCEL, 'agent'],
] as const)('to %s what is settled is a CONFLICT with its state', async (_, operation, who) => {
  const { handoverId } = await offered();
  await admin.ask(CANCEL, { input: { handoverId } });
  const { result, events } = await recording(admin, () => clients[who].refused(operation, { input: { handoverId } }));
  expect(result.extensions).toMatchObject({
    code: 'CONFLICT',
    current: { handoverId, status: 'CANCELLED', settledBy: { kind: 'AGENT', id: world.ids.agents.admin } },
  });
  expect(events).toEqual([]);
});

it.each([
  ['accept', ACCEPT],
  ['decline', DECLINE],
  ['cancel', CANCEL],
] as const)(
  'to %s what is not there is NOT_FOUND, and a reason too long VALIDATION_FAILED',
  async (name, operation) => {
    const missing = await clients.agent.refused(operation, { input: { handoverId: world.ids.inbox } });
    expect(missing.extensions.code).toBe('NOT_FOUND');
    if (name === 'accept') return;
    const input = { handoverId: world.ids.inbox, reason: 'x'.repeat(501) };
    expect((await clients.agent.refused(operation, { input })).extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: 'reason', message: 'must have at most 500 characters' }],
    });
  },
);

it('expires at its deadline, once, however many sweep, and can no longer be accepted', async () => {
  const { conversationId, handoverId } = await offered({ toTeamId: world.ids.support, expiresInSeconds: 10 });
  const { events } = await followed(async () => {
    offset += 10_000;
    const late = await clients.agent.refused(ACCEPT, { input: { handoverId } });
    expect(late.extensions).toMatchObject({ code: 'CONFLICT', current: { handoverId, status: 'EXPIRED' } });
    await Promise.all(Array.from({ length: 4 }, () => expireHandovers(server.app)));
  });
  expect(events).toEqual([
    expect.objectContaining({
      action: 'handover.expired',
      actor: { kind: 'SYSTEM', id: null, label: 'Verbatim' },
      changes: ['handoverStatus: REQUESTED → EXPIRED'],
      summary: expect.stringMatching(/^The handover of conversation #\d+ to Support expired$/),
    }),
  ]);
  expect(await stateOf(admin, conversationId)).toMatchObject({ status: 'OPEN', openHandover: null });
  // Free for the next offer.
  await offer(clients.agent, conversationId, { toTeamId: world.ids.support });
});
