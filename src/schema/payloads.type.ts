import { Field, ID, ObjectType } from 'type-graphql';
import { AuditAnnotationType } from './audit-event.type.js';
import { ContactType } from './contact.type.js';
import { ConversationType } from './conversation.type.js';
import { HandoverType } from './handover.type.js';
import { NoteType } from './note.type.js';
import { DateTime } from './scalars.js';
import { DeliveryStatus } from './enums.js';
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
    description:
      'The message as it is now; null for keys that may not read conversations, and for what was deleted since it was delivered before.',
  })
  message!: MessageType | null;
  @Field(() => ConversationType, {
    nullable: true,
    description:
      'The conversation as it is now; null for keys that may not read conversations, and for what was deleted since it was delivered before.',
  })
  conversation!: ConversationType | null;
  @Field(() => Boolean, { description: 'It had been delivered before; nothing was written this time.' })
  duplicate!: boolean;
  @Field(() => Boolean, {
    description: 'Its contact is blocked: it was kept, waits for nobody and brought nothing back.',
  })
  contactBlocked!: boolean;
}

@ObjectType('SendMessagePayload', { simpleResolvers: true, description: 'The answer, sent.' })
export class SendMessagePayload {
  @Field(() => MessageType, { description: 'The message as it is now.' })
  message!: MessageType;
}

@ObjectType('SetTranslationPayload', { simpleResolvers: true, description: 'The message, with its translation.' })
export class SetTranslationPayload {
  @Field(() => MessageType, { description: 'The message as it is now.' })
  message!: MessageType;
}

@ObjectType('UpdateDeliveryPayload', { simpleResolvers: true, description: 'What the report has come to.' })
export class UpdateDeliveryPayload {
  @Field(() => ID, { description: 'The message.' })
  messageId!: string;
  @Field(() => DeliveryStatus, { description: 'Where it is now.' })
  status!: string;
  @Field(() => Boolean, { description: 'false: the report was late or had been made before, and nothing was changed.' })
  changed!: boolean;
  @Field(() => MessageType, {
    nullable: true,
    description: 'The message as it is now; null for keys that may not read conversations.',
  })
  message!: MessageType | null;
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

@ObjectType('SetConversationPriorityPayload', {
  simpleResolvers: true,
  description: 'The conversation, with its priority.',
})
export class SetConversationPriorityPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('PinConversationPayload', { simpleResolvers: true, description: 'The conversation, pinned.' })
export class PinConversationPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('UnpinConversationPayload', { simpleResolvers: true, description: 'The conversation, unpinned.' })
export class UnpinConversationPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('MarkSpamPayload', { simpleResolvers: true, description: 'The conversation, marked as spam.' })
export class MarkSpamPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('UnmarkSpamPayload', { simpleResolvers: true, description: 'The conversation, in the inbox again.' })
export class UnmarkSpamPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('StarConversationPayload', { simpleResolvers: true, description: 'The conversation, starred.' })
export class StarConversationPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('UnstarConversationPayload', { simpleResolvers: true, description: 'The conversation, without the star.' })
export class UnstarConversationPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('MarkConversationReadPayload', { simpleResolvers: true, description: 'The conversation, read.' })
export class MarkConversationReadPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('UpdateConversationPayload', { simpleResolvers: true, description: 'The conversation, changed.' })
export class UpdateConversationPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}

@ObjectType('AddLabelsPayload', { simpleResolvers: true, description: 'What was labelled.' })
export class AddLabelsPayload {
  @Field(() => ConversationType, { nullable: true, description: 'The conversation, as it is now.' })
  conversation!: ConversationType | null;
  @Field(() => ContactType, { nullable: true, description: 'The contact, as it is now.' })
  contact!: ContactType | null;
}

@ObjectType('RemoveLabelsPayload', { simpleResolvers: true, description: 'What labels were taken from.' })
export class RemoveLabelsPayload {
  @Field(() => ConversationType, { nullable: true, description: 'The conversation, as it is now.' })
  conversation!: ConversationType | null;
  @Field(() => ContactType, { nullable: true, description: 'The contact, as it is now.' })
  contact!: ContactType | null;
}

@ObjectType('EditMessagePayload', { simpleResolvers: true, description: 'The message, changed.' })
export class EditMessagePayload {
  @Field(() => MessageType, { description: 'As it is now.' })
  message!: MessageType;
}

@ObjectType('DeleteMessagePayload', { simpleResolvers: true, description: 'The message, taken back.' })
export class DeleteMessagePayload {
  @Field(() => MessageType, { description: 'As it is now.' })
  message!: MessageType;
}

@ObjectType('AddNotePayload', { simpleResolvers: true, description: 'The note, added.' })
export class AddNotePayload {
  @Field(() => NoteType, { description: 'As it is now.' })
  note!: NoteType;
}

@ObjectType('EditNotePayload', { simpleResolvers: true, description: 'The note, changed.' })
export class EditNotePayload {
  @Field(() => NoteType, { description: 'As it is now.' })
  note!: NoteType;
}

@ObjectType('RevokeSessionPayload', { simpleResolvers: true, description: 'The session has ended.' })
export class RevokeSessionPayload {
  @Field(() => ID, { description: 'The session; its tokens are worth nothing any more, and its sockets are closed.' })
  sessionId!: string;
}

@ObjectType('AnnotateEventPayload', { simpleResolvers: true, description: 'The remark, recorded.' })
export class AnnotateEventPayload {
  @Field(() => AuditAnnotationType, { description: 'The remark.' })
  annotation!: AuditAnnotationType;
}

@ObjectType('RecordCustomEventPayload', { simpleResolvers: true, description: 'The event, recorded.' })
export class RecordCustomEventPayload {
  @Field(() => ID, { description: 'Its id on the record.' })
  eventId!: string;
}
