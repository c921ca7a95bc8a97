import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/services/ids.js';
import {
  CREATE_DESTINATION,
  CREATE_RULE,
  createRule,
  MUTE_RULE,
  UPDATE_DESTINATION,
  UPDATE_RULE,
} from '../alerts/alert-operations.js';
import { CANCEL_EXPORT, CREATE_SINK, DELETE_SINK, ExportStage, REQUEST_EXPORT, UPDATE_SINK } from '../exports/stage.js';
import type { ApiClient } from '../support/client.js';

const UNMUTE_RULE = 'mutation($input: UnmuteAlertRuleInput!) { unmuteAlertRule(input: $input) { rule { id } } }';
const DELETE_RULE = 'mutation($input: DeleteAlertRuleInput!) { deleteAlertRule(input: $input) { rule { id } } }';
const DELETE_DESTINATION =
  'mutation($input: DeleteAlertDestinationInput!) { deleteAlertDestination(input: $input) { destinationId } }';
const ACKNOWLEDGE = 'mutation($input: AcknowledgeAlertInput!) { acknowledgeAlert(input: $input) { alert { id } } }';
const RESOLVE = 'mutation($input: ResolveAlertInput!) { resolveAlert(input: $input) { alert { id } } }';

const RULE = { name: 'Pins', filter: { actions: ['conversation.pinned'] } };
const DESTINATION = { name: 'Pager', kind: 'WEBHOOK', url: 'https://pager.example.com/hook' };
const SINK = { name: 'SIEM', kind: 'WEBHOOK', format: 'JSONL', url: 'https://siem.example.com/hook' };

let stage: ExportStage;
let admin: ApiClient;
beforeAll(async () => {
  stage = await ExportStage.open();
  admin = await stage.world.as('admin');
});
afterAll(() => stage.close());

const until = () => new Date(stage.clock.at + 600_000).toISOString();
const newRule = async () => (await createRule(admin)).ruleId;
const newDestination = async (): Promise<string> =>
  (await admin.ask(CREATE_DESTINATION, { input: DESTINATION })).createAlertDestination.destination.id;
const newSink = async (): Promise<string> => (await admin.ask(CREATE_SINK, { input: SINK })).createAuditSink.sink.id;
async function newMutedRule(): Promise<string> {
  const ruleId = await newRule();
  await admin.ask(MUTE_RULE, { input: { ruleId, until: until() } });
  return ruleId;
}

/** Each with how its input is made, the action that it records, and what the event says before the reason. */
const CASES: Record<
  string,
  [operation: string, make: () => Promise<Record<string, unknown>>, action: string, said: string]
> = {
  createAlertRule: [CREATE_RULE, async () => RULE, 'alert_rule.created', 'Ada created the alert rule Pins'],
  updateAlertRule: [
    UPDATE_RULE,
    async () => ({ ruleId: await newRule(), enabled: false }),
    'alert_rule.updated',
    'Ada changed the alert rule Priorities',
  ],
  deleteAlertRule: [
    DELETE_RULE,
    async () => ({ ruleId: await newRule() }),
    'alert_rule.deleted',
    'Ada deleted the alert rule Priorities',
  ],
  unmuteAlertRule: [
    UNMUTE_RULE,
    async () => ({ ruleId: await newMutedRule() }),
    'alert.unmuted',
    'Ada unmuted the alert rule Priorities',
  ],
  createAlertDestination: [
    CREATE_DESTINATION,
    async () => DESTINATION,
    'alert_destination.created',
    'Ada has alerts sent to Pager',
  ],
  updateAlertDestination: [
    UPDATE_DESTINATION,
    async () => ({ destinationId: await newDestination(), enabled: false }),
    'alert_destination.updated',
    'Ada changed where alerts are sent to: Pager',
  ],
  deleteAlertDestination: [
    DELETE_DESTINATION,
    async () => ({ destinationId: await newDestination() }),
    'alert_destination.deleted',
    'Ada no longer has alerts sent to Pager',
  ],
  createAuditSink: [CREATE_SINK, async () => SINK, 'audit.sink_created', 'Ada lets the record be pushed to SIEM'],
  updateAuditSink: [
    UPDATE_SINK,
    async () => ({ sinkId: await newSink(), enabled: false }),
    'audit.sink_updated',
    'Ada changed how the record is pushed to SIEM',
  ],
  deleteAuditSink: [
    DELETE_SINK,
    async () => ({ sinkId: await newSink() }),
    'audit.sink_deleted',
    'Ada ended that the record is pushed to SIEM',
  ],
  requestExport: [
    REQUEST_EXPORT,
    async () => ({ format: 'JSONL' }),
    'export.requested',
    'Ada asked for an export of the record as JSONL',
  ],
  cancelExport: [
    CANCEL_EXPORT,
    async () => ({ exportId: await stage.request(admin) }),
    'export.cancelled',
    'Ada stopped an export of the record',
  ],
};

