import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { ConversationType } from './conversation.type.js';

const REASON = 'Why, for the record; 500 characters at most.';

@InputType('MergeConversationsInput', {
  description: 'Which conversation goes on in which; both of one contact, in one inbox.',
})
export class MergeConversationsInputType {
  @Field(() => ID, { description: 'The conversation that goes on in the other one, and is resolved itself.' })
  conversationId!: string;
  @Field(() => ID, { description: 'The conversation that goes on for both.' })
  intoConversationId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers the same and changes nothing. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}

@InputType('UnmergeConversationsInput', { description: 'What was merged and should not have been.' })
export class UnmergeConversationsInputType {
  @Field(() => ID, { description: 'The conversation that was merged into another one.' })
  conversationId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('MergeConversationsPayload', { simpleResolvers: true, description: 'The two conversations, as one.' })
export class MergeConversationsPayload {
  @Field(() => ConversationType, { description: 'The one that goes on, as it is now.' })
  conversation!: ConversationType;
  @Field(() => ConversationType, { description: 'The one that goes on in it, as it is now.' })
  merged!: ConversationType;
  @Field(() => [String], {
    description:
      'The fields in which the two differed, where those of the one that goes on stayed: `subject`, `priority`, `attributes.` and a key.',
  })
  kept!: string[];
}

@ObjectType('UnmergeConversationsPayload', { simpleResolvers: true, description: 'The two conversations, apart.' })
export class UnmergeConversationsPayload {
  @Field(() => ConversationType, { description: 'What was merged, as it is now.' })
  conversation!: ConversationType;
  @Field(() => ConversationType, { description: 'What it was taken from, as it is now.' })
  from!: ConversationType;
}
