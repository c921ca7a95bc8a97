import { Extensions, Field, ID, Int, ObjectType } from 'type-graphql';
import type { Direction as DirectionValue } from '../entities/enums.js';
import type { Message } from '../entities/message.js';
import type { RowOf } from '../entities/row.js';
import { AttachmentType } from './attachment.type.js';
import { ChangeDetailType } from './audit-event.type.js';
import { CannedResponseType } from './canned-response.type.js';
import { connectionOf } from './connection.type.js';
import { ConversationType } from './conversation.type.js';
import { ChangeType, Direction } from './enums.js';
import { HandoverType } from './handover.type.js';
import { MessageRevisionType } from './note.type.js';
import { DeliveryType } from './delivery.type.js';
import { DateTime } from './scalars.js';
import { TranslationType } from './translation.type.js';
import { TranscriptEntryType } from './transcript-entry.type.js';

@ObjectType('Message', { implements: TranscriptEntryType, simpleResolvers: true, description: 'What was said.' })
export class MessageType
  extends TranscriptEntryType
  implements Pick<RowOf<Message>, 'id' | 'position' | 'direction' | 'text' | 'botVersion' | 'externalId' | 'createdAt'>
{
  @Field(() => ConversationType, { description: 'The conversation that it belongs to.' })
  conversation!: ConversationType;
  @Field(() => Direction, { description: 'From or to the customer.' })
  direction!: DirectionValue;
  @Field(() => String, {
    nullable: true,
    description: 'The text, 50,000 characters at most; empty where only files were sent, null once deleted.',
  })
  text!: string | null;
  @Field(() => [AttachmentType], { description: 'The files that it was sent with, 10 at most; none once deleted.' })
  attachments!: AttachmentType[];
  @Extensions({ reveals: 'transcript' })
  @Field(() => MessageType, { nullable: true, description: 'The message of the same conversation that it answers.' })
  replyTo!: MessageType | null;
  @Field(() => TranslationType, {
    nullable: true,
    description: 'What it says in another language, as somebody has set it; null once it is changed or deleted.',
  })
  translation!: TranslationType | null;
  @Field(() => DeliveryType, { description: 'Where it is on its way to the customer.' })
  delivery!: DeliveryType;
  @Extensions({ reveals: 'transcript' })
  @Field(() => [MessageRevisionType], { description: 'What it said before, oldest first; 250 at most.' })
  revisions!: unknown[];
  @Field(() => Int, {
    nullable: true,
    description: 'The version of its settings by which a bot wrote it; null where none did, or it is not known.',
  })
  botVersion!: number | null;
  @Field(() => CannedResponseType, { nullable: true, description: 'The canned response that it was sent with.' })
  cannedResponse!: CannedResponseType | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was last changed.' })
  editedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was taken back.' })
  deletedAt!: Date | null;
  @Field(() => String, { nullable: true, description: 'The channel’s own id.' })
  externalId!: string | null;
  @Field(() => DateTime, { description: 'When it arrived here.' })
  createdAt!: Date;
}

@ObjectType('ConversationEvent', {
  implements: TranscriptEntryType,
  simpleResolvers: true,
  description: 'What was done: a status change, an assignment, a step of a handover.',
})
export class ConversationEventType extends TranscriptEntryType {
  @Field(() => ConversationType, { description: 'The conversation that it belongs to.' })
  conversation!: ConversationType;
  @Field(() => String, {
    description: 'The action, as in `auditActions`; `audit.pruned`, by Verbatim, once nothing else is known.',
  })
  action!: string;
  @Field(() => String, { description: 'In plain English: “Bo accepted the handover of conversation #1001”.' })
  summary!: string;
  @Field(() => [ChangeDetailType], { description: 'The fields that it changed.' })
  changes!: ChangeDetailType[];
  @Field(() => HandoverType, { nullable: true, description: 'The handover that it is a step of.' })
  handover!: HandoverType | null;
}

export const MessageConnection = connectionOf(MessageType, 'Message', { streamable: false });
export const TranscriptConnection = connectionOf(TranscriptEntryType as never, 'Transcript', { streamable: false });

@ObjectType('TranscriptChange', { simpleResolvers: true, description: 'One frame of `transcriptChanges`.' })
export class TranscriptChangeType {
  @Field(() => ChangeType, { description: 'What the frame says; a deleted message is UPDATED, its text null.' })
  changeType!: string;
  @Field(() => ID, { nullable: true, description: 'The line; null for CURSOR.' })
  entryId!: string | null;
  @Field(() => TranscriptEntryType as never, { nullable: true, description: 'As it is now; null for CURSOR.' })
  entry!: TranscriptEntryType | null;
  @Field(() => String, { description: 'Subscribe with this as `afterEvent` to go on after this frame.' })
  cursor!: string;
}
