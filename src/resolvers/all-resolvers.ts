// First: type-graphql's decorators look for it while the classes below are defined.
import 'reflect-metadata';
import type { NonEmptyArray } from 'type-graphql';
import { AgentAdministrationResolver } from './agent.resolver.js';
import { AlertDestinationResolver } from './alert-destination.resolver.js';
import {
  AlertEventsResolver,
  AlertMuteResolver,
  AlertResolver,
  AlertRuleResolver,
  PreviewedAlertResolver,
} from './alert.resolver.js';
import { ApiKeyResolver } from './api-key.resolver.js';
import { AttributeResolver } from './attribute.resolver.js';
import { AttachmentResolver, MessageRevisionResolver } from './attachment.resolver.js';
import { AuditEventResolver, AuditPartyResolver } from './audit-event.resolver.js';
import { AuditProofResolver } from './audit-proof.resolver.js';
import { AuditSinkResolver } from './audit-sink.resolver.js';
import { BotResolver, BotRevisionResolver } from './bot.resolver.js';
import { ReceivedMessageResolver, UpdatedDeliveryResolver } from './channel-payloads.resolver.js';
import { ChangeConversationsResolver } from './change-conversations.resolver.js';
import { ContactChangesResolver } from './contact-changes.resolver.js';
import { ContactResolver } from './contact.resolver.js';
import { NotificationResolver } from './notification.resolver.js';
import { PresenceResolver } from './presence.resolver.js';
import { RoutingResolver } from './routing.resolver.js';
import { TeamHoursResolver, WorkspaceHoursResolver } from './business-hours.resolver.js';
import { TeamQueueResolver } from './team-queue.resolver.js';
import { RemovalResolver, WorkspaceResolver } from './removal.resolver.js';
import { ConversationDetailsResolver } from './conversation-details.resolver.js';
import { ConversationResolver } from './conversation.resolver.js';
import { CustomerMessageResolver, CustomerResolver } from './customer.resolver.js';
import { ExportResolver, JobProgressResolver } from './export.resolver.js';
import { HandoverResolver } from './handover.resolver.js';
import { ShiftHandoverResolver } from './shift-handover.resolver.js';
import { InboxAdministrationResolver } from './inbox.resolver.js';
import { InvitationResolver } from './invitation.resolver.js';
import { MessageSearchResolver } from './message-search.resolver.js';
import { AgentResolver, InboxResolver, TeamResolver } from './people.resolver.js';
import {
  AuditEventStreamResolver,
  ConversationChangesResolver,
  HandoverChangesResolver,
  PresenceChangesResolver,
  TranscriptChangesResolver,
  TypingResolver,
  WorkspaceEventsResolver,
} from './streams.resolver.js';
import { TeamAdministrationResolver } from './team.resolver.js';
import { ConversationEventResolver, MessageResolver, NoteResolver } from './transcript.resolver.js';
import { ConversationCountsResolver } from './conversation-counts.resolver.js';
import { CannedResponseResolver } from './canned-response.resolver.js';
import { ConversationTombstoneResolver, DeletedConversationResolver } from './deleted-conversation.resolver.js';
import { LabelResolver } from './label.resolver.js';
import { MergeConversationsResolver, MergedConversationResolver } from './merge-conversations.resolver.js';
import { ViewResolver } from './view.resolver.js';
import { MessageTranslationResolver, TranslationResolver } from './translation.resolver.js';
import { ViewerResolver } from './viewer.resolver.js';

/** Every resolver. The list that a new noun is added to. */
export const allResolvers: NonEmptyArray<Function> = [
  ViewerResolver,
  MergeConversationsResolver,
  MergedConversationResolver,
  AgentResolver,
  TeamResolver,
  InboxResolver,
  ApiKeyResolver,
  InvitationResolver,
  AgentAdministrationResolver,
  TeamAdministrationResolver,
  InboxAdministrationResolver,
  BotResolver,
  BotRevisionResolver,
  ContactResolver,
  ContactChangesResolver,
  ConversationResolver,
  ConversationDetailsResolver,
  DeletedConversationResolver,
  ConversationTombstoneResolver,
  ChangeConversationsResolver,
  CustomerResolver,
  CustomerMessageResolver,
  AttachmentResolver,
  TranslationResolver,
  MessageTranslationResolver,
  MessageRevisionResolver,
  MessageResolver,
  ReceivedMessageResolver,
  UpdatedDeliveryResolver,
  NoteResolver,
  ConversationEventResolver,
  HandoverResolver,
  ShiftHandoverResolver,
  AuditEventResolver,
  AuditPartyResolver,
  AuditProofResolver,
  ExportResolver,
  AuditSinkResolver,
  JobProgressResolver,
  ConversationChangesResolver,
  HandoverChangesResolver,
  AuditEventStreamResolver,
  TranscriptChangesResolver,
  WorkspaceEventsResolver,
  RemovalResolver,
  WorkspaceResolver,
  PresenceResolver,
  RoutingResolver,
  TeamQueueResolver,
  TeamHoursResolver,
  WorkspaceHoursResolver,
  PresenceChangesResolver,
  TypingResolver,
  NotificationResolver,
  AlertResolver,
  PreviewedAlertResolver,
  AlertRuleResolver,
  AlertMuteResolver,
  AlertEventsResolver,
  AlertDestinationResolver,
  MessageSearchResolver,
  AttributeResolver,
  LabelResolver,
  ViewResolver,
  CannedResponseResolver,
  ConversationCountsResolver,
];