it.each(Object.entries(CASES))('commits to the reason of %s', async (_, [operation, make, action, said]) => {
  const input = await make();
  const before = await stage.recorded(action);
  const refused = await admin.refused(operation, { input: { ...input, reason: 'x'.repeat(501) } });
  expect(refused.extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: expect.stringMatching(/^(input\.)?reason$/), message: 'must have at most 500 characters' }],
  });
  // What is refused has changed nothing: else the same request would have nothing left to record.
  expect(await stage.recorded(action)).toEqual(before);
  const reason = `${newId()} ${'é'.repeat(463)}`;
  await admin.ask(operation, { input: { ...input, reason } });
  const { auditEvents } = await admin.ask(
    'query($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 1) { nodes { reason summary } } }',
    { filter: { actions: [action] } },
  );
  expect(auditEvents.nodes).toEqual([{ reason, summary: `${said}: ${reason}` }]);
  const { rows } = await stage.superuser.query(
    `select count(*)::int as events, count(*) filter (where body like '%' || $3 || '%')::int as hashed
     from record_body where workspace_id = $1 and action = $2`,
    [stage.world.ids.workspace, action, reason.slice(0, 36)],
  );
  expect(rows).toEqual([{ events: before.length + 1, hashed: 0 }]);
  // Of exports only ten may be under way.
  await stage.run();
});

it('commits to the reason of muting, and takes no longer one, nor of acknowledging and resolving', async () => {
  const ruleId = await newRule();
  const mute = { ruleId, until: until() };
  const before = await stage.recorded('alert.%');
  for (const [operation, input] of [
    [MUTE_RULE, mute],
    [ACKNOWLEDGE, { alertId: newId() }],
    [RESOLVE, { alertId: newId() }],
  ] as const) {
    expect((await admin.refused(operation, { input: { ...input, reason: 'x'.repeat(501) } })).extensions).toMatchObject(
      {
        code: 'VALIDATION_FAILED',
        fields: [{ path: 'input.reason', message: 'must have at most 500 characters' }],
      },
    );
  }
  expect(await stage.recorded('alert.%')).toEqual(before);
  const reason = 'x'.repeat(500);
  const { muteAlertRule } = await admin.ask(MUTE_RULE, { input: { ...mute, reason } });
  expect(muteAlertRule.rule.mutes).toMatchObject([{ wholeRule: true, until: mute.until, reason }]);
  const { auditEvents } = await admin.ask(
    'query($ids: [ID!]) { auditEvents(filter: { targetIds: $ids }, first: 1) { nodes { action reason summary } } }',
    { ids: [ruleId] },
  );
  const summary = `Ada muted the alert rule Priorities until ${mute.until}: ${reason}`;
  expect(auditEvents.nodes).toEqual([{ action: 'alert.muted', reason, summary }]);
});

it('names a reason that is too long together with all else that is wrong', async () => {
  const reason = 'x'.repeat(501);
  const faults = async (operation: string, input: Record<string, unknown>) => {
    const { extensions } = await admin.refused(operation, { input: { ...input, reason } });
    return (extensions['fields'] as { path: string }[]).map(({ path }) => path).toSorted();
  };
  expect(await faults(CREATE_RULE, { ...RULE, threshold: 0 })).toEqual(['input.reason', 'input.threshold']);
  expect(await faults(CREATE_DESTINATION, { ...DESTINATION, name: ' ' })).toEqual(['input.name', 'input.reason']);
  expect(await faults(CREATE_SINK, { ...SINK, name: ' ' })).toEqual(['name', 'reason']);
});

it('knows a request under a known key by its reason too', async () => {
  for (const [operation, input] of [
    [CREATE_SINK, SINK],
    [REQUEST_EXPORT, { format: 'JSONL' }],
  ] as const) {
    const first = { ...input, idempotencyKey: newId(), reason: 'Yearly audit' };
    const id = idIn(await admin.ask(operation, { input: first }));
    expect(idIn(await admin.ask(operation, { input: first }))).toBe(id);
    const other = await admin.refused(operation, { input: { ...first, reason: 'Curiosity' } });
    expect(other.extensions.code).toBe('CONFLICT');
  }
  await stage.run();
});

// What an answer holds is what the test's own query asked for.
// oxlint-disable-next-line typescript/no-explicit-any
const idIn = ({ createAuditSink, requestExport }: any): string => (createAuditSink?.sink ?? requestExport.export).id;
