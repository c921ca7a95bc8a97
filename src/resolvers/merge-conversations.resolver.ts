import { Arg, Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { TranscriptEntryKind as KindValue } from '../entities/enums.js';
import { PageBothWays } from '../schema/connection.type.js';
import { ConversationType } from '../schema/conversation.type.js';
import { TranscriptEntryKind } from '../schema/enums.js';
import {
  MergeConversationsInputType,
  MergeConversationsPayload,
  UnmergeConversationsInputType,
  UnmergeConversationsPayload,
} from '../schema/merge-conversations.type.js';
import { TranscriptConnection } from '../schema/transcript.type.js';
import { mergeConversations } from '../services/conversations/merge-conversations.js';
import type { ConversationRow } from '../services/conversations/read-conversations.js';
import { unmergeConversations } from '../services/conversations/unmerge-conversations.js';
import type { ApiContext } from './context.js';
import { ofConversations } from './revealing.js';
import { transcriptConnection } from './transcript.resolver.js';

@Resolver()
export class MergeConversationsResolver {
  @Mutation(() => MergeConversationsPayload, {
    description:
      'Has a conversation go on in another one of the same contact in the same inbox, so that it can be undone. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for what was merged elsewhere, has an open handover, where only one is spam, and where the customer waits in the first while the second is not at work; LIMIT_EXCEEDED over 250 merged into one.',
  })
  async mergeConversations(
    @Arg('input', () => MergeConversationsInputType) input: MergeConversationsInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { conversationId, mergedId, kept } = await mergeConversations(call, input);
    return {
      conversation: await loaders.conversation.load(conversationId),
      merged: await loaders.conversation.load(mergedId),
      kept,
    };
  }

  @Mutation(() => UnmergeConversationsPayload, {
    description:
      'Takes a conversation out of the one that it goes on in, in the state that it had. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for what is not merged, and while the other one is merged into a third.',
  })
  async unmergeConversations(
    @Arg('input', () => UnmergeConversationsInputType) input: UnmergeConversationsInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { conversationId, fromConversationId } = await unmergeConversations(call, input);
    return {
      conversation: await loaders.conversation.load(conversationId),
      from: await loaders.conversation.load(fromConversationId),
    };
  }
}

@Resolver(() => ConversationType)
export class MergedConversationResolver {
  @FieldResolver(() => ConversationType, { nullable: true })
  mergedInto(@Root() { mergedIntoId }: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return mergedIntoId && loaders.visibleConversation.load(mergedIntoId);
  }

  @FieldResolver(() => [ConversationType])
  mergedConversations(@Root() conversation: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return loaders.mergedConversations.load(conversation.id);
  }

  @FieldResolver(() => TranscriptConnection)
  async timeline(
    @Root() conversation: ConversationRow,
    @Arg('kinds', () => [TranscriptEntryKind], { nullable: true, description: 'Only these kinds of lines.' })
    kinds: KindValue[] | null,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() { loaders }: ApiContext,
  ) {
    const lines = await loaders.conversationTimelines.load({ id: conversation.id, asked: { ...page, kinds } });
    const shown = lines.nodes.map(({ conversationId }) => conversationId);
    return ofConversations(await transcriptConnection(lines, loaders), shown);
  }
}
