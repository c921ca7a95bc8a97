/**
 * The closed vocabularies of the domain. Each is a const object (its own GraphQL enum source and its own CHECK
 * constraint) beside the union type of its values, so that a new value is added in exactly one place.
 */
export const Role = { AGENT: 'AGENT', SUPERVISOR: 'SUPERVISOR', ADMIN: 'ADMIN', AUDITOR: 'AUDITOR' } as const;
export type Role = keyof typeof Role;

export const Scope = {
  CONVERSATIONS_READ: 'CONVERSATIONS_READ',
  CONVERSATIONS_WRITE: 'CONVERSATIONS_WRITE',
  CONTACTS_READ: 'CONTACTS_READ',
  CONTACTS_WRITE: 'CONTACTS_WRITE',
  AUDIT_READ: 'AUDIT_READ',
  AUDIT_EXPORT: 'AUDIT_EXPORT',
  EVENTS_READ: 'EVENTS_READ',
  CHANNEL_INGEST: 'CHANNEL_INGEST',
  ADMIN: 'ADMIN',
} as const;
export type Scope = keyof typeof Scope;

/** The parts of a bot's settings. */
export const BotSection = {
  FLOWS: 'FLOWS',
  COMMANDS: 'COMMANDS',
  AUTO_REPLIES: 'AUTO_REPLIES',
  PROMPT: 'PROMPT',
  MODEL: 'MODEL',
} as const;
export type BotSection = keyof typeof BotSection;

export const Channel = {
  WEB_CHAT: 'WEB_CHAT',
  EMAIL: 'EMAIL',
  TELEGRAM: 'TELEGRAM',
  WHATSAPP: 'WHATSAPP',
  SMS: 'SMS',
  VOICE: 'VOICE',
  API: 'API',
} as const;
export type Channel = keyof typeof Channel;

export const ConversationStatus = {
  OPEN: 'OPEN',
  IN_PROGRESS: 'IN_PROGRESS',
  PENDING: 'PENDING',
  SNOOZED: 'SNOOZED',
  RESOLVED: 'RESOLVED',
} as const;
export type ConversationStatus = keyof typeof ConversationStatus;

/** Ascending. The order of PRIORITY_DESC follows this list. */
export const Priority = { NONE: 'NONE', LOW: 'LOW', MEDIUM: 'MEDIUM', HIGH: 'HIGH', URGENT: 'URGENT' } as const;
export type Priority = keyof typeof Priority;

export const Direction = { INBOUND: 'INBOUND', OUTBOUND: 'OUTBOUND' } as const;
export type Direction = keyof typeof Direction;

/** Ascending, but for FAILED, which only what has not arrived can be. */
export const DeliveryStatus = {
  QUEUED: 'QUEUED',
  SENT: 'SENT',
  FAILED: 'FAILED',
  DELIVERED: 'DELIVERED',
  READ: 'READ',
} as const;
export type DeliveryStatus = keyof typeof DeliveryStatus;

/** What a channel can report: a message waits in the queue until it does. */
export const ReportedStatus = { SENT: 'SENT', FAILED: 'FAILED', DELIVERED: 'DELIVERED', READ: 'READ' } as const;
export type ReportedStatus = keyof typeof ReportedStatus;

export const AttachmentKind = {
  IMAGE: 'IMAGE',
  AUDIO: 'AUDIO',
  VIDEO: 'VIDEO',
  FILE: 'FILE',
  RECORDING: 'RECORDING',
} as const;
export type AttachmentKind = keyof typeof AttachmentKind;

/** AWAITED = its uploader has a link; REMOVED = the record says that it goes. */
export const AttachmentState = { AWAITED: 'AWAITED', UPLOADED: 'UPLOADED', REMOVED: 'REMOVED' } as const;
export type AttachmentState = keyof typeof AttachmentState;

export const TranscriptEntryKind = { MESSAGE: 'MESSAGE', NOTE: 'NOTE', EVENT: 'EVENT' } as const;
export type TranscriptEntryKind = keyof typeof TranscriptEntryKind;

export const HandoverKind = { TO_AGENT: 'TO_AGENT', TO_TEAM: 'TO_TEAM', TO_BOT: 'TO_BOT' } as const;
export type HandoverKind = keyof typeof HandoverKind;

export const HandoverStatus = {
  REQUESTED: 'REQUESTED',
  ACCEPTED: 'ACCEPTED',
  DECLINED: 'DECLINED',
  EXPIRED: 'EXPIRED',
  CANCELLED: 'CANCELLED',
} as const;
export type HandoverStatus = keyof typeof HandoverStatus;

