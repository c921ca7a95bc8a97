import type { AlertRule } from '../../entities/alert.js';
import type { RowOf } from '../../entities/row.js';
import type { AuditEventFilter } from '../record/event-filter.js';

/** A rule that every workspace has: to be switched and tuned, never deleted. Its key never changes. */
export type ShippedRule = Pick<
  RowOf<AlertRule>,
  'name' | 'description' | 'threshold' | 'windowSeconds' | 'groupBy' | 'severity' | 'quietSeconds'
> & {
  key: string;
  filter: AuditEventFilter;
  condition?: RowOf<AlertRule>['condition'];
  parameters?: Record<string, unknown>;
  enabled?: boolean;
};

const HOUR = 3_600;
const DAY = 86_400;
/** What takes data out: a sink does so for good. */
const EXPORTS = [
  'export.requested',
  'export.downloaded',
  'transcript.downloaded',
  'contact.data_exported',
  'audit.exported',
  'audit.sink_created',
  'audit.sink_updated',
];
/** What gives rights. */
const GRANTS = [
  'agent.role_changed',
  'api_key.created',
  'api_key.scopes_changed',
  'team.member_added',
  'inbox.member_added',
];
const VIEWS = ['transcript.viewed'];

/** The rules that every workspace has. Their actions may be recorded by a later version only: until then they rest. */
export const shippedRules: readonly ShippedRule[] = [
  {
    key: 'failed_sign_ins',
    name: 'Repeated failed sign-ins',
    description: 'Somebody tries passwords.',
    filter: { actions: ['auth.sign_in_failed'] },
    threshold: 5,
    windowSeconds: 900,
    groupBy: 'TARGET',
    severity: 'WARNING',
    quietSeconds: HOUR,
  },
  {
    key: 'sign_in_after_failures',
    name: 'Sign-in after failed ones',
    description: 'After several failed attempts one was right: it may not be the owner of the account.',
    filter: { actions: ['auth.signed_in'] },
    condition: 'AFTER_FAILED_SIGN_INS',
    parameters: { failures: 3, withinSeconds: 900 },
    threshold: 1,
    windowSeconds: 900,
    groupBy: 'ACTOR',
    severity: 'CRITICAL',
    quietSeconds: 0,
  },
  {
    key: 'unusual_exports',
    name: 'Unusually many exports',
    description: 'Somebody takes out much more than they usually do.',
    filter: { actions: EXPORTS },
    condition: 'UNUSUAL_VOLUME',
    parameters: { factor: 3, baselineDays: 14, minimum: 5 },
    threshold: 1,
    windowSeconds: DAY,
    groupBy: 'ACTOR',
    severity: 'WARNING',
    quietSeconds: DAY,
  },
  {
    key: 'first_export_after_grant',
    name: 'First export after a grant',
    description: 'The first export of somebody who has got a role or scopes within the last week.',
    filter: { actions: EXPORTS },
    condition: 'FIRST_EXPORT_AFTER_GRANT',
    parameters: { withinSeconds: 7 * DAY },
    threshold: 1,
    windowSeconds: DAY,
    groupBy: 'ACTOR',
    severity: 'WARNING',
    quietSeconds: 0,
  },
  {
    key: 'grants',
    name: 'Role or scope granted',
    description: 'Somebody, or a key, may do more than before.',
    // What the operator sets up is not news to anybody.
    filter: {
      actions: ['agent.role_changed', 'api_key.created', 'api_key.scopes_changed'],
      actorKinds: ['AGENT', 'API_KEY'],
    },
    threshold: 1,
    windowSeconds: 60,
    groupBy: 'TARGET',
    severity: 'WARNING',
    quietSeconds: 0,
  },
  {
    key: 'self_grant',
    name: 'Rights given to oneself',
    description: 'Somebody has given a role or a membership to themselves.',
    filter: { actions: GRANTS, actorKinds: ['AGENT'] },
    condition: 'SELF_GRANT',
    threshold: 1,
    windowSeconds: 60,
    groupBy: 'ACTOR',
    severity: 'CRITICAL',
    quietSeconds: 0,
  },
  {
    key: 'off_hours_access',
    name: 'Access outside working hours',
    description:
      'An agent signs in or reads outside the hours of the rule. Off until its hours are those of the workspace.',
    filter: { actions: ['auth.signed_in', 'transcript.viewed', 'contact.profile_viewed'], actorKinds: ['AGENT'] },
    condition: 'OFF_HOURS',
    parameters: { timeZone: null, from: '07:00', to: '20:00', days: [1, 2, 3, 4, 5] },
    threshold: 1,
    windowSeconds: 60,
    groupBy: 'ACTOR',
    severity: 'NOTICE',
    quietSeconds: DAY / 2,
    enabled: false,
  },
  {
    key: 'mass_views',
    name: 'Mass reading of transcripts',
    description: 'Somebody reads more conversations in an hour than anybody answers.',
    filter: { actions: VIEWS },
    threshold: 100,
    windowSeconds: HOUR,
    groupBy: 'ACTOR',
    severity: 'WARNING',
    quietSeconds: HOUR,
  },
  {
    key: 'views_without_connection',
    name: 'Reading without a connection',
    description: 'An agent reads a conversation that was never theirs, nor of a team or inbox of theirs.',
    filter: { actions: VIEWS, actorKinds: ['AGENT'] },
    condition: 'VIEW_WITHOUT_CONNECTION',
    threshold: 5,
    windowSeconds: HOUR,
    groupBy: 'ACTOR',
    severity: 'NOTICE',
    quietSeconds: DAY,
  },
  {
    key: 'retention_weakened',
    name: 'Retention weakened',
    description: 'Something is kept for a shorter time than before.',
    filter: { actions: ['retention.policy_changed'] },
    condition: 'DECREASED',
    threshold: 1,
    windowSeconds: 60,
    groupBy: 'NONE',
    severity: 'CRITICAL',
    quietSeconds: 0,
  },
  {
    key: 'deletion_burst',
    name: 'Burst of deletions or erasures',
    description: 'Somebody removes much at once.',
    filter: {
      actions: [
        'message.deleted',
        'note.deleted',
        'conversation.deleted',
        'conversation.purged',
        'contact.deleted',
        'contact.anonymized',
        // Whoever wants it: that it is done is the product's work, of one actor for all of them.
        'erasure.requested',
      ],
    },
    threshold: 10,
    windowSeconds: 600,
    groupBy: 'ACTOR',
    severity: 'CRITICAL',
    quietSeconds: HOUR,
  },
  {
    key: 'sink_failing',
    name: 'Sink silent or failing',
    description: 'A system that the record is pushed to does not take it, or nothing was pushed for an hour.',
    filter: { actions: ['audit.sink_failed'] },
    threshold: 1,
    windowSeconds: 60,
    groupBy: 'TARGET',
    severity: 'WARNING',
    quietSeconds: HOUR,
  },
  {
    key: 'sink_stopped',
    name: 'Sink removed or switched off',
    description: 'Somebody has ended that the record is pushed to a system, which then sees nothing more.',
    // A change of a sink is critical only where it switches the sink off.
    filter: { actions: ['audit.sink_deleted', 'audit.sink_updated'], minSeverity: 'CRITICAL' },
    threshold: 1,
    windowSeconds: 60,
    groupBy: 'TARGET',
    severity: 'CRITICAL',
    quietSeconds: 0,
  },
  {
    key: 'disabled_account_used',
    name: 'Account used that is switched off',
    description:
      'Somebody tries to come in with the credentials of an account that is not active, or with a revoked key.',
    filter: { actions: ['auth.sign_in_failed', 'auth.access_denied'] },
    condition: 'METADATA_IS',
    parameters: { key: 'cause', values: ['inactive', 'revoked'] },
    threshold: 1,
    windowSeconds: 60,
    groupBy: 'TARGET',
    severity: 'WARNING',
    quietSeconds: HOUR,
  },
  {
    key: 'denial_burst',
    name: 'Burst of refused access',
    description: 'Somebody tries many things that they may not do.',
    filter: { actions: ['auth.access_denied'], outcomes: ['DENIED'] },
    threshold: 5,
    windowSeconds: 300,
    groupBy: 'ACTOR',
    severity: 'WARNING',
    quietSeconds: HOUR,
  },
];
