import type { IsolationRow } from './isolation-rows.js';
import type { RootField } from './outcomes.js';

export const HAND_OVER_SHIFT = `mutation($input: HandOverShiftInput!) { handOverShift(input: $input) { shiftHandover {
  id agent { id } toAgent { id } toTeam { id } conversations handedOver skipped unattended startedAt completedAt } } }`;

export const routingRows: RootField[] = [
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
