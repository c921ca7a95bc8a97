import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { ConversationCountsType } from '../schema/conversation-counts.type.js';
import { ConversationFilterInput } from '../schema/conversation.input.js';
import { countConversations } from '../services/conversations/count-conversations.js';
import type { ApiContext } from './context.js';

@Resolver()
export class ConversationCountsResolver {
  @Query(() => ConversationCountsType, {
    description:
      'How many of the conversations that the caller may see there are, for the tabs of an inbox. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  conversationCounts(
    @Arg('filter', () => ConversationFilterInput, { nullable: true, description: 'Only of these.' })
    filter: ConversationFilterInput | null,
    @Ctx() { call }: ApiContext,
  ) {
    return countConversations(call, filter ?? {});
  }
}
