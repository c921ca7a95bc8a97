import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import { AuditEventFilterInput } from '../schema/audit-event.input.js';
import { AuditEventDeliveryType } from '../schema/audit-event.type.js';
import { ConversationFilterInput } from '../schema/conversation.input.js';
import { ContactType } from '../schema/contact.type.js';
import { ConversationChangeType, ConversationType } from '../schema/conversation.type.js';
import { HandoverFilterInput } from '../schema/handover.input.js';
import { HandoverChangeType, HandoverType } from '../schema/handover.type.js';
import { AgentType } from '../schema/people.type.js';
import { PresenceChangeType, SetTypingInputType, SetTypingPayload, TypingStateType } from '../schema/presence.type.js';
import { TranscriptEntryType } from '../schema/transcript-entry.type.js';
import { MessageType, TranscriptChangeType } from '../schema/transcript.type.js';
import { WorkspaceEventConnection, WorkspaceEventType } from '../schema/workspace-event.type.js';
import { canReadContacts } from '../services/policy.js';
import { auditEventStream, type AuditEventDelivery } from '../services/streams/audit-event-stream.js';
import { conversationChanges, type ConversationChange } from '../services/streams/conversation-changes.js';
import { handoverChanges, type HandoverChange } from '../services/streams/handover-changes.js';
import { presenceChanges, type PresenceChange } from '../services/streams/presence-changes.js';
import { transcriptChanges, type TranscriptChange } from '../services/streams/transcript-changes.js';
import { setTyping, typingIn, type TypingState } from '../services/streams/typing.js';
import {
  listWorkspaceEvents,
  workspaceEventStream,
  type WorkspaceEvent,
} from '../services/streams/workspace-events.js';
import type { ApiContext } from './context.js';
import { transcriptEntry } from './transcript.resolver.js';

interface StreamArgs<F> {
  filter?: F | null;
  afterEvent?: string | null;
}
interface Source<F> {
  args: StreamArgs<F>;
  context: ApiContext;
}

const AFTER =
  'Go on after this event: a `cursor` of a frame, or the `eventCursor` of a list. Without it the stream begins now.';
const ERRORS = 'Errors: FORBIDDEN, VALIDATION_FAILED, RESYNC_REQUIRED.';

@Resolver(() => ConversationChangeType)
export class ConversationChangesResolver {
  @Subscription(() => ConversationChangeType, {
    description: `The conversations that the caller may see and that pass the filter, as they change. ${ERRORS}`,
    subscribe: (({ args, context }: Source<ConversationFilterInput>) =>
      conversationChanges(context.call, args.filter ?? {}, args.afterEvent)) as never,
  })
  conversationChanges(
    @Root() change: ConversationChange,
    @Arg('filter', () => ConversationFilterInput, { nullable: true, description: 'Which conversations.' })
    _filter: ConversationFilterInput | null,
    @Arg('afterEvent', () => String, { nullable: true, description: AFTER }) _afterEvent: string | null,
  ) {
    return change;
  }

  @FieldResolver(() => ActorType, { nullable: true })
  actor(@Root() change: ConversationChange, @Ctx() { loaders }: ApiContext) {
    return change.actor && loaders.actor(change.actor);
  }
}

@Resolver(() => HandoverChangeType)
export class HandoverChangesResolver {
  @Subscription(() => HandoverChangeType, {
    description: `The handovers that the caller may see and that pass the filter, as they are requested and settled. ${ERRORS}`,
    subscribe: (({ args, context }: Source<HandoverFilterInput>) =>
      handoverChanges(context.call, args.filter ?? {}, args.afterEvent)) as never,
  })
  handoverChanges(
    @Root() change: HandoverChange,
    @Arg('filter', () => HandoverFilterInput, { nullable: true, description: 'Which handovers.' })
    _filter: HandoverFilterInput | null,
    @Arg('afterEvent', () => String, { nullable: true, description: AFTER }) _afterEvent: string | null,
  ) {
    return change;
  }

  @FieldResolver(() => ActorType, { nullable: true })
  actor(@Root() change: HandoverChange, @Ctx() { loaders }: ApiContext) {
    return change.actor && loaders.actor(change.actor);
  }
}

@Resolver(() => AuditEventDeliveryType)
export class AuditEventStreamResolver {
  @Subscription(() => AuditEventDeliveryType, {
    description: `The part of the record that the caller may read, event by event, as it is written. ${ERRORS}`,
    subscribe: (({ args, context }: Source<AuditEventFilterInput>) =>
      auditEventStream(context.call, args.filter ?? {}, args.afterEvent)) as never,
  })
  auditEvents(
    @Root() delivery: AuditEventDelivery,
    @Arg('filter', () => AuditEventFilterInput, { nullable: true, description: 'Which events.' })
    _filter: AuditEventFilterInput | null,
    @Arg('afterEvent', () => String, { nullable: true, description: AFTER }) _afterEvent: string | null,
  ) {
    return delivery;
  }
}

@Resolver(() => TranscriptChangeType)
export class TranscriptChangesResolver {
  @Subscription(() => TranscriptChangeType, {
    description:
      'The transcript of one conversation, line by line as it is written and changed. Ends with NOT_FOUND when the caller may no longer see it. Errors: NOT_FOUND, VALIDATION_FAILED, RESYNC_REQUIRED.',
    subscribe: (({
      args,
      context,
    }: {
      args: { conversationId: string; afterEvent?: string | null };
      context: ApiContext;
    }) => transcriptChanges(context.call, args.conversationId, args.afterEvent)) as never,
  })
  transcriptChanges(
    @Root() change: TranscriptChange,
    @Arg('conversationId', () => ID, { description: 'The conversation.' }) _conversationId: string,
    @Arg('afterEvent', () => String, { nullable: true, description: AFTER }) _afterEvent: string | null,
  ) {
    return change;
  }

