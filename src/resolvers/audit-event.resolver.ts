import { Arg, Args, Ctx, Extensions, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import {
  AnnotateEventInputType,
  AuditEventFilterInput,
  RecordCustomEventInputType,
} from '../schema/audit-event.input.js';
import {
  AuditActionType,
  AuditAnnotationType,
  AuditEventConnection,
  AuditEventType,
  AuditPartyType,
} from '../schema/audit-event.type.js';
import { PageBothWays } from '../schema/connection.type.js';
import { ConversationType } from '../schema/conversation.type.js';
import { AuditEventOrder } from '../schema/enums.js';
import { AnnotateEventPayload, RecordCustomEventPayload } from '../schema/payloads.type.js';
import { TeamType } from '../schema/people.type.js';
import { annotateEvent } from '../services/record/annotate-event.js';
import { recordCustomEvent } from '../services/record/record-custom-event.js';
import { actions } from '../services/record/actions.js';
import type { AuditEventRow, AuditParty } from '../services/record/history.js';
import { findEvent, listEvents } from '../services/record/list-events.js';
import { canReadDirectory } from '../services/policy.js';
import type { ApiContext } from './context.js';

@Resolver(() => AuditEventType)
export class AuditEventResolver {
  @Extensions({ reveals: 'record' })
  @Query(() => AuditEventConnection, {
    description:
      'The part of the record that the caller may read: own actions, the supervised teams’, or all. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  auditEvents(
    @Arg('filter', () => AuditEventFilterInput, { nullable: true, description: 'Which events.' })
    filter: AuditEventFilterInput | null,
    @Arg('orderBy', () => AuditEventOrder, {
      nullable: true,
      defaultValue: 'RECORDED_DESC',
      description: 'In which order.',
    })
    orderBy: 'RECORDED_DESC' | 'RECORDED_ASC' | null,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() context: ApiContext,
  ) {
    return listEvents(context.call, filter ?? {}, orderBy ?? 'RECORDED_DESC', page);
  }

  @Extensions({ reveals: 'record' })
  @Query(() => AuditEventType, {
    nullable: true,
    description: 'One event. Errors: NOT_FOUND, also where the caller may not read it.',
  })
  auditEvent(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() context: ApiContext) {
    return findEvent(context.call, id);
  }

  @Query(() => [AuditActionType], {
    description: 'Every action that can be recorded, but for those that integrators name. Errors: UNAUTHENTICATED.',
  })
  auditActions(@Ctx() context: ApiContext): AuditActionType[] {
    // Asked for its refusal of callers who have not signed in.
    void context.call;
    return Object.entries(actions).map(([name, { category, severity, description }]) => ({
      name,
      category,
      severity,
      description,
    }));
  }

  @Mutation(() => AnnotateEventPayload, {
    description:
      'Writes a remark on an event that the caller reads. Errors: NOT_FOUND, also where they may not read it, VALIDATION_FAILED, CONFLICT.',
  })
  async annotateEvent(
    @Arg('input', () => AnnotateEventInputType) input: AnnotateEventInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return { annotation: await annotateEvent(call, input) };
  }

  @Mutation(() => RecordCustomEventPayload, {
    description:
      'Records what happened in another system. For API keys with CONVERSATIONS_WRITE or ADMIN, and administrators. Errors: FORBIDDEN, NOT_FOUND for the conversation or contact, VALIDATION_FAILED, CONFLICT.',
  })
  async recordCustomEvent(
    @Arg('input', () => RecordCustomEventInputType) input: RecordCustomEventInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return { eventId: await recordCustomEvent(call, input) };
  }

  @FieldResolver(() => AuditEventType, { nullable: true })
  causation(@Root() event: AuditEventRow, @Ctx() { loaders }: ApiContext) {
    return event.causationId && loaders.readableEvent.load(event.causationId);
  }

  @FieldResolver(() => [AuditEventType])
  async related(@Root() event: AuditEventRow, @Ctx() { loaders }: ApiContext) {
    const events = event.requestId ? await loaders.eventsOfRequest.load(event.requestId) : [];
    return events.filter(({ id }) => id !== event.id).slice(0, 100);
  }

  @FieldResolver(() => [AuditAnnotationType])
  annotations(@Root() event: AuditEventRow, @Ctx() { loaders }: ApiContext) {
    return loaders.annotations.load(event.id);
  }

  @FieldResolver(() => ConversationType, { nullable: true })
  conversation(@Root() event: AuditEventRow, @Ctx() { loaders }: ApiContext) {
    return event.conversationId && loaders.visibleConversation.load(event.conversationId);
  }

  @FieldResolver(() => TeamType, { nullable: true })
  team(@Root() event: AuditEventRow, @Ctx() { loaders }: ApiContext) {
    return event.teamId && loaders.team.load(event.teamId);
  }
}

@Resolver(() => AuditPartyType)
export class AuditPartyResolver {
  /** A contact's profile belongs to who may see their conversations; the record alone shows what they were called. */
  @FieldResolver(() => ActorType, { nullable: true })
  actor(@Root() party: AuditParty, @Ctx() { call, loaders }: ApiContext) {
    return party.kind === 'CONTACT' || !canReadDirectory(call.principal) ? null : loaders.actor(party);
  }
}
