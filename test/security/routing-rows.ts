import { administrators } from './administration-rows.js';
import type { IsolationRow } from './isolation-rows.js';
import type { RootField } from './outcomes.js';

export const HAND_OVER_SHIFT = `mutation($input: HandOverShiftInput!) { handOverShift(input: $input) { shiftHandover {
  id agent { id } toAgent { id } toTeam { id } conversations handedOver skipped unattended startedAt completedAt } } }`;

export const SET_CAPACITY = `mutation($input: SetAgentCapacityInput!) { setAgentCapacity(input: $input) { agent {
  id presence { capacity openConversations } } } }`;

/** Another number each time: what is so already changes nothing. */
let another = 0;

export const SET_ROUTING = `mutation($input: SetRoutingPolicyInput!) { setRoutingPolicy(input: $input) { team {
  id routing { enabled strategy requeueAfterSeconds } } } }`;

export const SET_HOURS = `mutation($input: SetBusinessHoursInput!) { setBusinessHours(input: $input) { businessHours {
  weekly { day from to } holidays openNow } } }`;

export const routingRows: RootField[] = [
  {
    field: 'Query.queues',
    operation: '{ queues { team { id } depth } }',
    shows: ({ queues }, _, { world }) =>
      queues.some(({ team }: { team: { id: string } }) => team.id === world.ids.support),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin supervisor agent keyAll keyRead',
      'OK hidden': 'outsider foreignAdmin',
      FORBIDDEN: 'auditor keyIngest keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Subscription.queueChanges',
    operation: 'subscription($teamIds: [ID!]) { queueChanges(teamIds: $teamIds) { team { id } depth } }',
    // It begins with what is, by name: of Billing, of Support, or of the other workspace.
    variables: (_, { world, foreign }) => ({ teamIds: [world.ids.billing, world.ids.support, foreign.ids.billing] }),
    provoke: async () => ({ again: async () => {}, isLast: () => true }),
    shows: ({ queueChanges }, _, { world }) => queueChanges.team.id === world.ids.billing,
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin outsider keyAll keyRead',
      'OK hidden': 'supervisor agent foreignAdmin',
      FORBIDDEN: 'auditor keyIngest keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Mutation.setBusinessHours',
    operation: SET_HOURS,
    variables: () => ({
      input: {
        weekly: [{ day: 'MONDAY', from: '09:00', to: '17:00' }],
        holidays: [new Date(Date.UTC(2027, 0, (another += 1))).toISOString().slice(0, 10)],
      },
    }),
    expected: administrators('OK business_hours.updated', 'OK business_hours.updated'),
  },
  {
    field: 'Mutation.setRoutingPolicy',
    operation: SET_ROUTING,
    // Nothing is given out by it while the others are tried.
    variables: (_, { world }) => ({
      input: { teamId: world.ids.billing, enabled: false, requeueAfterSeconds: 10 + (another += 1) },
    }),
    expected: administrators('OK routing_policy.updated', 'NOT_FOUND'),
  },
  {
    field: 'Mutation.setAgentCapacity',
    operation: SET_CAPACITY,
    variables: (_, { world }) => ({ input: { agentId: world.ids.agents.colleague, capacity: (another += 1) } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK agent.capacity_changed': 'admin supervisor keyAll',
      'FORBIDDEN auth.access_denied': 'agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.handOverShift',
    operation: HAND_OVER_SHIFT,
    // Somebody who has nothing: what they may have is offered before.
    prepare: (_, { world }) =>
      world.withKey('all').ask(HAND_OVER_SHIFT, {
        input: { agentId: world.ids.agents.agent, toTeamId: world.ids.billing, expiresInSeconds: 604_800 },
      }),
    variables: (_, { world: { ids } }) => ({ input: { agentId: ids.agents.agent, toTeamId: ids.support } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shift_handover.started shift_handover.completed': 'admin supervisor agent keyAll',
      'FORBIDDEN auth.access_denied': 'outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
];

/** What becomes of ids of another workspace. */
export const routingIsolationRows: IsolationRow[] = [
  [
    'SetBusinessHoursInput.teamId',
    SET_HOURS,
    (at) => ({ input: { teamId: at.other.ids.support, weekly: null } }),
    'NOT_FOUND',
  ],
  [
    'SetRoutingPolicyInput.teamId',
    SET_ROUTING,
    (at) => ({ input: { teamId: at.other.ids.support, enabled: true } }),
    'NOT_FOUND',
  ],
  [
    'SetAgentCapacityInput.agentId',
    SET_CAPACITY,
    (at) => ({ input: { agentId: at.other.ids.agents.agent, capacity: 0 } }),
    'NOT_FOUND',
  ],
  [
    'HandOverShiftInput.agentId',
    HAND_OVER_SHIFT,
    (at) => ({ input: { agentId: at.other.ids.agents.agent, toTeamId: at.own.ids.support } }),
    'NOT_FOUND',
  ],
  [
    'HandOverShiftInput.toAgentId',
    HAND_OVER_SHIFT,
    (at) => ({ input: { agentId: at.own.ids.agents.agent, toAgentId: at.other.ids.agents.colleague } }),
    'VALIDATION_FAILED toAgentId',
  ],
  [
    'HandOverShiftInput.toTeamId',
    HAND_OVER_SHIFT,
    (at) => ({ input: { agentId: at.own.ids.agents.agent, toTeamId: at.other.ids.support } }),
    'VALIDATION_FAILED toTeamId',
  ],
  [
    'HandoverFilter.batchId',
    'query($filter: HandoverFilter) { handovers(filter: $filter) { nodes { id } } }',
    (at) => ({ filter: { batchId: at.shiftId } }),
    'empty',
  ],
];
