import * as domain from '../entities/enums.js';
import { errorCodes, type ErrorCode as Code } from '../services/error-codes.js';
import { named } from './named-enum.js';

export { ActorKind, AuditCategory, AuditEventOrder, AuditEventState, Outcome, Severity } from './record-enums.js';
export { ChangeType, NotificationKind, TypingActivity } from './stream-enums.js';

/** The codes with their own names as values, as every enum here. */
const codes = Object.fromEntries(Object.keys(errorCodes).map((code) => [code, code])) as Record<Code, Code>;
const codeDescriptions = Object.fromEntries(
  Object.entries(errorCodes).map(([code, { description }]) => [code, description]),
) as Record<Code, string>;

export const ErrorCode = named(
  codes,
  'ErrorCode',
  'Why a request failed: `extensions.code` of every error.',
  codeDescriptions,
);
export const Role = named(domain.Role, 'Role', 'What an agent is in a workspace.', {
  AGENT:
    'Answers customers: sees the inboxes they are a member of, and what is assigned or offered to them or their teams.',
  SUPERVISOR: 'An agent who also sees everything of the teams they supervise, and their part of the record.',
  ADMIN: 'Sees and does everything in the workspace.',
  AUDITOR: 'Reads the whole record and nothing else.',
});
export const Scope = named(domain.Scope, 'Scope', 'What an API key may do.', {
  CONVERSATIONS_READ: 'Read conversations, messages and handovers.',
  CONVERSATIONS_WRITE: 'Answer, assign, hand over; implies reading.',
  CONTACTS_READ: 'Read contacts.',
  CONTACTS_WRITE: 'Change contacts.',
  AUDIT_READ: 'Read the record.',
  AUDIT_EXPORT: 'Export the record.',
  EVENTS_READ: 'Follow the feed that other systems sync from.',
  CHANNEL_INGEST: 'Deliver what customers write.',
  ADMIN: 'Administer the workspace.',
});
export const Permission = named(
  domain.Permission,
  'Permission',
  'What a viewer may do at all; for showing or hiding parts of a frontend.',
  {
    READ_CONVERSATIONS: 'Read some conversations, of which the viewer’s role and places decide.',
    WRITE_CONVERSATIONS: 'Answer, assign and hand over in what they see.',
    READ_RECORD_OWN: 'Read what the record says of their own actions.',
    READ_RECORD_TEAM: 'Read the record of the teams that they supervise.',
    READ_RECORD_ALL: 'Read all of the record.',
    EXPORT_RECORD: 'Export what they may read of the record.',
    ADMINISTER: 'Change settings, people, keys and rules.',
  },
);
export const Channel = named(domain.Channel, 'Channel', 'Over what a customer writes.', {
  WEB_CHAT: 'A chat on a web page.',
  EMAIL: 'E-mail.',
  TELEGRAM: 'Telegram.',
  WHATSAPP: 'WhatsApp.',
  SMS: 'Text messages of a mobile network.',
  VOICE: 'Calls, as what was said in them.',
  API: 'Something else that delivers through this API.',
});
export const ConversationStatus = named(
  domain.ConversationStatus,
  'ConversationStatus',
  'Where a conversation stands.',
  {
    OPEN: 'Waiting for somebody, or with a bot.',
    IN_PROGRESS: 'A person has answered or accepted it.',
    PENDING: 'Waiting for the customer.',
    SNOOZED: 'Put aside until a time, at which it wakes by itself.',
    RESOLVED: 'Done; a new message of the customer reopens it.',
  },
);
export const Priority = named(domain.Priority, 'Priority', 'How much a conversation presses, ascending.', {
  NONE: 'Nobody has said.',
  LOW: 'Can wait.',
  MEDIUM: 'Ordinary.',
  HIGH: 'Before others.',
  URGENT: 'At once.',
});
export const PresenceStatus = named(domain.PresenceStatus, 'PresenceStatus', 'Whether an agent is there.', {
  ONLINE: 'A socket is open, or they say so.',
  AWAY: 'They say that they are away.',
  BUSY: 'They say that they are busy.',
  OFFLINE: 'No socket is open.',
});
export const Weekday = named(domain.Weekday, 'Weekday', 'A day of the week.', {
  MONDAY: 'Monday.',
  TUESDAY: 'Tuesday.',
  WEDNESDAY: 'Wednesday.',
  THURSDAY: 'Thursday.',
  FRIDAY: 'Friday.',
  SATURDAY: 'Saturday.',
  SUNDAY: 'Sunday.',
});
export const RoutingStrategy = named(
  domain.RoutingStrategy,
  'RoutingStrategy',
  'To whom of the members who are ONLINE and have room a waiting conversation is given.',
  {
    ROUND_ROBIN: 'One after the other.',
    LEAST_BUSY: 'To who has the fewest open conversations; among equals one after the other.',
  },
);
export const Direction = named(domain.Direction, 'Direction', 'INBOUND from the customer, OUTBOUND to the customer.', {
  INBOUND: 'From the customer.',
  OUTBOUND: 'To the customer.',
});
export const DeliveryStatus = named(domain.DeliveryStatus, 'DeliveryStatus', 'Where a message is on its way.', {
  QUEUED: 'Its channel has not reported anything yet.',
  SENT: 'Its channel has sent it on its way.',
  FAILED: 'Its channel could not deliver it.',
  DELIVERED: 'It has arrived. What customers write has, once it is here.',
  READ: 'The customer has read it.',
});
export const ReportedStatus = named(
  domain.ReportedStatus,
  'ReportedDeliveryStatus',
  'What a channel reports of a message. A message only ever comes further, in this order.',
  {
    SENT: 'It is on its way.',
    FAILED: 'It could not be delivered.',
    DELIVERED: 'It has arrived.',
    READ: 'The customer has read it.',
  },
);
export const AttachmentKind = named(domain.AttachmentKind, 'AttachmentKind', 'What a file of a message is.', {
  IMAGE: 'A picture.',
  AUDIO: 'Sound.',
  VIDEO: 'A film.',
  FILE: 'Anything else, also what its content does not say.',
  RECORDING: 'Sound or film of a call, as its uploader says.',
});
export const TranscriptEntryKind = named(
  domain.TranscriptEntryKind,
  'TranscriptEntryKind',
  'What a line of a transcript is.',
  {
    MESSAGE: 'What the customer, an agent or a bot wrote to the other side.',
    NOTE: 'What agents wrote among themselves; customers never see it.',
    EVENT: 'Something that happened, such as an assignment.',
  },
);
export const HandoverKind = named(domain.HandoverKind, 'HandoverKind', 'Who a conversation is handed over to.', {
  TO_AGENT: 'To one agent, who accepts or declines.',
  TO_TEAM: 'To a team, of which one member accepts.',
  TO_BOT: 'To a bot, which has it at once.',
});
export const HandoverStatus = named(
  domain.HandoverStatus,
  'HandoverStatus',
  'Where a handover stands; all but REQUESTED are final.',
  {
    REQUESTED: 'Offered, and nobody has answered.',
    ACCEPTED: 'Somebody has taken the conversation.',
    DECLINED: 'The agent who was asked refused.',
    EXPIRED: 'Nobody answered in time.',
    CANCELLED: 'It was taken back.',
  },
);
export const HandoverReason = named(domain.HandoverReason, 'HandoverReason', 'Why a conversation is handed over.', {
  CUSTOMER_REQUESTED: 'The customer asked for it.',
  BOT_CANNOT_ANSWER: 'The bot does not know the answer.',
  NEGATIVE_SENTIMENT: 'The customer is upset.',
  NEEDS_EXPERTISE: 'It takes knowledge that somebody else has.',
  LANGUAGE: 'The customer speaks another language.',
  SHIFT_END: 'Who had it goes home.',
  WORKLOAD: 'Who had it has too much.',
  ESCALATION: 'It has to be decided further up.',
  OTHER: 'What the note of the handover says.',
});

