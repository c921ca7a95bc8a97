import { Field, ID, InputType } from 'type-graphql';
import type {
  ActorKind as ActorKindValue,
  Channel as ChannelValue,
  SearchHitKind as KindValue,
} from '../entities/enums.js';
import { ActorKind, Channel, SearchHitKind } from './enums.js';
import { DateTime } from './scalars.js';

@InputType('MessageSearchFilter', {
  description:
    'Where is searched. What is left out leaves that side open; all that is given must hold. Lists hold 250 entries at most.',
})
export class MessageSearchFilterInput {
  @Field(() => [SearchHitKind], { nullable: true, description: 'Only these kinds of hits.' })
  kinds?: KindValue[] | null;
  @Field(() => ID, { nullable: true, description: 'In this conversation.' })
  conversationId?: string | null;
  @Field(() => ID, { nullable: true, description: 'In conversations with this contact.' })
  contactId?: string | null;
  @Field(() => [ID], { nullable: true, description: 'In conversations of any of these inboxes.' })
  inboxIds?: string[] | null;
  @Field(() => [Channel], { nullable: true, description: 'In conversations of any of these channels.' })
  channels?: ChannelValue[] | null;
  @Field(() => [ID], { nullable: true, description: 'In conversations that have any of these labels.' })
  labelIds?: string[] | null;
  @Field(() => [ActorKind], { nullable: true, description: 'Written by any of these kinds of actors.' })
  senderKinds?: ActorKindValue[] | null;
  @Field(() => [ID], { nullable: true, description: 'Written by any of these.' })
  senderIds?: string[] | null;
  @Field(() => Boolean, {
    nullable: true,
    description: 'Messages that were sent with files, and recordings; with false everything else.',
  })
  hasAttachment?: boolean | null;
  @Field(() => DateTime, { nullable: true, description: 'Written at or after; of a conversation, opened.' })
  from?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Written before; of a conversation, opened.' })
  to?: Date | null;
}
