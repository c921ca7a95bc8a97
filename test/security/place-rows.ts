import { randomUUID } from 'node:crypto';
import { administrators } from './administration-rows.js';
import type { IsolationRow } from './isolation-rows.js';
import type { RootField } from './outcomes.js';
import type { Stage } from './stage.js';

const on = (field: string, noun: 'team' | 'inbox') => {
  const fields =
    noun === 'team'
      ? 'id name deactivatedAt members { id } supervisors { id }'
      : 'id name channel deactivatedAt members { id } defaultTeam { id } bot { id }';
  return `mutation($input: ${field[0]!.toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { ${noun} { ${fields} } } }`;
};
export const CREATE_TEAM = on('createTeam', 'team');
export const UPDATE_TEAM = on('updateTeam', 'team');
export const DEACTIVATE_TEAM = on('deactivateTeam', 'team');
export const ADD_TEAM_MEMBERS = on('addTeamMembers', 'team');
export const REMOVE_TEAM_MEMBERS = on('removeTeamMembers', 'team');
export const ADD_TEAM_SUPERVISORS = on('addTeamSupervisors', 'team');
export const REMOVE_TEAM_SUPERVISORS = on('removeTeamSupervisors', 'team');
export const CREATE_INBOX = on('createInbox', 'inbox');
export const UPDATE_INBOX = on('updateInbox', 'inbox');
export const DEACTIVATE_INBOX = on('deactivateInbox', 'inbox');
export const ADD_INBOX_MEMBERS = on('addInboxMembers', 'inbox');
export const REMOVE_INBOX_MEMBERS = on('removeInboxMembers', 'inbox');

/** A team of its own, in which somebody is who can be taken out again. */
async function makeTeam(stage: Stage): Promise<string> {
  const { agents } = stage.world.ids;
  const input = { name: randomUUID(), memberIds: [agents.agent], supervisorIds: [agents.supervisor] };
  const { client } = await stage.session('admin');
  return (await client.ask(CREATE_TEAM, { input })).createTeam.team.id;
}
async function makeInbox(stage: Stage): Promise<string> {
  const input = { name: randomUUID(), channel: 'EMAIL', memberIds: [stage.world.ids.agents.agent] };
  const { client } = await stage.session('admin');
  return (await client.ask(CREATE_INBOX, { input })).createInbox.inbox.id;
}

const creating = (name: 'Team' | 'Inbox', operation: string, more: object): RootField => ({
  field: `Mutation.create${name}`,
  operation,
  variables: () => ({ input: { name: randomUUID(), ...more } }),
  expected: administrators(`OK ${name.toLowerCase()}.created`, `OK ${name.toLowerCase()}.created`),
});
const changing = (
  field: string,
  operation: string,
  action: string,
  more: (ids: Stage['world']['ids']) => object,
): RootField => {
  const isTeam = field.includes('Team');
  return {
    field: `Mutation.${field}`,
    operation,
    variables: async (_, stage) => ({
      input: {
        ...(isTeam ? { teamId: await makeTeam(stage) } : { inboxId: await makeInbox(stage) }),
        ...more(stage.world.ids),
      },
    }),
    expected: administrators(`OK ${action}`, 'NOT_FOUND'),
  };
};

/** Another number each time: what is so already changes nothing. */
let seconds = 600;
export const UPDATE_SETTINGS = `mutation($input: UpdateWorkspaceSettingsInput!) { updateWorkspaceSettings(input: $input) {
  workspace { timeZone settings { viewCoalescingSeconds agentsSeeOwnEvents handoverExpirySeconds } } } }`;

