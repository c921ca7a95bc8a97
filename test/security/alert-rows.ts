import { randomUUID } from 'node:crypto';
import { evaluateWorkspace } from '../../src/services/alerts/evaluate-workspace.js';
import { CREATE_RULE, createRule, MUTE_RULE, setPriority, UPDATE_RULE } from '../alerts/alert-operations.js';
import type { IsolationRow } from './isolation-rows.js';
import { has, type RootField } from './outcomes.js';
import type { Scene, Stage } from './stage.js';

const DELETE_RULE = 'mutation($input: DeleteAlertRuleInput!) { deleteAlertRule(input: $input) { rule { id } } }';
const UNMUTE_RULE = 'mutation($input: UnmuteAlertRuleInput!) { unmuteAlertRule(input: $input) { rule { id } } }';
const ACKNOWLEDGE =
  'mutation($input: AcknowledgeAlertInput!) { acknowledgeAlert(input: $input) { alert { id group } } }';
const RESOLVE = 'mutation($input: ResolveAlertInput!) { resolveAlert(input: $input) { alert { id group } } }';
const LIST = 'query($filter: AlertFilter) { alerts(filter: $filter) { nodes { id group sequences } } }';

/** What was made for a scene, by its conversation. */
const raised = new Map<string, { alertId: string; ruleId: string }>();
const rules = new Map<string, string>();
/** Further than the clock of a stage goes, by a minute for each that is tried: all of them take more than a day. */
const nextMonth = () => new Date(Date.now() + 30 * 86_400_000).toISOString();

/** Has something of the scene's conversation raise an alert, about what an agent of team Support did. */
export async function raiseAlert(scene: Scene, stage: Stage): Promise<{ alertId: string; ruleId: string }> {
  const { client: admin } = await stage.session('admin');
  const { workspace } = stage.world.ids;
  let ruleId = rules.get(workspace);
  if (!ruleId) rules.set(workspace, ({ ruleId } = await createRule(admin, { groupBy: 'CONVERSATION' })).ruleId);
  await setPriority((await stage.session('agent')).client, scene.conversationId, 'HIGH');
  while (await evaluateWorkspace(stage.server.app, workspace));
  const { alerts } = await admin.ask(LIST, { filter: { ruleIds: [ruleId] } });
  const found = alerts.nodes.find(({ group }: { group: string }) => group === scene.conversationId);
  const made = { alertId: found.id as string, ruleId: ruleId! };
  raised.set(scene.conversationId, made);
  return made;
}

/** A rule that only this scene's caller is to touch. */
async function makeRule(scene: Scene, stage: Stage): Promise<string> {
  const { ruleId } = await createRule((await stage.session('admin')).client);
  raised.set(scene.conversationId, { alertId: '', ruleId });
  return ruleId;
}
/** Where nothing was made, ids of nothing. */
const alertOf = ({ conversationId: id }: Scene) => raised.get(id) ?? { alertId: id, ruleId: id };

const nobody = { UNAUTHENTICATED: 'anonymous revokedKey' };
const alertReaders = {
  ...nobody,
  'OK shown': 'admin supervisor auditor keyAll keyAudit',
  'OK hidden': 'foreignAdmin',
  FORBIDDEN: 'agent outsider keyIngest keyRead bot silencedBot otherBot',
};
const ruleWriters = (action: string) => ({
  ...nobody,
  [`OK ${action}`]: 'admin keyAll',
  'FORBIDDEN auth.access_denied': 'auditor keyAudit',
  'NOT_FOUND auth.access_denied': 'supervisor agent outsider keyIngest keyRead bot silencedBot otherBot',
  NOT_FOUND: 'foreignAdmin',
});
const attendants = (action: string) => ({
  ...nobody,
  [`OK ${action}`]: 'admin keyAll',
  'FORBIDDEN auth.access_denied': 'supervisor auditor keyAudit',
  'NOT_FOUND auth.access_denied': 'agent outsider keyIngest keyRead bot silencedBot otherBot',
  NOT_FOUND: 'foreignAdmin',
});
const rule = { name: 'Messages', filter: { actions: ['message.*'] }, threshold: 10 };

