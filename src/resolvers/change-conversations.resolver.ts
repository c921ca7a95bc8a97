import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { ChangeConversationsInputType, ChangeConversationsPayload } from '../schema/change-conversations.type.js';
import { changeConversations } from '../services/conversations/change-conversations.js';
import type { ApiContext } from './context.js';

@Resolver()
export class ChangeConversationsResolver {
  @Mutation(() => ChangeConversationsPayload, {
    description:
      'Changes up to 100 conversations alike, each as the mutation of one does: what is refused of one keeps no other from being changed, and is said in its result. Errors: VALIDATION_FAILED; CONFLICT for another request under a known key. Of one conversation: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED for what it cannot be given; UNAVAILABLE where others keep changing it.',
  })
  async changeConversations(
    @Arg('input', () => ChangeConversationsInputType) input: ChangeConversationsInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { batchId, results } = await changeConversations(call, input);
    const conversations = await Promise.all(
      results.map(({ conversationId, error }) => (error ? null : loaders.visibleConversation.load(conversationId))),
    );
    return { batchId, results: results.map((result, index) => ({ ...result, conversation: conversations[index] })) };
  }
}
