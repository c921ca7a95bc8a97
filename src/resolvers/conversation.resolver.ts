import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, ID, Info, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ConversationOrder as OrderValue } from '../services/conversations/read-conversations.js';
import { ActorType } from '../schema/actor.type.js';
import { AuditEventConnection } from '../schema/audit-event.type.js';
import { PageBothWays, PageForwards } from '../schema/connection.type.js';
import { ContactType } from '../schema/contact.type.js';
import {
  AssignConversationInputType,
  ConversationFilterInput,
  SetConversationStatusInputType,
} from '../schema/conversation.input.js';
import { ConversationConnection, ConversationType, ConversationViewerStateType } from '../schema/conversation.type.js';
import { LabelType } from '../schema/label.type.js';
import { NoteConnection } from '../schema/note.type.js';
import { ConversationOrder, TranscriptEntryKind } from '../schema/enums.js';
import { HandoverConnection, HandoverType } from '../schema/handover.type.js';
import { AssignConversationPayload, SetConversationStatusPayload } from '../schema/payloads.type.js';
import { AgentType, InboxType, TeamType } from '../schema/people.type.js';
import { MessageConnection, MessageType, TranscriptConnection } from '../schema/transcript.type.js';
import type { TranscriptEntryKind as KindValue } from '../entities/enums.js';
import { assignConversation } from '../services/conversations/assign-conversation.js';
import {
  listConversations,
  readConversation,
  readConversationByExternalId,
  readConversationByNumber,
  type ConversationRow,
} from '../services/conversations/read-conversations.js';
import { readMessages, readNotes, readTranscript } from '../services/conversations/read-transcript.js';
import { listEvents } from '../services/record/list-events.js';
import { setConversationStatus } from '../services/conversations/set-status.js';
import { listHandovers } from '../services/handovers/read-handovers.js';
import type { ApiContext } from './context.js';
import { askedOf } from './selection.js';
import { transcriptConnection } from './transcript.resolver.js';

const NOT_FOUND = 'Errors: NOT_FOUND, also where the caller may not see it.';

@Resolver(() => ConversationType)
export class ConversationResolver {
  @Query(() => ConversationConnection, {
    description: 'The conversations that the caller may see. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  conversations(
    @Arg('filter', () => ConversationFilterInput, { nullable: true, description: 'Which conversations.' })
    filter: ConversationFilterInput | null,
    @Arg('orderBy', () => ConversationOrder, {
      nullable: true,
      defaultValue: 'LAST_ACTIVITY_DESC',
      description: 'In which order.',
    })
    orderBy: OrderValue | null,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() context: ApiContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return listConversations(context.call, filter ?? {}, orderBy ?? 'LAST_ACTIVITY_DESC', page, askedOf(info));
  }

  @Query(() => ConversationType, { nullable: true, description: `One conversation. ${NOT_FOUND}` })
  conversation(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() context: ApiContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return readConversation(context.call, id, askedOf(info));
  }

  @Query(() => ConversationType, {
    nullable: true,
    description: `The conversation that people call #number. ${NOT_FOUND}`,
  })
  conversationByNumber(
    @Arg('number', () => Int, { description: 'Its number, without the #.' }) number: number,
    @Ctx() context: ApiContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return readConversationByNumber(context.call, number, askedOf(info));
  }

  @Query(() => ConversationType, {
    nullable: true,
    description: `The conversation that another system knows under this id. ${NOT_FOUND}`,
  })
  conversationByExternalId(
    @Arg('externalId', () => String, { description: 'Its external id.' }) externalId: string,
    @Ctx() context: ApiContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return readConversationByExternalId(context.call, externalId, askedOf(info));
  }

  @Mutation(() => AssignConversationPayload, {
    description:
      'Gives a conversation to an agent, a team, both or nobody. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async assignConversation(
    @Arg('input', () => AssignConversationInputType) input: AssignConversationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await assignConversation(call, input)) };
  }

  @Mutation(() => SetConversationStatusPayload, {
    description:
      'Moves a conversation to another status; resolving withdraws an open handover. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async setConversationStatus(
    @Arg('input', () => SetConversationStatusInputType) input: SetConversationStatusInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { conversation: await loaders.conversation.load(await setConversationStatus(call, input)) };
  }

  @FieldResolver(() => [LabelType])
  labels(@Root() conversation: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return loaders.conversationLabels.load(conversation.id);
  }

  @FieldResolver(() => ConversationViewerStateType)
  viewerState(@Root() conversation: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return loaders.viewerState.load(conversation.id);
  }

  @FieldResolver(() => Int, { nullable: true })
  firstResponseSeconds(@Root() conversation: ConversationRow): number | null {
    const { firstResponseAt, createdAt } = conversation;
    return firstResponseAt && Math.floor((firstResponseAt.getTime() - createdAt.getTime()) / 1000);
  }

  @FieldResolver(() => NoteConnection)
  notes(
    @Root() conversation: ConversationRow,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() { call }: ApiContext,
  ) {
    return readNotes(call, conversation.id, page);
  }

  @FieldResolver(() => InboxType)
  inbox(@Root() conversation: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return loaders.inbox.load(conversation.inboxId);
  }

  @FieldResolver(() => ContactType)
  contact(@Root() conversation: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return loaders.contact.load(conversation.contactId);
  }

  @FieldResolver(() => AgentType, { nullable: true })
  assignee(@Root() conversation: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return conversation.assigneeId && loaders.agent.load(conversation.assigneeId);
  }

  @FieldResolver(() => TeamType, { nullable: true })
  team(@Root() conversation: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return conversation.teamId && loaders.team.load(conversation.teamId);
  }

  @FieldResolver(() => [ActorType])
  async participants(@Root() { id, contactId }: ConversationRow, @Ctx() { loaders }: ApiContext) {
    const others = await loaders.participants.load(id);
    const contact = { kind: 'CONTACT' as const, id: contactId };
    const actors = await Promise.all([contact, ...others].map((one) => loaders.actor(one)));
    return actors.filter((actor) => actor !== null);
  }

  @FieldResolver(() => MessageType, { nullable: true })
  lastMessage(@Root() conversation: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return conversation.lastMessageId && loaders.message.load(conversation.lastMessageId);
  }

  @FieldResolver(() => HandoverType, { nullable: true })
  openHandover(@Root() conversation: ConversationRow, @Ctx() { loaders }: ApiContext) {
    return conversation.openHandoverId && loaders.handover.load(conversation.openHandoverId);
  }

  @FieldResolver(() => MessageConnection)
  messages(
    @Root() conversation: ConversationRow,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() { call }: ApiContext,
  ) {
    return readMessages(call, conversation.id, page);
  }

  @FieldResolver(() => HandoverConnection)
  handovers(
    @Root() conversation: ConversationRow,
    @Args(() => PageForwards) page: PageForwards,
    @Ctx() { call }: ApiContext,
  ) {
    return listHandovers(call, { conversationId: conversation.id }, page);
  }

  @FieldResolver(() => AuditEventConnection)
  auditTrail(
    @Root() conversation: ConversationRow,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() { call }: ApiContext,
  ) {
    return listEvents(call, { conversationId: conversation.id }, 'RECORDED_DESC', page);
  }

  @FieldResolver(() => TranscriptConnection)
  async transcript(
    @Root() conversation: ConversationRow,
    @Arg('kinds', () => [TranscriptEntryKind], { nullable: true, description: 'Only these kinds of lines.' }) kinds:
      | KindValue[]
      | null,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return transcriptConnection(await readTranscript(call, conversation.id, kinds, page), loaders);
  }
}
