import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './connection.type.js';
import { CustomerAuthorKind } from './customer-enums.js';
import { ChangeType } from './enums.js';
import { DateTime } from './scalars.js';

const KEY =
  'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same message. Another request under it is a CONFLICT.';

@ObjectType('CustomerMessageAuthor', {
  simpleResolvers: true,
  description: 'Who wrote a message, as the customer is told.',
})
export class CustomerMessageAuthorType {
  @Field(() => CustomerAuthorKind, { description: 'What they are.' })
  kind!: keyof typeof CustomerAuthorKind;
  @Field(() => String, { nullable: true, description: 'The name of the agent or bot; null for all others.' })
  displayName!: string | null;
}

@ObjectType('CustomerMessage', {
  simpleResolvers: true,
  description: 'What was said, as the customer has it: nothing that people write among themselves.',
})
export class CustomerMessageType {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => CustomerMessageAuthorType, { description: 'Who wrote it.' })
  author!: CustomerMessageAuthorType;
  @Field(() => String, { nullable: true, description: 'The text; null once deleted.' })
  text!: string | null;
  @Field(() => DateTime, { description: 'When it was written.' })
  sentAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was last changed.' })
  editedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was taken back.' })
  deletedAt!: Date | null;
}

export const CustomerMessageConnection = connectionOf(CustomerMessageType, 'CustomerMessage', { streamable: true });

@ObjectType('CustomerConversation', {
  simpleResolvers: true,
  description: 'A conversation as its customer has it: nothing that people do in it among themselves.',
})
export class CustomerConversationType {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => Boolean, {
    description: 'False once it was resolved, or goes on elsewhere; writing again takes it up there.',
  })
  open!: boolean;
  @Field(() => DateTime, { description: 'When it began.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When the last message arrived.' })
  lastMessageAt!: Date | null;
  @Field(() => ID, {
    nullable: true,
    description: 'The conversation that it goes on in: what is written to either is said there, and answered there.',
  })
  mergedIntoId!: string | null;
}

export const CustomerConversationConnection = connectionOf(CustomerConversationType, 'CustomerConversation', {
  streamable: false,
});

@ObjectType('CustomerTranscriptChange', {
  simpleResolvers: true,
  description: 'One frame of `customerTranscriptChanges`.',
})
export class CustomerTranscriptChangeType {
  @Field(() => ChangeType, { description: 'What the frame says; a deleted message is UPDATED, its text null.' })
  changeType!: string;
  @Field(() => ID, { nullable: true, description: 'The message; null for CURSOR.' })
  messageId!: string | null;
  @Field(() => CustomerMessageType, { nullable: true, description: 'As it is now; null for CURSOR.' })
  message!: CustomerMessageType | null;
  @Field(() => String, { description: 'Subscribe with this as `afterEvent` to go on after this frame.' })
  cursor!: string;
}

@InputType('CreateCustomerTokenInput', { description: 'Whom to let into which web chat, and for how long.' })
export class CreateCustomerTokenInputType {
  @Field(() => ID, { description: 'The inbox; its channel is WEB_CHAT.' })
  inboxId!: string;
  @Field(() => ID, { nullable: true, description: 'A contact that is there. Either this or `contactExternalId`.' })
  contactId?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'How another system knows the contact, who is made where nobody does; 255 characters at most.',
  })
  contactExternalId?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'What to call the contact where nobody has said, with `contactExternalId`; 2,000 characters at most.',
  })
  name?: string | null;
  @Field(() => Int, { nullable: true, description: 'For how many seconds it holds, 60 to 3,600; 900 unless given.' })
  expiresInSeconds?: number | null;
}

@ObjectType('CreateCustomerTokenPayload', { simpleResolvers: true, description: 'The token, for the customer alone.' })
export class CreateCustomerTokenPayload {
  @Field(() => String, { description: 'To be sent as `Authorization: Bearer`, as a key is.' })
  token!: string;
  @Field(() => DateTime, { description: 'When it ends.' })
  expiresAt!: Date;
  @Field(() => ID, { description: 'The contact that it is for: of one who was merged the one who goes on.' })
  contactId!: string;
}

@InputType('StartConversationInput', { description: 'What a customer begins with.' })
export class StartConversationInputType {
  @Field(() => String, { description: 'What to say; 50,000 characters at most.' })
  text!: string;
  @Field(() => String, { description: KEY })
  idempotencyKey!: string;
}

@InputType('SendCustomerMessageInput', { description: 'What a customer says.' })
export class SendCustomerMessageInputType {
  @Field(() => ID, { description: 'Their conversation.' })
  conversationId!: string;
  @Field(() => String, { description: 'What to say; 50,000 characters at most.' })
  text!: string;
  @Field(() => String, { description: KEY })
  idempotencyKey!: string;
}

@ObjectType('CustomerMessagePayload', { simpleResolvers: true, description: 'What the customer has written.' })
export class CustomerMessagePayload {
  @Field(() => CustomerMessageType, { description: 'The message.' })
  message!: CustomerMessageType;
  @Field(() => CustomerConversationType, {
    description:
      'The conversation that it is in: go on with its id, which is another than asked where that one is gone.',
  })
  conversation!: CustomerConversationType;
}