  @FieldResolver(() => TranscriptEntryType as never, { nullable: true })
  entry(@Root() change: TranscriptChange, @Ctx() { loaders }: ApiContext) {
    return change.entry && transcriptEntry(change.entry, loaders);
  }
}

@Resolver(() => WorkspaceEventType)
export class WorkspaceEventsResolver {
  @Query(() => WorkspaceEventConnection, {
    description:
      'The feed that other systems sync from, in the order and with the cursors of the subscription, oldest first. A page may be short while there is more. Errors: FORBIDDEN without the scope EVENTS_READ, VALIDATION_FAILED, RESYNC_REQUIRED.',
  })
  workspaceEvents(
    @Arg('afterEvent', () => String, {
      nullable: true,
      description: 'Go on after this event; from the beginning unless given.',
    })
    afterEvent: string | null,
    @Arg('first', () => Int, { nullable: true, description: 'How many events, 1 to 100; 25 unless given.' })
    first: number | null,
    @Arg('actions', () => [String], { nullable: true, description: 'Only these actions.' }) actions: string[] | null,
    @Ctx() context: ApiContext,
  ) {
    return listWorkspaceEvents(context.call, { afterEvent, first, actions });
  }

  @Subscription(() => WorkspaceEventType, {
    name: 'workspaceEvents',
    description:
      'The feed that other systems sync from, as it happens. Errors: FORBIDDEN without the scope EVENTS_READ, VALIDATION_FAILED, RESYNC_REQUIRED.',
    subscribe: (({
      args,
      context,
    }: {
      args: { afterEvent?: string | null; actions?: string[] | null };
      context: ApiContext;
    }) => workspaceEventStream(context.call, args.actions, args.afterEvent)) as never,
  })
  workspaceEventStream(
    @Root() event: WorkspaceEvent,
    @Arg('afterEvent', () => String, { nullable: true, description: AFTER }) _afterEvent: string | null,
    @Arg('actions', () => [String], { nullable: true, description: 'Only these actions.' }) _actions: string[] | null,
  ) {
    return event;
  }

  @FieldResolver(() => ActorType, { nullable: true })
  actor(@Root() { actor }: WorkspaceEvent, @Ctx() { call, loaders }: ApiContext) {
    return actor && (actor.kind !== 'CONTACT' || canReadContacts(call.principal)) ? loaders.actor(actor) : null;
  }

  @FieldResolver(() => ConversationType, { nullable: true })
  conversation(@Root() { conversationId }: WorkspaceEvent, @Ctx() { loaders }: ApiContext) {
    return conversationId && loaders.visibleConversation.load(conversationId);
  }

  @FieldResolver(() => MessageType, { nullable: true })
  async message(@Root() { conversationId, messageId }: WorkspaceEvent, @Ctx() { loaders }: ApiContext) {
    // Of a deleted conversation there is nothing to be synced.
    const isThere = messageId && conversationId && (await loaders.conversation.load(conversationId));
    return isThere ? loaders.message.load(messageId) : null;
  }

  @FieldResolver(() => ContactType, { nullable: true })
  contact(@Root() { contactId }: WorkspaceEvent, @Ctx() { loaders }: ApiContext) {
    return contactId && loaders.contact.load(contactId);
  }

  @FieldResolver(() => HandoverType, { nullable: true })
  async handover(@Root() { conversationId, handoverId }: WorkspaceEvent, @Ctx() { loaders }: ApiContext) {
    const isThere = handoverId && conversationId && (await loaders.conversation.load(conversationId));
    return isThere ? loaders.handover.load(handoverId) : null;
  }
}

@Resolver(() => PresenceChangeType)
export class PresenceChangesResolver {
  @Subscription(() => PresenceChangeType, {
    description: 'Who comes, goes, is away or busy. State, not history: there is no cursor. Errors: FORBIDDEN.',
    subscribe: (({ args, context }: { args: { teamIds?: string[] | null }; context: ApiContext }) =>
      presenceChanges(context.call, args.teamIds)) as never,
  })
  presenceChanges(
    @Root() change: PresenceChange,
    @Arg('teamIds', () => [ID], { nullable: true, description: 'Only members of these teams.' })
    _teamIds: string[] | null,
  ) {
    return change;
  }

  @FieldResolver(() => AgentType)
  agent(@Root() change: PresenceChange, @Ctx() { loaders }: ApiContext) {
    return loaders.agent.load(change.agentId);
  }
}

@Resolver(() => TypingStateType)
export class TypingResolver {
  @Mutation(() => SetTypingPayload, {
    description:
      'Tells who has the conversation open what the viewer does in it. Nothing is written. Errors: NOT_FOUND, FORBIDDEN for keys and bots.',
  })
  async setTyping(@Arg('input', () => SetTypingInputType) input: SetTypingInputType, @Ctx() { call }: ApiContext) {
    return { expiresAt: await setTyping(call, input as Parameters<typeof setTyping>[1]) };
  }

  @Subscription(() => TypingStateType, {
    description:
      'Who views or types in a conversation. State, not history: some may be missed. Errors: NOT_FOUND, FORBIDDEN, RESYNC_REQUIRED.',
    subscribe: (({ args, context }: { args: { conversationId: string }; context: ApiContext }) =>
      typingIn(context.call, args.conversationId)) as never,
  })
  typing(
    @Root() state: TypingState,
    @Arg('conversationId', () => ID, { description: 'The conversation.' }) _conversationId: string,
  ) {
    return state;
  }

  @FieldResolver(() => ActorType, { nullable: true })
  actor(@Root() state: TypingState, @Ctx() { loaders }: ApiContext) {
    return loaders.actor(state.actor);
  }
}
