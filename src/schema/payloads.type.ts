import { Field, ID, ObjectType } from 'type-graphql';
import { ConversationType } from './conversation.type.js';
import { HandoverType } from './handover.type.js';
import { DateTime } from './scalars.js';
import { MessageType } from './transcript.type.js';
import { ViewerType } from './workspace.type.js';

@ObjectType('SignInPayload', { simpleResolvers: true, description: 'The tokens of a session.' })
export class SignInPayload {
  @Field(() => String, { description: 'Send as `Authorization: Bearer …`; lives 10 minutes.' })
  accessToken!: string;
  @Field(() => DateTime, { description: 'When the access token ends; refresh before.' })
  accessTokenExpiresAt!: Date;
  @Field(() => String, { description: 'For `refreshSession`; good once, 30 days idle, 90 days altogether.' })
  refreshToken!: string;
  @Field(() => ViewerType, { description: 'Who has signed in.' })
  viewer!: ViewerType;
}

@ObjectType('SignOutPayload', { simpleResolvers: true, description: 'The session has ended.' })
export class SignOutPayload {
  @Field(() => Boolean, {
    description: 'Always true: the tokens are worth nothing any more, and the session’s sockets are closed.',
  })
  signedOut!: boolean;
}

@ObjectType('ReceiveMessagePayload', { simpleResolvers: true, description: 'The message, taken.' })
export class ReceiveMessagePayload {
  @Field(() => ID, { description: 'The message.' })
  messageId!: string;
  @Field(() => ID, { description: 'The conversation that it was put into.' })
  conversationId!: string;
  @Field(() => MessageType, {
    nullable: true,
    description: 'The message as it is now; null for keys that may not read conversations.',
  })
  message!: MessageType | null;
  @Field(() => ConversationType, {
    nullable: true,
    description: 'The conversation as it is now; null for keys that may not read conversations.',
  })
  conversation!: ConversationType | null;
  @Field(() => Boolean, { description: 'It had been delivered before; nothing was written this time.' })
  duplicate!: boolean;
}

@ObjectType('SendMessagePayload', { simpleResolvers: true, description: 'The answer, sent.' })
export class SendMessagePayload {
  @Field(() => MessageType, { description: 'The message as it is now.' })
  message!: MessageType;
}

@ObjectType('AssignConversationPayload', { simpleResolvers: true, description: 'The conversation, assigned.' })
export class AssignConversationPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('SetConversationStatusPayload', { simpleResolvers: true, description: 'The conversation, moved.' })
export class SetConversationStatusPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('RequestHandoverPayload', { simpleResolvers: true, description: 'The handover, requested.' })
export class RequestHandoverPayload {
  @Field(() => HandoverType, { description: 'As it is now.' })
  handover!: HandoverType;
}

@ObjectType('AcceptHandoverPayload', { simpleResolvers: true, description: 'The handover, accepted.' })
export class AcceptHandoverPayload {
  @Field(() => HandoverType, { description: 'As it is now.' })
  handover!: HandoverType;
}

@ObjectType('DeclineHandoverPayload', { simpleResolvers: true, description: 'The handover, declined.' })
export class DeclineHandoverPayload {
  @Field(() => HandoverType, { description: 'As it is now.' })
  handover!: HandoverType;
}

@ObjectType('CancelHandoverPayload', { simpleResolvers: true, description: 'The handover, cancelled.' })
export class CancelHandoverPayload {
  @Field(() => HandoverType, { description: 'As it is now.' })
  handover!: HandoverType;
}
