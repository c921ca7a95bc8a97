import { Field, ID, InputType } from 'type-graphql';
import type {
  Channel as ChannelValue,
  ConversationStatus as StatusValue,
  Priority as PriorityValue,
} from '../entities/enums.js';
import { Channel, ConversationStatus, Priority } from './enums.js';
import { DateTime, Json } from './scalars.js';

@InputType('AttributeFilter', { description: 'A value that an attribute has.' })
export class AttributeFilterInput {
  @Field(() => String, { description: 'The key of the attribute.' })
  key!: string;
  @Field(() => Json, { description: 'Exactly this text, number or boolean.' })
  value!: unknown;
}

@InputType('ConversationFilter', {
  description:
    'Which conversations. What is left out leaves that side open; all that is given must hold. Lists hold 250 entries at most.',
})
export class ConversationFilterInput {
  @Field(() => [ConversationStatus], { nullable: true, description: 'In any of these statuses.' })
  statuses?: StatusValue[] | null;
  @Field(() => [Priority], { nullable: true, description: 'Of any of these priorities.' })
  priorities?: PriorityValue[] | null;
  @Field(() => [ID], { nullable: true, description: 'With any of these labels.' })
  labelIds?: string[] | null;
  @Field(() => Boolean, { nullable: true, description: 'Pinned, or not.' })
  pinned?: boolean | null;
  @Field(() => Boolean, { nullable: true, description: 'true: spam and nothing else; false, and absent: none of it.' })
  spam?: boolean | null;
  @Field(() => Boolean, {
    nullable: true,
    description: 'true: those that were merged into another one; false, and absent: none of them.',
  })
  merged?: boolean | null;
  @Field(() => Boolean, {
    nullable: true,
    description: 'true: with messages that the viewer has not read; false: without.',
  })
  unread?: boolean | null;
  @Field(() => [ID], { nullable: true, description: 'In any of these inboxes.' })
  inboxIds?: string[] | null;
  @Field(() => [Channel], { nullable: true, description: 'Over any of these channels.' })
  channels?: ChannelValue[] | null;
  @Field(() => [ID], { nullable: true, description: 'Of any of these teams.' })
  teamIds?: string[] | null;
  @Field(() => [ID], { nullable: true, description: 'Assigned to any of these agents.' })
  assigneeIds?: string[] | null;
  @Field(() => Boolean, { nullable: true, description: 'true: assigned to nobody; false: assigned to somebody.' })
  unassigned?: boolean | null;
  @Field(() => ID, { nullable: true, description: 'With this contact.' })
  contactId?: string | null;
  @Field(() => Boolean, { nullable: true, description: 'true: a handover waits to be accepted; false: none does.' })
  hasOpenHandover?: boolean | null;
  @Field(() => [AttributeFilterInput], { nullable: true, description: 'With all of these values; 10 at most.' })
  attributes?: AttributeFilterInput[] | null;
  @Field(() => DateTime, { nullable: true, description: 'Opened at or after.' })
  createdFrom?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Opened before.' })
  createdTo?: Date | null;
}

@InputType('ReceivedContactInput', {
  description: 'Who wrote, as the channel knows them. Needs an externalId or an address.',
})
export class ReceivedContactInput {
  @Field(() => String, {
    nullable: true,
    description: 'Their id in another system, unique in the workspace; 255 characters at most.',
  })
  externalId?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'Their address on the inbox’s channel: e-mail, phone number, chat id; 255 characters at most.',
  })
  address?: string | null;
  @Field(() => String, { nullable: true, description: 'Their name; fills in what is not known, never overwrites.' })
  name?: string | null;
  @Field(() => String, { nullable: true, description: 'Their e-mail; fills in what is not known, never overwrites.' })
  email?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'Their phone number; fills in what is not known, never overwrites.',
  })
  phone?: string | null;
}

@InputType('ReceiveMessageInput', { description: 'What a customer wrote, delivered by a channel.' })
export class ReceiveMessageInputType {
  @Field(() => ID, { description: 'The inbox that it arrived in.' })
  inboxId!: string;
  @Field(() => String, {
    description: 'The channel’s own id: the same message is taken once per inbox, for good. 255 characters at most.',
  })
  externalId!: string;
  @Field(() => ReceivedContactInput, { description: 'Who wrote.' })
  contact!: ReceivedContactInput;
  @Field(() => String, {
    nullable: true,
    description: 'The channel’s id of the conversation. Without it the contact’s latest in the inbox is used.',
  })
  conversationExternalId?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'The channel’s id of the message that it answers, 255 characters at most. One that is not of the same conversation is left out.',
  })
  replyToExternalId?: string | null;
  @Field(() => String, { nullable: true, description: 'The text, 1 to 50,000 characters; needed without files.' })
  text?: string | null;
  @Field(() => [ID], {
    nullable: true,
    description: 'Files that you have uploaded (`createUploadLink`) and not sent yet, 10 at most.',
  })
  attachmentIds?: string[] | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was written, as the channel says; now unless given.' })
  occurredAt?: Date | null;
}

@InputType('SendMessageInput', { description: 'An answer to the customer.' })
export class SendMessageInputType {
  @Field(() => ID, { description: 'The conversation to answer in.' })
  conversationId!: string;
  @Field(() => String, { nullable: true, description: 'The text, 1 to 50,000 characters; needed without files.' })
  text?: string | null;
  @Field(() => [ID], {
    nullable: true,
    description: 'Files that you have uploaded (`createUploadLink`) and not sent yet, 10 at most.',
  })
  attachmentIds?: string[] | null;
  @Field(() => ID, { nullable: true, description: 'The message of the same conversation that it answers.' })
  replyToId?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same message. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
  @Field(() => ID, {
    nullable: true,
    description:
      'The canned response that the text was made of. It counts the use; the text is sent as it stands here.',
  })
  cannedResponseId?: string | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('AssignConversationInput', { description: 'Who a conversation is given to.' })
export class AssignConversationInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => ID, { nullable: true, description: 'The agent; null unassigns, absent leaves as it is.' })
  assigneeId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The team; null takes it from its team, absent leaves as it is.' })
  teamId?: string | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('SetConversationStatusInput', { description: 'The status that a conversation is moved to.' })
export class SetConversationStatusInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => ConversationStatus, { description: 'The new status; the one it has changes nothing.' })
  status!: StatusValue;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When it wakes, within a year; needed with SNOOZED and only then.',
  })
  until?: Date | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}
