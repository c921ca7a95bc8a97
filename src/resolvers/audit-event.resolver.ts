import { Arg, Args, Ctx, Extensions, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import { AuditEventFilterInput } from '../schema/audit-event.input.js';
import { AuditActionType, AuditEventConnection, AuditEventType, AuditPartyType } from '../schema/audit-event.type.js';
import { PageBothWays } from '../schema/connection.type.js';
import { ConversationType } from '../schema/conversation.type.js';
import { AuditEventOrder } from '../schema/enums.js';
import { TeamType } from '../schema/people.type.js';
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

  @Query(() => [AuditActionType], { description: 'Every action that can be recorded. Errors: UNAUTHENTICATED.' })
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
