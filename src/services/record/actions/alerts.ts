import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

const ruleFields = ['enabled', 'threshold', 'windowSeconds', 'groupBy', 'severity', 'quietSeconds', 'condition'];
/** What people write, and what may name people. */
const ruleTexts = ['name', 'description', 'filter', 'parameters'];

const destinationFields = ['kind', 'minSeverity', 'enabled', 'secretFingerprint'];
const destinationTexts = ['name', 'url', 'addresses'];

/** What calls for attention, and who attends to it. */
export const alertActions = {
  'alert.raised': {
    category: 'ALERT',
    severity: 'WARNING',
    description: 'Events of the record called for attention by a rule. As severe as the rule says.',
    sentence: 'An alert was raised: {target}',
    payload: { metadata: ['ruleId', 'count', 'sequences', 'groupBy', 'group'] },
    streams: ['alert'],
  },
  'alert.acknowledged': {
    category: 'ALERT',
    severity: 'INFO',
    description: 'Somebody attends to an alert.',
    sentence: '{actor} acknowledged the alert {target}' + reasonTail,
    payload: { changes: ['alertStatus'], metadata: ['ruleId'], reason: true },
    streams: ['alert'],
  },
  'alert.resolved': {
    category: 'ALERT',
    severity: 'INFO',
    description: 'Somebody has done with an alert.',
    sentence: '{actor} resolved the alert {target}' + reasonTail,
    payload: { changes: ['alertStatus'], metadata: ['ruleId'], reason: true },
    streams: ['alert'],
  },
  'alert.muted': {
    category: 'ALERT',
    severity: 'WARNING',
    description: 'Nothing is raised by a rule, or of one group of it, until a time.',
    sentence: '{actor} muted the alert rule {target} until {until}' + reasonTail,
    payload: { metadata: ['until', 'alertId'], reason: true },
  },
  'alert.unmuted': {
    category: 'ALERT',
    severity: 'INFO',
    description: 'A rule, or one group of it, raises alerts again.',
    sentence: '{actor} unmuted the alert rule {target}' + reasonTail,
    payload: { metadata: ['alertId'], reason: true },
  },
  'alert_rule.created': {
    category: 'ALERT',
    severity: 'NOTICE',
    description: 'An alert rule was created.',
    sentence: '{actor} created the alert rule {target}' + reasonTail,
    payload: { changes: ruleFields, committed: ruleTexts, reason: true },
  },
  'alert_rule.updated': {
    category: 'ALERT',
    severity: 'WARNING',
    description: 'An alert rule was changed, or switched on or off.',
    sentence: '{actor} changed the alert rule {target}' + reasonTail,
    payload: { changes: ruleFields, committed: ruleTexts, metadata: ['key'], reason: true },
  },
  'alert_rule.deleted': {
    category: 'ALERT',
    severity: 'WARNING',
    description: 'An alert rule was deleted.',
    sentence: '{actor} deleted the alert rule {target}' + reasonTail,
    payload: { changes: ruleFields, committed: ruleTexts, reason: true },
  },
  'alert_destination.created': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'Alerts are sent to somewhere from now on. Of the secret only its fingerprint is recorded.',
    sentence: '{actor} has alerts sent to {target}' + reasonTail,
    payload: { changes: destinationFields, committed: destinationTexts, reason: true },
  },
  'alert_destination.updated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'Where alerts are sent to was changed, or switched off because nobody there takes them.',
    sentence:
      '{actor} changed where alerts are sent to: {target}{cause, select, none {} other { ({cause})}}' + reasonTail,
    payload: { changes: destinationFields, committed: destinationTexts, metadata: ['cause'], reason: true },
  },
  'alert_destination.deleted': {
    category: 'CONFIG',
    severity: 'WARNING',
    description: 'Alerts are no longer sent to somewhere.',
    sentence: '{actor} no longer has alerts sent to {target}' + reasonTail,
    payload: { changes: destinationFields, committed: destinationTexts, reason: true },
  },
} as const satisfies Record<string, ActionDefinition>;