export const HandoverReason = {
  CUSTOMER_REQUESTED: 'CUSTOMER_REQUESTED',
  BOT_CANNOT_ANSWER: 'BOT_CANNOT_ANSWER',
  NEGATIVE_SENTIMENT: 'NEGATIVE_SENTIMENT',
  NEEDS_EXPERTISE: 'NEEDS_EXPERTISE',
  LANGUAGE: 'LANGUAGE',
  SHIFT_END: 'SHIFT_END',
  WORKLOAD: 'WORKLOAD',
  ESCALATION: 'ESCALATION',
  OTHER: 'OTHER',
} as const;
export type HandoverReason = keyof typeof HandoverReason;

/** Who can do something. ANONYMOUS is a caller who has not proven who they are, for example at a failed sign-in. */
export const ActorKind = {
  AGENT: 'AGENT',
  CONTACT: 'CONTACT',
  BOT: 'BOT',
  API_KEY: 'API_KEY',
  SYSTEM: 'SYSTEM',
  ANONYMOUS: 'ANONYMOUS',
} as const;
export type ActorKind = keyof typeof ActorKind;

/** The parts of the product that events of the record belong to. */
export const AuditCategory = {
  CONVERSATION: 'CONVERSATION',
  MESSAGE: 'MESSAGE',
  NOTE: 'NOTE',
  HANDOVER: 'HANDOVER',
  CONTACT: 'CONTACT',
  PRIVACY: 'PRIVACY',
  ACCESS: 'ACCESS',
  AUTH: 'AUTH',
  PRESENCE: 'PRESENCE',
  PEOPLE: 'PEOPLE',
  CONFIG: 'CONFIG',
  BOT: 'BOT',
  INTEGRATION: 'INTEGRATION',
  QUALITY: 'QUALITY',
  ALERT: 'ALERT',
  AUDIT: 'AUDIT',
  SYSTEM: 'SYSTEM',
  CUSTOM: 'CUSTOM',
} as const;
export type AuditCategory = keyof typeof AuditCategory;

/** How much an event matters, ascending. The database keeps the position in this list. */
export const Severity = { INFO: 'INFO', NOTICE: 'NOTICE', WARNING: 'WARNING', CRITICAL: 'CRITICAL' } as const;
export type Severity = keyof typeof Severity;

/** How what somebody tried ended. */
export const Outcome = { SUCCESS: 'SUCCESS', FAILURE: 'FAILURE', DENIED: 'DENIED' } as const;
export type Outcome = keyof typeof Outcome;

/** What a viewer may do at all, for frontends to show or hide things by. */
export const Permission = {
  READ_CONVERSATIONS: 'READ_CONVERSATIONS',
  WRITE_CONVERSATIONS: 'WRITE_CONVERSATIONS',
  READ_RECORD_OWN: 'READ_RECORD_OWN',
  READ_RECORD_TEAM: 'READ_RECORD_TEAM',
  READ_RECORD_ALL: 'READ_RECORD_ALL',
  EXPORT_RECORD: 'EXPORT_RECORD',
  ADMINISTER: 'ADMINISTER',
} as const;
export type Permission = keyof typeof Permission;

/** Whether an agent is there for customers. */
export const PresenceStatus = { ONLINE: 'ONLINE', AWAY: 'AWAY', BUSY: 'BUSY', OFFLINE: 'OFFLINE' } as const;
export type PresenceStatus = keyof typeof PresenceStatus;

/** The days of a week, in order. */
export const Weekday = {
  MONDAY: 'MONDAY',
  TUESDAY: 'TUESDAY',
  WEDNESDAY: 'WEDNESDAY',
  THURSDAY: 'THURSDAY',
  FRIDAY: 'FRIDAY',
  SATURDAY: 'SATURDAY',
  SUNDAY: 'SUNDAY',
} as const;
export type Weekday = keyof typeof Weekday;

/** To whom of those with room a waiting conversation is given. */
export const RoutingStrategy = { ROUND_ROBIN: 'ROUND_ROBIN', LEAST_BUSY: 'LEAST_BUSY' } as const;
export type RoutingStrategy = keyof typeof RoutingStrategy;

/** What is being removed: what the record says of a contact, or what has been kept long enough. */
export const RemovalKind = { ERASURE: 'ERASURE', PRUNING: 'PRUNING', PURGE: 'PURGE' } as const;
export type RemovalKind = keyof typeof RemovalKind;