export const alertRows: RootField[] = [
  {
    field: 'Query.alertRules',
    operation: '{ alertRules { id key name filter mutes { until } } }',
    prepare: makeRule,
    shows: ({ alertRules }, scene) => has(alertRules, alertOf(scene).ruleId),
    expected: {
      ...nobody,
      'OK shown': 'admin auditor keyAll keyAudit',
      'OK hidden': 'foreignAdmin',
      FORBIDDEN: 'supervisor agent outsider keyIngest keyRead bot silencedBot otherBot',
    },
  },
  {
    field: 'Query.alertRulePreview',
    operation:
      'query($input: CreateAlertRuleInput!) { alertRulePreview(input: $input, from: 0, to: 99) { raised alerts { group } } }',
    variables: () => ({ input: rule }),
    expected: {
      ...nobody,
      'OK audit.viewed': 'admin auditor keyAll keyAudit foreignAdmin',
      FORBIDDEN: 'supervisor agent outsider keyIngest keyRead bot silencedBot otherBot',
    },
  },
  {
    field: 'Query.alerts',
    operation: LIST,
    prepare: raiseAlert,
    variables: (scene) => ({ filter: { ruleIds: [alertOf(scene).ruleId] } }),
    shows: ({ alerts }, scene) => has(alerts.nodes, alertOf(scene).alertId),
    expected: alertReaders,
  },
  {
    field: 'Query.alert',
    operation: 'query($id: ID!) { alert(id: $id) { id group actors { id } rule { name } } }',
    prepare: raiseAlert,
    variables: (scene) => ({ id: alertOf(scene).alertId }),
    shows: ({ alert }, scene) => alert.id === alertOf(scene).alertId,
    expected: {
      ...nobody,
      'OK shown': 'admin supervisor auditor keyAll keyAudit',
      'NOT_FOUND auth.access_denied': 'agent outsider keyIngest keyRead bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.createAlertRule',
    operation: CREATE_RULE,
    variables: () => ({ input: rule }),
    expected: {
      ...nobody,
      'OK alert_rule.created': 'admin keyAll foreignAdmin',
      'FORBIDDEN auth.access_denied':
        'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Mutation.updateAlertRule',
    operation: UPDATE_RULE,
    prepare: makeRule,
    variables: (scene) => ({ input: { ruleId: alertOf(scene).ruleId, name: randomUUID() } }),
    expected: ruleWriters('alert_rule.updated'),
  },
  {
    field: 'Mutation.deleteAlertRule',
    operation: DELETE_RULE,
    prepare: makeRule,
    variables: (scene) => ({ input: { ruleId: alertOf(scene).ruleId } }),
    expected: ruleWriters('alert_rule.deleted'),
  },
  {
    field: 'Mutation.muteAlertRule',
    operation: MUTE_RULE,
    prepare: makeRule,
    variables: (scene) => ({ input: { ruleId: alertOf(scene).ruleId, until: nextMonth() } }),
    expected: ruleWriters('alert.muted'),
  },
  {
    field: 'Mutation.unmuteAlertRule',
    operation: UNMUTE_RULE,
    prepare: async (scene, stage) => {
      const input = { ruleId: await makeRule(scene, stage), until: nextMonth() };
      await (await stage.session('admin')).client.ask(MUTE_RULE, { input });
    },
    variables: (scene) => ({ input: { ruleId: alertOf(scene).ruleId } }),
    expected: ruleWriters('alert.unmuted'),
  },
  {
    field: 'Mutation.acknowledgeAlert',
    operation: ACKNOWLEDGE,
    prepare: raiseAlert,
    variables: (scene) => ({ input: { alertId: alertOf(scene).alertId } }),
    expected: attendants('alert.acknowledged'),
  },
  {
    field: 'Mutation.resolveAlert',
    operation: RESOLVE,
    prepare: raiseAlert,
    variables: (scene) => ({ input: { alertId: alertOf(scene).alertId } }),
    expected: attendants('alert.resolved'),
  },
  {
    field: 'Subscription.alertEvents',
    operation:
      'subscription($afterEvent: String) { alertEvents(afterEvent: $afterEvent) { changeType alertId alert { id group } } }',
    prepare: raiseAlert,
    shows: ({ alertEvents }, scene) => alertEvents.alertId === alertOf(scene).alertId,
    // A cursor of another workspace is a place in no history of one's own.
    expected: {
      ...nobody,
      'OK shown': 'admin supervisor auditor keyAll keyAudit',
      FORBIDDEN: 'agent outsider keyIngest keyRead bot silencedBot otherBot',
      RESYNC_REQUIRED: 'foreignAdmin',
    },
  },
];

/** What becomes of an id of another workspace, where rules and alerts take one. */
export const alertIsolationRows: IsolationRow[] = [
  ['Query.alert.id', 'query($id: ID!) { alert(id: $id) { id } }', ({ alertId }) => ({ id: alertId }), 'NOT_FOUND'],
  ['AlertFilter.ruleIds', LIST, ({ ruleId }) => ({ filter: { ruleIds: [ruleId] } }), 'empty'],
  ['AlertFilter.actorIds', LIST, (at) => ({ filter: { actorIds: Object.values(at.other.ids.agents) } }), 'empty'],
  ['UpdateAlertRuleInput.ruleId', UPDATE_RULE, ({ ruleId }) => ({ input: { ruleId, enabled: false } }), 'NOT_FOUND'],
  ['DeleteAlertRuleInput.ruleId', DELETE_RULE, ({ ruleId }) => ({ input: { ruleId } }), 'NOT_FOUND'],
  ['AcknowledgeAlertInput.alertId', ACKNOWLEDGE, ({ alertId }) => ({ input: { alertId } }), 'NOT_FOUND'],
  ['ResolveAlertInput.alertId', RESOLVE, ({ alertId }) => ({ input: { alertId } }), 'NOT_FOUND'],
  ['MuteAlertRuleInput.ruleId', MUTE_RULE, ({ ruleId }) => ({ input: { ruleId, until: nextMonth() } }), 'NOT_FOUND'],
  [
    'MuteAlertRuleInput.alertId',
    MUTE_RULE,
    ({ ownRuleId, alertId }) => ({ input: { ruleId: ownRuleId, alertId, until: nextMonth() } }),
    'NOT_FOUND',
  ],
  ['UnmuteAlertRuleInput.ruleId', UNMUTE_RULE, ({ ruleId }) => ({ input: { ruleId } }), 'NOT_FOUND'],
  [
    'UnmuteAlertRuleInput.alertId',
    UNMUTE_RULE,
    ({ ownRuleId, alertId }) => ({ input: { ruleId: ownRuleId, alertId } }),
    'NOT_FOUND',
  ],
];
