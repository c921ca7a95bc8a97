import { Field, ID, ObjectType } from 'type-graphql';
import type { NotificationKind as KindValue } from '../entities/stream-enums.js';
import { ActorType } from './actor.type.js';
import { ConversationType } from './conversation.type.js';
import { NotificationKind } from './enums.js';
import { HandoverType } from './handover.type.js';
import { DateTime } from './scalars.js';

@ObjectType('NotificationEvent', {
  simpleResolvers: true,
  description:
    'One frame of `notificationEvents`: something that others did and that asks for the viewer’s attention. All but the cursor is null when only the cursor moved.',
})
export class NotificationEventType {
  @Field(() => String, { description: 'Subscribe with this as `afterEvent` to go on after this frame.' })
  cursor!: string;
  @Field(() => ID, { nullable: true, description: 'The event’s id in the record: the same when it comes again.' })
  id!: string | null;
  @Field(() => NotificationKind, { nullable: true, description: 'What happened.' })
  kind!: KindValue | null;
  @Field(() => DateTime, { nullable: true, description: 'When it happened.' })
  occurredAt!: Date | null;
  @Field(() => ActorType, { nullable: true, description: 'Who did it.' })
  actor!: ActorType | null;
  @Field(() => ID, { nullable: true, description: 'The conversation that it is about.' })
  conversationId!: string | null;
  @Field(() => ConversationType, {
    nullable: true,
    description: 'The conversation, as it is now; null where you do not see it any more.',
  })
  conversation!: ConversationType | null;
  @Field(() => ID, {
    nullable: true,
    description: 'The message or the note that it is about, a line of the transcript; null for the others.',
  })
  entryId!: string | null;
  @Field(() => HandoverType, { nullable: true, description: 'The handover that it is about, as it is now.' })
  handover!: HandoverType | null;
}
