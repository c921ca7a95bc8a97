import type { IsolationRow } from './isolation-rows.js';
import type { RootField } from './outcomes.js';
import { newKey } from './setting-rows.js';
import type { World } from '../support/world.js';
import type { Stage } from './stage.js';

const on = (field: string, fields: string) =>
  `mutation($input: ${field[0]!.toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { ${fields} } }`;
const VIEW = 'view { id name filter orderBy sharing owner { id } team { id } }';
export const CREATE_VIEW = on('createView', VIEW);
export const UPDATE_VIEW = on('updateView', VIEW);
export const DELETE_VIEW = on('deleteView', 'viewId');
const newView = () => ({ name: newKey(), filter: { unassigned: true } });

/** A view for everybody that only this scene's caller is to touch. */
async function makeView(stage: Stage): Promise<string> {
  const { client } = await stage.session('admin');
  const input = { ...newView(), name: 'Shown', sharing: 'EVERYBODY' };
  return (await client.ask(CREATE_VIEW, { input })).createView.view.id;
}

/** Whoever sees a view of others may not change it; who works with no conversations does not see any. */
const viewChangers = (action: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [`OK ${action}`]: 'admin keyAll',
  'FORBIDDEN auth.access_denied': 'supervisor agent outsider',
  'NOT_FOUND auth.access_denied': 'auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
  NOT_FOUND: 'foreignAdmin',
});
export const viewRows: RootField[] = [
  {
    field: 'Query.views',
    operation: '{ views { id name filter orderBy sharing } }',
    prepare: (_, stage) => makeView(stage),
    shows: ({ views }) => views.some(({ name }: { name: string }) => name === 'Shown'),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin supervisor agent outsider keyAll',
      'OK hidden': 'foreignAdmin',
      FORBIDDEN: 'auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Mutation.createView',
    operation: CREATE_VIEW,
    variables: () => ({ input: newView() }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK view.created': 'admin supervisor agent outsider foreignAdmin',
      'FORBIDDEN auth.access_denied': 'auditor keyAll keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Mutation.updateView',
    operation: UPDATE_VIEW,
    variables: async (_, stage) => ({ input: { viewId: await makeView(stage), orderBy: 'PRIORITY_DESC' } }),
    expected: viewChangers('view.updated'),
  },
  {
    field: 'Mutation.deleteView',
    operation: DELETE_VIEW,
    variables: async (_, stage) => ({ input: { viewId: await makeView(stage) } }),
    expected: viewChangers('view.deleted'),
  },
];

const views = new WeakMap<World, string>();

/** Gives a workspace a view for everybody. */
export async function makeViewOf(world: World): Promise<void> {
  const input = { ...newView(), sharing: 'EVERYBODY' };
  views.set(world, (await (await world.as('admin')).ask(CREATE_VIEW, { input })).createView.view.id);
}

/** What becomes of ids of another workspace. */
export const viewIsolationRows: IsolationRow[] = [
  [
    'CreateViewInput.teamId',
    CREATE_VIEW,
    (at) => ({ input: { ...newView(), sharing: 'TEAM', teamId: at.other.ids.support } }),
    'NOT_FOUND',
  ],
  [
    'UpdateViewInput.viewId',
    UPDATE_VIEW,
    (at) => ({ input: { viewId: views.get(at.other), name: 'Mine' } }),
    'NOT_FOUND',
  ],
  [
    'UpdateViewInput.teamId',
    UPDATE_VIEW,
    (at) => ({ input: { viewId: views.get(at.own), sharing: 'TEAM', teamId: at.other.ids.support } }),
    'NOT_FOUND',
  ],
  ['DeleteViewInput.viewId', DELETE_VIEW, (at) => ({ input: { viewId: views.get(at.other) } }), 'NOT_FOUND'],
];