export const RetentionPreset = named(
  domain.RetentionPreset,
  'RetentionPreset',
  'The usual times to keep what events say.',
  {
    ONE_YEAR: '366 days.',
    SIX_YEARS: '2,192 days.',
    FOREVER: 'Nothing is pruned.',
  },
);
export const ConversationOrder = named(
  {
    LAST_ACTIVITY_DESC: 'LAST_ACTIVITY_DESC',
    LAST_ACTIVITY_ASC: 'LAST_ACTIVITY_ASC',
    CREATED_DESC: 'CREATED_DESC',
    CREATED_ASC: 'CREATED_ASC',
    WAITING_LONGEST: 'WAITING_LONGEST',
    PRIORITY_DESC: 'PRIORITY_DESC',
  } as const,
  'ConversationOrder',
  'The order of a list of conversations.',
  {
    LAST_ACTIVITY_DESC: 'What something happened in last comes first.',
    LAST_ACTIVITY_ASC: 'What nothing happened in for longest comes first.',
    CREATED_DESC: 'The newest first.',
    CREATED_ASC: 'The oldest first.',
    WAITING_LONGEST: 'Whose customer waits for longest comes first; where nobody waits, last.',
    PRIORITY_DESC: 'The most pressing first.',
  },
);
export const ExportFormat = named(domain.ExportFormat, 'ExportFormat', 'How a part of the record is written.', {
  JSONL: 'Our own words, an event a line, each with its leaf.',
  CSV: 'RFC 4180, with a header, for spreadsheets: what would be a formula there begins with a quote mark.',
  OCSF: 'OCSF 1.8, an event a line.',
  ECS: 'The Elastic Common Schema, an event a line.',
  CEF: 'The Common Event Format, an event a line.',
  SYSLOG: 'RFC 5424, an event a line.',
  EVIDENCE: 'A bundle of evidence, with what was said: proves itself to who has a public key. Of exports alone.',
});
export const ExportState = named(domain.ExportState, 'ExportState', 'Where an export of the record stands.', {
  REQUESTED: 'Nothing is written yet.',
  RUNNING: 'Being written.',
  COMPLETED: 'The file is there.',
  FAILED: 'There will be no file; `fault` says why.',
  CANCELLED: 'Somebody stopped it.',
  EXPIRED: 'The file was there, and was removed after its time.',
});
export const SinkKind = named(domain.SinkKind, 'SinkKind', 'How a sink takes events.', {
  WEBHOOK: 'Signed batches over HTTPS, by the Standard Webhooks specification.',
  SYSLOG: 'Messages of RFC 5424 over TCP or TLS, framed by counting octets.',
});
export const SinkHealth = named(domain.SinkHealth, 'SinkHealth', 'How deliveries to a sink go.', {
  HEALTHY: 'What was sent last was taken, or nothing was sent yet.',
  FAILING: 'What was sent last was not taken; it is tried again.',
  DISABLED: 'Nothing is sent: an administrator said so, or the receiver answered 410.',
});
export const AlertGroupBy = named(
  domain.AlertGroupBy,
  'AlertGroupBy',
  'By what the events that an alert rule counts are told apart.',
  {
    NONE: 'Not at all: all of them count together.',
    ACTOR: 'Who did it.',
    ADDRESS: 'The address that it came from.',
    TARGET: 'What it was done to.',
    CONVERSATION: 'The conversation that it belongs to.',
  },
);
export const AlertStatus = named(domain.AlertStatus, 'AlertStatus', 'Where an alert stands.', {
  RAISED: 'Nobody has attended to it.',
  ACKNOWLEDGED: 'Somebody attends to it.',
  RESOLVED: 'Done with; nothing is counted on it any more.',
});
export const AlertCondition = named(
  domain.AlertCondition,
  'AlertCondition',
  'What must hold of an event beyond the filter of an alert rule, with the parameters that it takes.',
  {
    AFTER_FAILED_SIGN_INS:
      'At least `failures` (3) attempts to sign in as the actor failed in the `withinSeconds` (900) before.',
    DECREASED:
      'A number among its changes became less, or was set where there had been no limit: any, or that of `field`.',
    FIRST_EXPORT_AFTER_GRANT:
      'It is the actor’s first since they were given a role or scopes, `withinSeconds` (604,800) ago at most.',
    METADATA_IS: 'The event’s metadata has one of `values` under `key`.',
    OFF_HOURS:
      'It was outside the hours `from` (08:00) to `to` (18:00) of `days` (1 = Monday … 7) in `timeZone`, which is the workspace’s unless given. Hours that end before they begin go past midnight.',
    SELF_GRANT: 'Who did it is who it was done to, or whom it added.',
    SILENT:
      'After such an event none of the same group came for `seconds` (3,600), by the server’s clock. The actions in `endedBy` end the waiting.',
    UNUSUAL_VOLUME:
      'Of the group there were at least `minimum` (20) on this day (UTC), and more than `factor` (5) times the daily mean of the `baselineDays` (14) before.',
    VIEW_WITHOUT_CONNECTION:
      'No earlier event of the conversation names the actor, as who acted in it, had it or was offered it, and they were in neither its team nor its inbox.',
  },
);
export const AlertDestinationKind = named(
  domain.AlertDestinationKind,
  'AlertDestinationKind',
  'How alerts are sent somewhere.',
  { WEBHOOK: 'Signed, as the Standard Webhooks specification says.', EMAIL: 'Where the operator has set SMTP_URL.' },
);
export const SearchHitKind = named(domain.SearchHitKind, 'SearchHitKind', 'What was found.', {
  MESSAGE: 'What a message says.',
  NOTE: 'What a note says; only by who reads notes.',
  CONVERSATION: 'The subject of a conversation, or what its contact is called.',
  SPEECH: 'What is said in a recording.',
});
