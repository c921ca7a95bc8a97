import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { ConversationType } from '../schema/conversation.type.js';
import { ReceiveMessagePayload, UpdateDeliveryPayload } from '../schema/payloads.type.js';
import { MessageType } from '../schema/transcript.type.js';
import type { ApiContext } from './context.js';
import type { Loaders } from './loaders.js';

/** A message that a channel has delivered, or reported of. */
interface Named {
  messageId: string;
  conversationId: string;
}

/** A channel's key delivers; what is said in the conversation is shown to those who may read it, where they ask for it. */
async function visibleMessage({ conversationId, messageId }: Named, loaders: Loaders) {
  const [conversation, message] = await Promise.all([
    loaders.visibleConversation.load(conversationId),
    loaders.message.load(messageId),
  ]);
  return conversation && message;
}

@Resolver(() => ReceiveMessagePayload)
export class ReceivedMessageResolver {
  @FieldResolver(() => MessageType, { nullable: true })
  message(@Root() received: Named, @Ctx() { loaders }: ApiContext) {
    return visibleMessage(received, loaders);
  }

  @FieldResolver(() => ConversationType, { nullable: true })
  conversation(@Root() { conversationId }: Named, @Ctx() { loaders }: ApiContext) {
    return loaders.visibleConversation.load(conversationId);
  }
}

@Resolver(() => UpdateDeliveryPayload)
export class UpdatedDeliveryResolver {
  @FieldResolver(() => MessageType, { nullable: true })
  message(@Root() reported: Named, @Ctx() { loaders }: ApiContext) {
    return visibleMessage(reported, loaders);
  }
}
