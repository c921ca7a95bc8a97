import { Extensions, Field, ID, InputType, ObjectType } from 'type-graphql';
import type { ConversationStatus as StatusValue, Priority as PriorityValue } from '../entities/enums.js';
import type { ErrorCode as CodeValue } from '../services/error-codes.js';
import { ConversationType } from './conversation.type.js';
import { ConversationStatus, ErrorCode, Priority } from './enums.js';
import { DateTime } from './scalars.js';

@InputType('ChangeConversationsInput', {
  description: 'What is changed of several conversations. What is absent stays as it is of each.',
})
export class ChangeConversationsInputType {
  @Field(() => [ID], { description: 'The conversations, 1 to 100, each once.' })
  conversationIds!: string[];
  @Field(() => ConversationStatus, { nullable: true, description: 'The new status.' })
  status?: StatusValue | null;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When they wake, within a year; needed with SNOOZED and only then.',
  })
  until?: Date | null;
  @Field(() => Priority, { nullable: true, description: 'The new priority.' })
  priority?: PriorityValue | null;
  @Field(() => Boolean, { nullable: true, description: 'true: they are spam; false: they are none.' })
  spam?: boolean | null;
  @Field(() => ID, { nullable: true, description: 'The agent; null unassigns, absent leaves as it is.' })
  assigneeId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The team; null takes them from theirs, absent leaves as it is.' })
  teamId?: string | null;
  @Field(() => [ID], { nullable: true, description: 'Labels that they get, 1 to 10.' })
  addLabelIds?: string[] | null;
  @Field(() => [ID], { nullable: true, description: 'Labels that are taken from them, 1 to 10, and not added.' })
  removeLabelIds?: string[] | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h goes on where it was interrupted, and answers the same. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}

@ObjectType('ConversationResultError', {
  simpleResolvers: true,
  description: 'Why one of several conversations was not changed, as the mutation of one would say it.',
})
export class ConversationResultErrorType {
  @Field(() => ErrorCode, { description: 'As in `extensions.code`.' })
  code!: CodeValue;
  @Field(() => String, { description: 'The same in words.' })
  message!: string;
}

@ObjectType('ConversationResult', {
  simpleResolvers: true,
  description: 'What became of one of several conversations.',
})
export class ConversationResultType {
  @Field(() => ID, { description: 'The conversation that was asked for.' })
  conversationId!: string;
  @Field(() => ConversationType, {
    nullable: true,
    description: 'As it is now; null with an error, and where the caller sees it no longer.',
  })
  conversation!: ConversationType | null;
  @Field(() => Boolean, { description: 'Something changed; false where all of it was so already, or with an error.' })
  changed!: boolean;
  @Field(() => ConversationResultErrorType, { nullable: true, description: 'Why it was not changed.' })
  error!: ConversationResultErrorType | null;
}

@ObjectType('ChangeConversationsPayload', {
  simpleResolvers: true,
  description: 'Several conversations, changed, each altogether or not at all.',
})
export class ChangeConversationsPayload {
  @Field(() => ID, { description: 'The `causationId` of all events of it.' })
  batchId!: string;
  @Extensions({ holds: 100 })
  @Field(() => [ConversationResultType], { description: 'One for each that was asked for, in that order.' })
  results!: ConversationResultType[];
}
