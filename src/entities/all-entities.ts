import { Account, SigningKey } from './account.js';
import { Alert, AlertCursor, AlertMute, AlertRule, AlertState } from './alert.js';
import { AlertDestination } from './alert-destination.js';
import { Agent } from './agent.js';
import { BusinessHours } from './business-hours.js';
import { ApiKey } from './api-key.js';
import { AttributeDefinition } from './attribute-definition.js';
import { Attachment } from './attachment.js';
import { AuditSink } from './audit-sink.js';
import { Bot, BotRevision } from './bot.js';
import { CannedResponse } from './canned-response.js';
import { Contact, ContactIdentity } from './contact.js';
import { ContactMerge } from './contact-merge.js';
import { Conversation } from './conversation.js';
import { ConversationDeletion } from './conversation-deletion.js';
import { ConversationMerge } from './conversation-merge.js';
import { ConversationViewer } from './conversation-viewer.js';
import { ExportJob } from './export-job.js';
import { Handover } from './handover.js';
import { IdempotencyKey } from './idempotency-key.js';
import { Inbox, InboxMember } from './inbox.js';
import { Invitation } from './invitation.js';
import { ContactLabel, ConversationLabel, Label } from './label.js';
import { Message, TranscriptEntry } from './message.js';
import { Note, NoteMention, TextRevision } from './note.js';
import { Presence, SocketLease } from './presence.js';
import { RecordBody, RecordEntry, RecordHead } from './record.js';
import { RecordCheckpoint, RecordKey, RecordTile } from './record-proofs.js';
import { RemovalRun, RetentionRule } from './retention.js';
import { RoutingAssignment, RoutingPolicy } from './routing.js';
import { SearchEntry } from './search-entry.js';
import { SavedView } from './saved-view.js';
import { RefreshToken, Session } from './session.js';
import { ShiftHandover } from './shift-handover.js';
import { Speech } from './speech.js';
import { Team, TeamMember, TeamSupervisor } from './team.js';
import { Translation } from './translation.js';
import { Turn } from './turn.js';
import { Workspace, WorkspaceCounter } from './workspace.js';

/** Every entity. The list that a new noun is added to. */
export const allEntities = [
  Account,
  SigningKey,
  Workspace,
  WorkspaceCounter,
  Agent,
  Team,
  TeamMember,
  TeamSupervisor,
  Bot,
  BotRevision,
  Inbox,
  InboxMember,
  Invitation,
  Contact,
  ContactIdentity,
  ContactMerge,
  ConversationMerge,
  Conversation,
  TranscriptEntry,
  Message,
  Attachment,
  Speech,
  Translation,
  Note,
  NoteMention,
  TextRevision,
  Label,
  ConversationLabel,
  ContactLabel,
  ConversationDeletion,
  ConversationViewer,
  AttributeDefinition,
  CannedResponse,
  SavedView,
  Presence,
  SocketLease,
  Handover,
  ShiftHandover,
  RoutingPolicy,
  RoutingAssignment,
  BusinessHours,
  Session,
  RefreshToken,
  ApiKey,
  IdempotencyKey,
  RecordHead,
  RecordEntry,
  RecordBody,
  RecordTile,
  RecordCheckpoint,
  RecordKey,
  RetentionRule,
  RemovalRun,
  Turn,
  ExportJob,
  AuditSink,
  AlertRule,
  Alert,
  AlertMute,
  AlertCursor,
  AlertState,
  AlertDestination,
  SearchEntry,
];
