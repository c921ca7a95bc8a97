import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import { PageForwards } from '../schema/connection.type.js';
import {
  ConversationTombstoneConnection,
  ConversationTombstoneType,
  DeleteConversationInputType,
  DeleteConversationPayload,
  DeletedConversationConnection,
  DeletedConversationType,
  RestoreConversationInputType,
  RestoreConversationPayload,
  TombstonesArgs,
} from '../schema/deleted-conversation.type.js';
import { deleteConversation, restoreConversation } from '../services/conversations/delete-conversation.js';
import {
  findDeletedConversation,
  listDeletedConversations,
  listTombstones,
  type ConversationTombstone,
  type DeletedConversation,
} from '../services/conversations/read-deleted.js';
import type { ApiContext } from './context.js';

@Resolver(() => DeletedConversationType)
export class DeletedConversationResolver {
  @Query(() => DeletedConversationConnection, {
    description:
      'The conversations that were deleted and can be restored, latest first, for administrators. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  deletedConversations(@Args(() => PageForwards) page: PageForwards, @Ctx() { call }: ApiContext) {
    return listDeletedConversations(call, page);
  }

  @Mutation(() => DeleteConversationPayload, {
    description:
      'Deletes a conversation, for administrators: it is there for nobody, can be restored for the time that the workspace has set, and what it holds is then removed for good. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for another request under a known key, and once it was restored since.',
  })
  async deleteConversation(
    @Arg('input', () => DeleteConversationInputType) input: DeleteConversationInputType,
    @Ctx() { call }: ApiContext,
  ) {
    const id = await deleteConversation(call, input);
    return { deletedConversation: (await findDeletedConversation(call, id)) ?? null };
  }

  @Mutation(() => RestoreConversationPayload, {
    description:
      'Brings a deleted conversation back as it was, for administrators. One that is not deleted stays as it is. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT when its time is over.',
  })
  async restoreConversation(
    @Arg('input', () => RestoreConversationInputType) input: RestoreConversationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await restoreConversation(call, input)) };
  }

  @FieldResolver(() => ActorType, { nullable: true })
  deletedBy(@Root() { deletedBy }: DeletedConversation, @Ctx() { loaders }: ApiContext) {
    return loaders.actor(deletedBy);
  }
}

@Resolver(() => ConversationTombstoneType)
export class ConversationTombstoneResolver {
  @Query(() => ConversationTombstoneConnection, {
    description:
      'All conversations that are deleted now, also those whose contents are removed for good, in the order of deletion: for other systems that missed the events. Errors: FORBIDDEN without the scopes EVENTS_READ and CONVERSATIONS_READ, VALIDATION_FAILED.',
  })
  conversationTombstones(
    @Args(() => TombstonesArgs) { deletedFrom, ...page }: TombstonesArgs,
    @Ctx() { call }: ApiContext,
  ) {
    return listTombstones(call, page, deletedFrom);
  }

  @FieldResolver(() => ActorType, { nullable: true })
  deletedBy(@Root() { deletedBy }: ConversationTombstone, @Ctx() { loaders }: ApiContext) {
    return loaders.actor(deletedBy);
  }
}