/** The usual times to keep what events say. */
export const RetentionPreset = { ONE_YEAR: 'ONE_YEAR', SIX_YEARS: 'SIX_YEARS', FOREVER: 'FOREVER' } as const;
export type RetentionPreset = keyof typeof RetentionPreset;
/** The formats that events leave in: our own, for spreadsheets, and those of systems that collect security events. */
export const EventFormat = {
  JSONL: 'JSONL',
  CSV: 'CSV',
  OCSF: 'OCSF',
  ECS: 'ECS',
  CEF: 'CEF',
  SYSLOG: 'SYSLOG',
} as const;
export type EventFormat = keyof typeof EventFormat;

/** What a part of the record is written as: events one by one, or a bundle of evidence. */
export const ExportFormat = { ...EventFormat, EVIDENCE: 'EVIDENCE' } as const;
export type ExportFormat = keyof typeof ExportFormat;

/** Where an export of the record stands; COMPLETED, until its file expires, is the only one with a file. */
export const ExportState = {
  REQUESTED: 'REQUESTED',
  RUNNING: 'RUNNING',
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
} as const;
export type ExportState = keyof typeof ExportState;

/** How a sink takes events. */
export const SinkKind = { WEBHOOK: 'WEBHOOK', SYSLOG: 'SYSLOG' } as const;
export type SinkKind = keyof typeof SinkKind;

/** How deliveries to a sink go. DISABLED: nothing is sent, by decision or because the receiver said that it is gone. */
export const SinkHealth = { HEALTHY: 'HEALTHY', FAILING: 'FAILING', DISABLED: 'DISABLED' } as const;
export type SinkHealth = keyof typeof SinkHealth;
/** By what the events that an alert rule counts are told apart. */
export const AlertGroupBy = {
  NONE: 'NONE',
  ACTOR: 'ACTOR',
  ADDRESS: 'ADDRESS',
  TARGET: 'TARGET',
  CONVERSATION: 'CONVERSATION',
} as const;
export type AlertGroupBy = keyof typeof AlertGroupBy;

export const AlertStatus = { RAISED: 'RAISED', ACKNOWLEDGED: 'ACKNOWLEDGED', RESOLVED: 'RESOLVED' } as const;
export type AlertStatus = keyof typeof AlertStatus;

/** What must hold of an event beyond the filter of an alert rule. */
export const AlertCondition = {
  AFTER_FAILED_SIGN_INS: 'AFTER_FAILED_SIGN_INS',
  DECREASED: 'DECREASED',
  FIRST_EXPORT_AFTER_GRANT: 'FIRST_EXPORT_AFTER_GRANT',
  METADATA_IS: 'METADATA_IS',
  OFF_HOURS: 'OFF_HOURS',
  SELF_GRANT: 'SELF_GRANT',
  SILENT: 'SILENT',
  UNUSUAL_VOLUME: 'UNUSUAL_VOLUME',
  VIEW_WITHOUT_CONNECTION: 'VIEW_WITHOUT_CONNECTION',
} as const;
export type AlertCondition = keyof typeof AlertCondition;

/** Where alerts are sent to. */
export const AlertDestinationKind = { WEBHOOK: 'WEBHOOK', EMAIL: 'EMAIL' } as const;
export type AlertDestinationKind = keyof typeof AlertDestinationKind;

/** What is found when messages are searched. */
export const SearchHitKind = {
  MESSAGE: 'MESSAGE',
  NOTE: 'NOTE',
  CONVERSATION: 'CONVERSATION',
  SPEECH: 'SPEECH',
} as const;
export type SearchHitKind = keyof typeof SearchHitKind;
/** What has attributes of a workspace's own. */
export const AttributeNoun = { CONVERSATION: 'CONVERSATION', CONTACT: 'CONTACT' } as const;
export type AttributeNoun = keyof typeof AttributeNoun;

/** What the values of an attribute are. */
export const AttributeType = {
  TEXT: 'TEXT',
  NUMBER: 'NUMBER',
  BOOLEAN: 'BOOLEAN',
  DATE: 'DATE',
  LIST: 'LIST',
  URL: 'URL',
} as const;
export type AttributeType = keyof typeof AttributeType;

/** Who sees a view besides whose it is. */
export const ViewSharing = { PRIVATE: 'PRIVATE', TEAM: 'TEAM', EVERYBODY: 'EVERYBODY' } as const;
export type ViewSharing = keyof typeof ViewSharing;

/** What became of what was to be made or changed. */
export const UpsertResult = { CREATED: 'CREATED', UPDATED: 'UPDATED', NOOP: 'NOOP' } as const;
export type UpsertResult = keyof typeof UpsertResult;
