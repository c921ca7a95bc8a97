import { Arg, Ctx, FieldResolver, Resolver, Root, Subscription } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import { NotificationEventType } from '../schema/notification.type.js';
import { notificationEvents, type NotificationEvent } from '../services/streams/notification-events.js';
import type { ApiContext } from './context.js';

@Resolver(() => NotificationEventType)
export class NotificationResolver {
  @Subscription(() => NotificationEventType, {
    description:
      'What others do that asks for the viewer’s attention, read from the record: a client that comes back with its cursor misses nothing. Errors: FORBIDDEN for all but agents who see conversations, VALIDATION_FAILED, RESYNC_REQUIRED.',
    subscribe: (({ args, context }: { args: { afterEvent?: string | null }; context: ApiContext }) =>
      notificationEvents(context.call, args.afterEvent)) as never,
  })
  notificationEvents(
    @Root() event: NotificationEvent,
    @Arg('afterEvent', () => String, {
      nullable: true,
      description:
        'Go on after this event: a `cursor` of a frame, or the `eventCursor` of a list. Without it the stream begins now.',
    })
    _afterEvent: string | null,
  ) {
    return event;
  }

  @FieldResolver(() => ActorType, { nullable: true })
  actor(@Root() { actor }: NotificationEvent, @Ctx() { loaders }: ApiContext) {
    return actor && loaders.actor(actor);
  }
}
