import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { AttachmentType } from '../schema/attachment.type.js';
import { PageForwards } from '../schema/connection.type.js';
import { ConversationType } from '../schema/conversation.type.js';
import { MessageSearchFilterInput } from '../schema/message-search.input.js';
import { MessageSearchConnection, MessageSearchHitType } from '../schema/message-search.type.js';
import { NoteType } from '../schema/note.type.js';
import { MessageType } from '../schema/transcript.type.js';
import { searchMessages, type SearchHit } from '../services/message-search/search-messages.js';
import type { ApiContext } from './context.js';

@Resolver(() => MessageSearchHitType)
export class MessageSearchResolver {
  @Query(() => MessageSearchConnection, {
    description:
      'Messages, notes, conversations and recordings with all of these words, newest first, of what the caller may see. On the record as `search.performed`. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  searchMessages(
    @Arg('query', () => String, {
      description:
        'Words in any order, 255 characters at most; the last one may be only begun. Case and accents make no difference.',
    })
    query: string,
    @Arg('filter', () => MessageSearchFilterInput, { nullable: true, description: 'Where is searched.' })
    filter: MessageSearchFilterInput | null,
    @Args(() => PageForwards) page: PageForwards,
    @Ctx() { call }: ApiContext,
  ) {
    return searchMessages(call, query, filter ?? {}, page);
  }

  @FieldResolver(() => ConversationType)
  conversation(@Root() hit: SearchHit, @Ctx() { loaders }: ApiContext) {
    return loaders.conversation.load(hit.conversationId);
  }

  @FieldResolver(() => MessageType, { nullable: true })
  message(@Root() hit: SearchHit, @Ctx() { loaders }: ApiContext) {
    return hit.messageId && loaders.message.load(hit.messageId);
  }

  @FieldResolver(() => AttachmentType, { nullable: true })
  attachment(@Root() hit: SearchHit, @Ctx() { loaders }: ApiContext) {
    return hit.kind === 'SPEECH' ? loaders.attachment.load(hit.id) : null;
  }

  @FieldResolver(() => NoteType, { nullable: true })
  note(@Root() hit: SearchHit, @Ctx() { loaders }: ApiContext) {
    return hit.kind === 'NOTE' ? loaders.note.load(hit.id) : null;
  }
}
