import type { ApiClient } from '../support/client.js';

// What an answer holds is what the test's own query asked for.
// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any;

/** Everything of an alert that changes. */
export const ALERT = `id rule { id } severity status groupBy group count firstAt lastAt sequences raisedAt actors { id }
  acknowledgedBy { id } acknowledgedAt acknowledgeReason resolvedBy { id } resolvedAt resolveReason`;
export const CREATE_DESTINATION = `mutation($input: CreateAlertDestinationInput!) { createAlertDestination(input: $input) {
  secret destination { id secretFingerprint enabled } } }`;
export const UPDATE_DESTINATION = `mutation($input: UpdateAlertDestinationInput!) { updateAlertDestination(input: $input) {
  secret destination { id secretFingerprint enabled attempts lastError } } }`;
export const CREATE_RULE = 'mutation($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { rule { id } } }';
export const UPDATE_RULE =
  'mutation($input: UpdateAlertRuleInput!) { updateAlertRule(input: $input) { rule { id enabled } } }';
export const MUTE_RULE = `mutation($input: MuteAlertRuleInput!) { muteAlertRule(input: $input) { rule { id
  mutes { wholeRule group until reason mutedBy { id } } } } }`;

/** A rule over changed priorities, unless something else is said. */
export async function createRule(admin: ApiClient, more: Record<string, unknown> = {}): Promise<{ ruleId: string }> {
  const { createAlertRule } = await admin.ask(CREATE_RULE, {
    input: { name: 'Priorities', filter: { actions: ['conversation.priority_changed'] }, ...more },
  });
  return { ruleId: createAlertRule.rule.id };
}

/** The alerts that a caller may read, the newest first. */
export async function listAlerts(client: ApiClient, selection = ALERT): Promise<Anything[]> {
  return (await client.ask(`{ alerts { nodes { ${selection} } } }`)).alerts.nodes;
}

/** Changes a priority; the sequence of its event, while nothing else happens. */
export async function setPriority(client: ApiClient, conversationId: string, priority: string): Promise<number> {
  await client.ask(
    'mutation($input: SetConversationPriorityInput!) { setConversationPriority(input: $input) { conversation { id } } }',
    { input: { conversationId, priority } },
  );
  const { auditEvents } = await client.ask(
    '{ auditEvents(first: 1, filter: { actions: ["conversation.priority_changed"] }) { nodes { sequence } } }',
  );
  return auditEvents.nodes[0].sequence;
}
