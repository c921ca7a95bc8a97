import { Arg, Ctx, FieldResolver, Resolver, Root, Subscription } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import { AuditEventFilterInput } from '../schema/audit-event.input.js';
import { AuditEventDeliveryType } from '../schema/audit-event.type.js';
import { ConversationFilterInput } from '../schema/conversation.input.js';
import { ConversationChangeType } from '../schema/conversation.type.js';
import { HandoverFilterInput } from '../schema/handover.input.js';
import { HandoverChangeType } from '../schema/handover.type.js';
import { auditEventStream, type AuditEventDelivery } from '../services/streams/audit-event-stream.js';
import { conversationChanges, type ConversationChange } from '../services/streams/conversation-changes.js';
import { handoverChanges, type HandoverChange } from '../services/streams/handover-changes.js';
import type { ApiContext } from './context.js';

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
