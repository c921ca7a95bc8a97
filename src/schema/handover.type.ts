import { Field, ID, Int, ObjectType } from 'type-graphql';
import type {
  HandoverKind as KindValue,
  HandoverReason as ReasonValue,
  HandoverStatus as StatusValue,
} from '../entities/enums.js';
import type { Handover } from '../entities/handover.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { connectionOf } from './connection.type.js';
import { ConversationType } from './conversation.type.js';
import { ChangeType, HandoverKind, HandoverReason, HandoverStatus } from './enums.js';
import { BotType } from './bot.type.js';
import { AgentType, TeamType } from './people.type.js';
import { DateTime } from './scalars.js';

type Columns =
  | 'id'
  | 'kind'
  | 'status'
  | 'reason'
  | 'comment'
  | 'summary'
  | 'settlementReason'
  | 'unattended'
  | 'batchId'
  | 'requestedAt'
  | 'expiresAt'
  | 'settledAt';

@ObjectType('Handover', {
  simpleResolvers: true,
  description: 'A conversation is offered to an agent, a team or a bot, and taken or not.',
})
export class HandoverType implements Pick<RowOf<Handover>, Columns> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => ConversationType, { description: 'What is handed over.' })
  conversation!: ConversationType;
  @Field(() => HandoverKind, { description: 'Who it is offered to.' })
  kind!: KindValue;
  @Field(() => HandoverStatus, { description: 'Where it stands; all but REQUESTED are final.' })
  status!: StatusValue;
  @Field(() => HandoverReason, { description: 'Why.' })
  reason!: ReasonValue;
  @Field(() => String, { nullable: true, description: 'Why, in the requester’s own words.' })
  comment!: string | null;
  @Field(() => String, { nullable: true, description: 'What the receiver needs to know to go on.' })
  summary!: string | null;
  @Field(() => ActorType, { description: 'Who asked.' })
  from!: ActorType;
  @Field(() => AgentType, { nullable: true, description: 'The agent that it is offered to.' })
  toAgent!: AgentType | null;
  @Field(() => TeamType, { nullable: true, description: 'The team that it is offered to.' })
  toTeam!: TeamType | null;
  @Field(() => BotType, { nullable: true, description: 'The bot that has got it.' })
  toBot!: BotType | null;
  @Field(() => ActorType, { nullable: true, description: 'Who took it.' })
  acceptedBy!: ActorType | null;
  @Field(() => ActorType, { nullable: true, description: 'Who ended it, in whatever way.' })
  settledBy!: ActorType | null;
  @Field(() => String, { nullable: true, description: 'Why it was accepted, declined or cancelled, as they said.' })
  settlementReason!: string | null;
  @Field(() => Boolean, { description: 'Nobody of those it was offered to was online when it was requested.' })
  unattended!: boolean;
  @Field(() => ID, {
    nullable: true,
    description: 'The shift that it was handed over with, shared by all of its handovers.',
  })
  batchId!: string | null;
  @Field(() => DateTime, { description: 'When it was requested.' })
  requestedAt!: Date;
  @Field(() => DateTime, { description: 'Until when it can be accepted.' })
  expiresAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was settled.' })
  settledAt!: Date | null;
  @Field(() => Int, { description: 'How long it waited, or has waited until now, in seconds.' })
  waitSeconds!: number;
}

export const HandoverConnection = connectionOf(HandoverType, 'Handover', { streamable: true });

@ObjectType('HandoverChange', { simpleResolvers: true, description: 'One frame of `handoverChanges`.' })
export class HandoverChangeType {
  @Field(() => ChangeType, { description: 'What the frame says.' })
  changeType!: string;
  @Field(() => ID, { nullable: true, description: 'The handover; null for CURSOR.' })
  handoverId!: string | null;
  @Field(() => HandoverType, { nullable: true, description: 'As it is now; null for REMOVED and CURSOR.' })
  handover!: HandoverType | null;
  @Field(() => String, { nullable: true, description: 'The action, as in `auditActions`.' })
  action!: string | null;
  @Field(() => ActorType, { nullable: true, description: 'Who did it.' })
  actor!: ActorType | null;
  @Field(() => String, { description: 'Subscribe with this as `afterEvent` to go on after this frame.' })
  cursor!: string;
  @Field(() => DateTime, { nullable: true, description: 'When it happened.' })
  occurredAt!: Date | null;
}
