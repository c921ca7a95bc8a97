import { Extensions, Field, ID, Int, ObjectType } from 'type-graphql';
import type { Conversation } from '../entities/conversation.js';
import type {
  Channel as ChannelValue,
  ConversationStatus as StatusValue,
  Priority as PriorityValue,
} from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { AuditEventConnection } from './audit-event.type.js';
import { connectionOf } from './connection.type.js';
import { ContactType } from './contact.type.js';
import { Channel, ChangeType, ConversationStatus, Priority } from './enums.js';
import { LabelType } from './label.type.js';
import { NoteConnection } from './note.type.js';
import { HandoverConnection, HandoverType } from './handover.type.js';
import { AgentType, InboxType, TeamType } from './people.type.js';
import { DateTime, Json } from './scalars.js';
import { MessageConnection, MessageType, TranscriptConnection } from './transcript.type.js';

type Columns =
  | 'id'
  | 'number'
  | 'subject'
  | 'status'
  | 'channel'
  | 'botActive'
  | 'priority'
  | 'pinned'
  | 'spam'
  | 'waitingSince'
  | 'snoozedUntil'
  | 'handoverCount'
  | 'externalId'
  | 'attributes'
  | 'createdAt'
  | 'updatedAt'
  | 'lastActivityAt'
  | 'resolvedAt';

@ObjectType('ConversationViewerState', {
  simpleResolvers: true,
  description: 'How the viewer stands to a conversation. Keys and bots have read everything and star nothing.',
})
export class ConversationViewerStateType {
  @Field(() => Int, { description: 'How many of the customer’s messages the viewer has not read.' })
  unreadCount!: number;
  @Field(() => Int, {
    nullable: true,
    description: 'The position up to which the viewer has read; null = never opened.',
  })
  lastReadPosition!: number | null;
  @Field(() => Boolean, { description: 'The viewer’s own star.' })
  starred!: boolean;
}

