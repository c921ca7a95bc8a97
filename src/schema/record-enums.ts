import * as domain from '../entities/enums.js';
import { named } from './named-enum.js';

export const ActorKind = named(domain.ActorKind, 'ActorKind', 'What kind of actor did something.', {
  AGENT: 'A person who works here.',
  CONTACT: 'A customer.',
  BOT: 'A bot, by its key.',
  API_KEY: 'Another system, by its key.',
  SYSTEM: 'The server itself.',
  ANONYMOUS: 'A caller who has not proven who they are, for example at a failed sign-in.',
});
export const AuditCategory = named(
  domain.AuditCategory,
  'AuditCategory',
  'The part of the product that an event belongs to.',
  {
    CONVERSATION: 'Conversations: begun, assigned, put aside, resolved, marked.',
    MESSAGE: 'Messages: received, sent, edited, deleted.',
    NOTE: 'Notes among agents, and who is mentioned in them.',
    HANDOVER: 'Handovers, and what became of them.',
    CONTACT: 'Contacts, how they are reached and labelled.',
    PRIVACY: 'Erasure of contacts and times of retention.',
    ACCESS: 'Readings of transcripts, profiles and the record, and exports of it.',
    AUTH: 'Sign-ins, sessions and refusals.',
    PRESENCE: 'Whether agents are there.',
    PEOPLE: 'Agents, teams, members and keys.',
    CONFIG: 'Settings: inboxes, labels, destinations.',
    BOT: 'Bots, and what was not said for them.',
    INTEGRATION: 'Connections to other systems. Nothing records any yet.',
    QUALITY: 'How well customers were served. Nothing records any yet.',
    ALERT: 'Alerts and their rules.',
    AUDIT: 'The record itself: checkpoints, keys, annotations, sinks, what was removed of it.',
    SYSTEM: 'The server itself. Nothing records any yet.',
    CUSTOM: 'What other systems have recorded here.',
  },
);
export const Severity = named(domain.Severity, 'Severity', 'How much an event matters, ascending.', {
  INFO: 'Ordinary work.',
  NOTICE: 'Configuration, a single denial.',
  WARNING: 'Permissions and keys granted, failed sign-ins.',
  CRITICAL: 'An administrator made, the record weakened.',
});
export const Outcome = named(domain.Outcome, 'Outcome', 'How what was tried ended.', {
  SUCCESS: 'It was done.',
  FAILURE: 'It was tried and did not succeed.',
  DENIED: 'It was refused to who tried.',
});
export const AuditEventState = named(
  { PRESENT: 'PRESENT', ERASED: 'ERASED', PRUNED: 'PRUNED' } as const,
  'AuditEventState',
  'Whether the content of an event is still there.',
  {
    PRESENT: 'All of it is there.',
    ERASED: 'Personal values are gone; the rest is as it was recorded.',
    PRUNED: 'Only the sequence, the time and the hashes are left.',
  },
);
export const AuditEventOrder = named(
  { RECORDED_DESC: 'RECORDED_DESC', RECORDED_ASC: 'RECORDED_ASC' } as const,
  'AuditEventOrder',
  'The order of a list of events: by sequence.',
  { RECORDED_DESC: 'The newest first.', RECORDED_ASC: 'The oldest first.' },
);
