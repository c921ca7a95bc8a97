import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Args,
  Ctx,
  Extensions,
  FieldResolver,
  ID,
  Info,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { PageBothWays, PageForwards } from '../schema/connection.type.js';
import {
  CreateCustomerTokenInputType,
  CreateCustomerTokenPayload,
  CustomerConversationConnection,
  CustomerConversationType,
  CustomerMessageAuthorType,
  CustomerMessageConnection,
  CustomerMessagePayload,
  CustomerMessageType,
  CustomerTranscriptChangeType,
  SendCustomerMessageInputType,
  StartConversationInputType,
} from '../schema/customer.type.js';
import type { MessageRow } from '../services/conversations/read-transcript.js';
import { createCustomerToken } from '../services/customers/create-customer-token.js';
import {
  findCustomerConversation,
  listCustomerConversations,
  type CustomerConversationRow,
} from '../services/customers/read-customer-conversations.js';
import { sendCustomerMessage, startConversation, type Written } from '../services/customers/write-customer-messages.js';
import { customerTranscriptChanges, type CustomerTranscriptChange } from '../services/streams/customer-transcript.js';
import type { ApiContext } from './context.js';
import { asksFor } from './selection.js';

const ONLY = 'FORBIDDEN for all but customers';

@Resolver(() => CustomerConversationType)
export class CustomerResolver {
  @Mutation(() => CreateCustomerTokenPayload, {
    description:
      'Makes a token by which one contact chats in one web chat. Errors: FORBIDDEN without the scope CHANNEL_INGEST; NOT_FOUND for the inbox or the contact; VALIDATION_FAILED, also for an inbox that is no web chat; CONFLICT for an inbox that was deactivated or a contact that was erased.',
  })
  createCustomerToken(
    @Arg('input', () => CreateCustomerTokenInputType) input: CreateCustomerTokenInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return createCustomerToken(call, input);
  }

  @Extensions({ customers: true })
  @Mutation(() => CustomerMessagePayload, {
    description: `Begins a conversation in the customer’s web chat. Errors: ${ONLY}; VALIDATION_FAILED, RATE_LIMITED; CONFLICT for another request under a known key.`,
  })
  async startConversation(
    @Arg('input', () => StartConversationInputType) input: StartConversationInputType,
    @Ctx() context: ApiContext,
  ) {
    return asNow(context, await startConversation(context.call, input));
  }

  @Extensions({ customers: true })
  @Mutation(() => CustomerMessagePayload, {
    description: `Says something in a conversation of the customer; one that was resolved is taken up again. Errors: ${ONLY}; NOT_FOUND, VALIDATION_FAILED, RATE_LIMITED; CONFLICT for another request under a known key.`,
  })
  async sendCustomerMessage(
    @Arg('input', () => SendCustomerMessageInputType) input: SendCustomerMessageInputType,
    @Ctx() context: ApiContext,
  ) {
    return asNow(context, await sendCustomerMessage(context.call, input));
  }

  @Extensions({ customers: true })
  @Query(() => CustomerConversationConnection, {
    description: `The customer’s own conversations in the web chat, newest first. Errors: ${ONLY}; VALIDATION_FAILED.`,
  })
  customerConversations(@Args(() => PageForwards) page: PageForwards, @Ctx() { call }: ApiContext) {
    return listCustomerConversations(call, page);
  }

  @Extensions({ customers: true })
  @Query(() => CustomerConversationType, {
    nullable: true,
    description: `One of the customer’s own conversations. Errors: ${ONLY}; NOT_FOUND.`,
  })
  customerConversation(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() { call }: ApiContext) {
    return findCustomerConversation(call, id);
  }

  @FieldResolver(() => CustomerMessageConnection, {
    description: 'What was said, in its order; the last 25 messages unless asked otherwise.',
  })
  messages(
    @Root() { id }: CustomerConversationRow,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() { loaders }: ApiContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return loaders.customerMessages.load({ id, asked: { ...page, eventCursor: asksFor('eventCursor', info) } });
  }

  @Extensions({ customers: true })
  @Subscription(() => CustomerTranscriptChangeType, {
    description: `What is said in one of the customer’s own conversations, and what becomes of it. Ends with NOT_FOUND when it is theirs no longer. Errors: ${ONLY}; NOT_FOUND, VALIDATION_FAILED, RESYNC_REQUIRED.`,
    subscribe: (({ args, context }: Source) =>
      customerTranscriptChanges(context.call, args.conversationId, args.afterEvent)) as never,
  })
  customerTranscriptChanges(
    @Root() change: CustomerTranscriptChange,
    @Arg('conversationId', () => ID, { description: 'The conversation.' }) _conversationId: string,
    @Arg('afterEvent', () => String, {
      nullable: true,
      description:
        'Go on after this event: a `cursor` of a frame, or the `eventCursor` of a page of messages. Without it the stream begins now.',
    })
    _afterEvent: string | null,
  ) {
    return change;
  }
}

interface Source {
  args: { conversationId: string; afterEvent?: string | null };
  context: ApiContext;
}

@Resolver(() => CustomerMessageType)
export class CustomerMessageResolver {
  @FieldResolver(() => CustomerMessageAuthorType)
  async author(@Root() { actorKind, actorId }: MessageRow, @Ctx() { loaders }: ApiContext) {
    if (actorKind === 'CONTACT') return { kind: 'CUSTOMER', displayName: null };
    if (actorKind !== 'AGENT' && actorKind !== 'BOT') return { kind: 'TEAM', displayName: null };
    const row = await (actorKind === 'AGENT' ? loaders.agent : loaders.bot).load(actorId);
    return { kind: actorKind, displayName: row?.displayName ?? null };
  }

  @FieldResolver()
  sentAt(@Root() { occurredAt }: MessageRow): Date {
    return occurredAt;
  }
}

const asNow = async ({ call, loaders }: ApiContext, { conversationId, messageId }: Written) => ({
  message: await loaders.message.load(messageId),
  conversation: await findCustomerConversation(call, conversationId),
});
