import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { DeliveryStatus as StatusValue, ReportedStatus as ReportedValue } from '../entities/enums.js';
import type { Message } from '../entities/message.js';
import type { RowOf } from '../entities/row.js';
import { DeliveryStatus, ReportedStatus } from './enums.js';
import { DateTime } from './scalars.js';

@ObjectType('Delivery', {
  simpleResolvers: true,
  description:
    'What became of a message on its way. Times are those of its channel; a state that was not reported has none.',
})
export class DeliveryType implements Pick<
  RowOf<Message>,
  'sentAt' | 'deliveredAt' | 'readAt' | 'failedAt' | 'failureReason'
> {
  @Field(() => DeliveryStatus, { description: 'Where it is now.' })
  status!: StatusValue;
  @Field(() => DateTime, { nullable: true, description: 'When its channel sent it on its way.' })
  sentAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it arrived.' })
  deliveredAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When the customer read it.' })
  readAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When delivering it failed.' })
  failedAt!: Date | null;
  @Field(() => String, {
    nullable: true,
    description: 'Why it failed, as its channel says; gone once it has arrived after all.',
  })
  failureReason!: string | null;
}

@InputType('UpdateDeliveryInput', {
  description: 'What a channel reports of a message, which it names by `messageId`, or by `inboxId` and `externalId`.',
})
export class UpdateDeliveryInputType {
  @Field(() => ID, { nullable: true, description: 'The message.' })
  messageId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The inbox of the message; needed with `externalId` alone.' })
  inboxId?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'The channel’s own id of the message, unique in the inbox; 255 characters at most. Given with `messageId` it is learnt, once.',
  })
  externalId?: string | null;
  @Field(() => ReportedStatus, { description: 'What has become of it.' })
  status!: ReportedValue;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When, as the channel says; now unless given, never in the future.',
  })
  at?: Date | null;
  @Field(() => String, { nullable: true, description: 'Why it failed, 500 characters at most; only with FAILED.' })
  failureReason?: string | null;
}
