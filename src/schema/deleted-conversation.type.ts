import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { ActorType } from './actor.type.js';
import { connectionOf, PageForwards } from './connection.type.js';
import { ConversationType } from './conversation.type.js';
import { DateTime } from './scalars.js';

@ObjectType('DeletedConversation', {
  simpleResolvers: true,
  description: 'That a conversation was deleted and can be restored; nothing of what it holds.',
})
export class DeletedConversationType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => Int, { description: 'What people called it.' })
  number!: number;
  @Field(() => DateTime, { description: 'When it was opened.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When it was deleted.' })
  deletedAt!: Date;
  @Field(() => ActorType, { nullable: true, description: 'Who deleted it.' })
  deletedBy!: ActorType | null;
  @Field(() => String, { nullable: true, description: 'Why.' })
  reason!: string | null;
  @Field(() => DateTime, { description: 'Until when it can be restored; what it holds is removed for good then.' })
  restorableUntil!: Date;
}

export const DeletedConversationConnection = connectionOf(DeletedConversationType, 'DeletedConversation', {
  streamable: false,
});

@ObjectType('ConversationTombstone', {
  simpleResolvers: true,
  description: 'What stays of a deleted conversation, for other systems.',
})
export class ConversationTombstoneType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => Int, { description: 'What people called it.' })
  number!: number;
  @Field(() => DateTime, { description: 'When it was opened.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When it was deleted.' })
  deletedAt!: Date;
  @Field(() => ActorType, { nullable: true, description: 'Who deleted it.' })
  deletedBy!: ActorType | null;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When all that it held had been removed for good; null while that may be restored, or is going.',
  })
  purgedAt!: Date | null;
}

export const ConversationTombstoneConnection = connectionOf(ConversationTombstoneType, 'ConversationTombstone', {
  streamable: false,
});

@ArgsType()
export class TombstonesArgs extends PageForwards {
  @Field(() => DateTime, { nullable: true, description: 'Only what was deleted then or later.' })
  deletedFrom?: Date | null;
}

@InputType('DeleteConversationInput', { description: 'The conversation that is deleted, and why.' })
export class DeleteConversationInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => String, {
    description: 'Why, for the record and for who may restore it; 500 characters at most. Nothing personal.',
  })
  reason!: string;
  @Field(() => String, {
    nullable: true,
    description: 'Repeating the request with the same key within a day deletes once.',
  })
  idempotencyKey?: string | null;
}

@ObjectType('DeleteConversationPayload', { simpleResolvers: true, description: 'The conversation, deleted.' })
export class DeleteConversationPayload {
  @Field(() => DeletedConversationType, {
    nullable: true,
    description: 'As it is listed now; null where somebody has restored it in this moment.',
  })
  deletedConversation!: DeletedConversationType | null;
}

@InputType('RestoreConversationInput', { description: 'The deleted conversation that comes back.' })
export class RestoreConversationInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('RestoreConversationPayload', { simpleResolvers: true, description: 'The conversation, there again.' })
export class RestoreConversationPayload {
  @Field(() => ConversationType, { description: 'As it is now.' })
  conversation!: ConversationType;
}