export const placeRows: RootField[] = [
  {
    field: 'Mutation.updateWorkspaceSettings',
    operation: UPDATE_SETTINGS,
    variables: () => ({ input: { handoverExpirySeconds: (seconds += 1) } }),
    expected: administrators('OK settings.updated', 'OK settings.updated'),
  },
  creating('Team', CREATE_TEAM, {}),
  changing('updateTeam', UPDATE_TEAM, 'team.updated', () => ({ name: 'Returns' })),
  changing('deactivateTeam', DEACTIVATE_TEAM, 'team.deactivated', () => ({})),
  changing('addTeamMembers', ADD_TEAM_MEMBERS, 'team.member_added', ({ agents }) => ({ agentIds: [agents.outsider] })),
  changing('removeTeamMembers', REMOVE_TEAM_MEMBERS, 'team.member_removed', ({ agents }) => ({
    agentIds: [agents.agent],
  })),
  {
    ...changing('addTeamSupervisors', ADD_TEAM_SUPERVISORS, 'team.member_added', () => ({})),
    variables: async (_, stage) => {
      const { client } = await stage.session('admin');
      const { createTeam } = await client.ask(CREATE_TEAM, { input: { name: randomUUID() } });
      return { input: { teamId: createTeam.team.id, agentIds: [stage.world.ids.agents.supervisor] } };
    },
  },
  changing('removeTeamSupervisors', REMOVE_TEAM_SUPERVISORS, 'team.member_removed', ({ agents }) => ({
    agentIds: [agents.supervisor],
  })),
  creating('Inbox', CREATE_INBOX, { channel: 'EMAIL' }),
  changing('updateInbox', UPDATE_INBOX, 'inbox.updated', () => ({ name: 'Returns' })),
  changing('deactivateInbox', DEACTIVATE_INBOX, 'inbox.deactivated', () => ({})),
  changing('addInboxMembers', ADD_INBOX_MEMBERS, 'inbox.member_added', ({ agents }) => ({
    agentIds: [agents.outsider],
  })),
  changing('removeInboxMembers', REMOVE_INBOX_MEMBERS, 'inbox.member_removed', ({ agents }) => ({
    agentIds: [agents.agent],
  })),
];

const membership = (type: string, operation: string): IsolationRow[] => {
  const isTeam = type.includes('Team');
  const [key, place] = isTeam ? (['teamId', 'support'] as const) : (['inboxId', 'inbox'] as const);
  return [
    [
      `${type}.${key}`,
      operation,
      (at) => ({ input: { [key]: at.other.ids[place], agentIds: [at.own.ids.agents.agent] } }),
      'NOT_FOUND',
    ],
    [
      `${type}.agentIds`,
      operation,
      (at) => ({
        input: { [key]: at.own.ids[place], agentIds: [at.own.ids.agents.agent, at.other.ids.agents.agent] },
      }),
      'NOT_FOUND',
    ],
  ];
};

/** What becomes of teams, inboxes and agents of another workspace. */
export const placeIsolationRows: IsolationRow[] = [
  ...(['memberIds', 'supervisorIds'] as const).map((list): IsolationRow => [
    `CreateTeamInput.${list}`,
    CREATE_TEAM,
    (at) => ({ input: { name: 'Returns', [list]: [at.other.ids.agents.supervisor] } }),
    'NOT_FOUND',
  ]),
  [
    'UpdateTeamInput.teamId',
    UPDATE_TEAM,
    (at) => ({ input: { teamId: at.other.ids.support, name: 'Mine' } }),
    'NOT_FOUND',
  ],
  ['DeactivateTeamInput.teamId', DEACTIVATE_TEAM, (at) => ({ input: { teamId: at.other.ids.support } }), 'NOT_FOUND'],
  ...membership('AddTeamMembersInput', ADD_TEAM_MEMBERS),
  ...membership('RemoveTeamMembersInput', REMOVE_TEAM_MEMBERS),
  ...membership('AddTeamSupervisorsInput', ADD_TEAM_SUPERVISORS),
  ...membership('RemoveTeamSupervisorsInput', REMOVE_TEAM_SUPERVISORS),
  ...(
    [
      ['memberIds', ({ agents }) => [agents.agent]],
      ['defaultTeamId', ({ support }) => support],
      ['botId', ({ bot }) => bot],
    ] satisfies [string, (ids: Stage['world']['ids']) => unknown][]
  ).map(([field, of]): IsolationRow => [
    `CreateInboxInput.${field}`,
    CREATE_INBOX,
    (at) => ({ input: { name: 'Returns', channel: 'EMAIL', [field]: of(at.other.ids) } }),
    'NOT_FOUND',
  ]),
  [
    'UpdateInboxInput.inboxId',
    UPDATE_INBOX,
    (at) => ({ input: { inboxId: at.other.ids.inbox, name: 'Mine' } }),
    'NOT_FOUND',
  ],
  [
    'UpdateInboxInput.defaultTeamId',
    UPDATE_INBOX,
    (at) => ({ input: { inboxId: at.own.ids.inbox, defaultTeamId: at.other.ids.support } }),
    'NOT_FOUND',
  ],
  [
    'UpdateInboxInput.botId',
    UPDATE_INBOX,
    (at) => ({ input: { inboxId: at.own.ids.inbox, botId: at.other.ids.bot } }),
    'NOT_FOUND',
  ],
  ['DeactivateInboxInput.inboxId', DEACTIVATE_INBOX, (at) => ({ input: { inboxId: at.other.ids.inbox } }), 'NOT_FOUND'],
  ...membership('AddInboxMembersInput', ADD_INBOX_MEMBERS),
  ...membership('RemoveInboxMembersInput', REMOVE_INBOX_MEMBERS),
];