@ObjectType('Conversation', { simpleResolvers: true, description: 'One talk with one contact in one inbox.' })
export class ConversationType implements Pick<RowOf<Conversation>, Columns> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => Int, { description: 'For people: #1001. Unique in the workspace, with gaps.' })
  number!: number;
  @Field(() => String, { nullable: true, description: 'What it is about.' })
  subject!: string | null;
  @Field(() => ConversationStatus, { description: 'Where it stands.' })
  status!: StatusValue;
  @Field(() => Priority, { description: 'How much it presses.' })
  priority!: PriorityValue;
  @Field(() => Boolean, { description: 'Pinned for everybody.' })
  pinned!: boolean;
  @Field(() => Boolean, {
    description:
      'Marked as spam: in no inbox list, count, queue or automatic assignment; status, assignee and all else are as they were.',
  })
  spam!: boolean;
  @Field(() => [LabelType], { description: 'Its labels, by name, 250 at most.' })
  labels!: LabelType[];
  @Field(() => Json, {
    description: 'Its attributes by key, as `attributeDefinitions` says; those it has not are absent.',
  })
  attributes!: Record<string, string | number | boolean>;
  @Extensions({ perViewer: true })
  @Field(() => ConversationViewerStateType, { description: 'How the viewer stands to it.' })
  viewerState!: ConversationViewerStateType;
  @Field(() => DateTime, { nullable: true, description: 'Since when the customer waits for a person’s answer.' })
  waitingSince!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'While SNOOZED: when it wakes.' })
  snoozedUntil!: Date | null;
  @Field(() => Int, { nullable: true, description: 'From its opening to a person’s first answer, in seconds.' })
  firstResponseSeconds!: number | null;
  @Field(() => Int, { description: 'How often it was handed over.' })
  handoverCount!: number;
  @Field(() => InboxType, { description: 'The inbox that it arrived in.' })
  inbox!: InboxType;
  @Field(() => Channel, { description: 'Over what the customer writes.' })
  channel!: ChannelValue;
  @Field(() => ContactType, { description: 'The customer.' })
  contact!: ContactType;
  @Field(() => AgentType, { nullable: true, description: 'Who has it.' })
  assignee!: AgentType | null;
  @Field(() => TeamType, { nullable: true, description: 'The team that it belongs to.' })
  team!: TeamType | null;
  @Extensions({ perViewer: true })
  @Field(() => [ActorType], {
    description:
      'The contact, then whoever has written in it or had it, in order of first taking part, as far as the caller may see it, notes and what was merged into it included: 100 at most beside the contact, by the first 2,000 lines and who has it now.',
  })
  participants!: ActorType[];
  @Field(() => Boolean, {
    description: 'A bot has it: true until a person takes over, and again when it is given back.',
  })
  botActive!: boolean;
  @Field(() => String, { nullable: true, description: 'Its id in another system, unique in the workspace.' })
  externalId!: string | null;
  @Field(() => DateTime, { description: 'When it was opened.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When anything of it last changed.' })
  updatedAt!: Date;
  @Field(() => DateTime, { description: 'When something was last said or done in it.' })
  lastActivityAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was resolved; null while it is not.' })
  resolvedAt!: Date | null;
  @Field(() => MessageType, { nullable: true, description: 'What was said last.' })
  lastMessage!: MessageType | null;
  @Field(() => HandoverType, { nullable: true, description: 'The handover that waits to be accepted; at most one.' })
  openHandover!: HandoverType | null;
  @Extensions({ reveals: 'transcript' })
  @Field(() => MessageConnection, { description: 'What was said, in order; the newest 25 unless asked.' })
  messages!: unknown;
  @Extensions({ reveals: 'transcript' })
  @Field(() => NoteConnection, {
    description: 'What people noted, in order; the newest 25 unless asked. Errors: FORBIDDEN for who reads no notes.',
  })
  notes!: unknown;
  @Extensions({ perViewer: true })
  @Field(() => HandoverConnection, { description: 'Its handovers, newest first.' })
  handovers!: unknown;
  @Extensions({ reveals: 'transcript' })
  @Field(() => TranscriptConnection, {
    description: 'Everything that was said and done, in order; the newest 25 unless asked.',
  })
  transcript!: unknown;
  @Extensions({ perViewer: true })
  @Field(() => ConversationType, {
    nullable: true,
    description:
      'The conversation that it goes on in; null where it goes on by itself, or where the caller may not see the other.',
  })
  mergedInto!: ConversationType | null;
  @Extensions({ perViewer: true })
  @Field(() => [ConversationType], {
    description:
      'Those that were merged into it and that the caller may see, oldest first, 250 at most; what was merged into these is with them.',
  })
  mergedConversations!: ConversationType[];
  @Extensions({ reveals: 'transcript', perViewer: true })
  @Field(() => TranscriptConnection, {
    description:
      'Everything that was said and done in it and in all that was merged into it, as far as the caller may see that, in order of time; the newest 25 unless asked.',
  })
  timeline!: unknown;
  @Extensions({ reveals: 'record', perViewer: true })
  @Field(() => AuditEventConnection, {
    description:
      'What the caller may read of the record about it, newest first; as `auditEvents` with its id. Errors: FORBIDDEN for who reads none of the record.',
  })
  auditTrail!: unknown;
}

export const ConversationConnection = connectionOf(ConversationType, 'Conversation', { streamable: true });

@ObjectType('ConversationChange', { simpleResolvers: true, description: 'One frame of `conversationChanges`.' })
export class ConversationChangeType {
  @Field(() => ChangeType, { description: 'What the frame says.' })
  changeType!: string;
  @Field(() => ID, { nullable: true, description: 'The conversation; null for CURSOR.' })
  conversationId!: string | null;
  @Field(() => ConversationType, { nullable: true, description: 'As it is now; null for REMOVED and CURSOR.' })
  conversation!: ConversationType | null;
  @Field(() => [String], {
    description:
      'The fields of the conversation that the event changed; those of its activity aside, which every event moves.',
  })
  changedFields!: string[];
  @Field(() => ActorType, { nullable: true, description: 'Who did it.' })
  actor!: ActorType | null;
  @Field(() => String, { description: 'Subscribe with this as `afterEvent` to go on after this frame.' })
  cursor!: string;
  @Field(() => DateTime, { nullable: true, description: 'When it happened.' })
  occurredAt!: Date | null;
}
