import { Field, ID, InputType, Int } from 'type-graphql';
import type {
  HandoverKind as KindValue,
  HandoverReason as ReasonValue,
  HandoverStatus as StatusValue,
} from '../entities/enums.js';
import { HandoverKind, HandoverReason, HandoverStatus } from './enums.js';

@InputType('HandoverFilter', {
  description:
    'Which handovers. What is left out leaves that side open; all that is given must hold. Lists hold 250 entries at most.',
})
export class HandoverFilterInput {
  @Field(() => [HandoverStatus], { nullable: true, description: 'In any of these statuses.' })
  statuses?: StatusValue[] | null;
  @Field(() => [HandoverKind], { nullable: true, description: 'Of any of these kinds.' })
  kinds?: KindValue[] | null;
  @Field(() => [ID], { nullable: true, description: 'Offered to any of these agents.' })
  toAgentIds?: string[] | null;
  @Field(() => [ID], { nullable: true, description: 'Offered to any of these teams.' })
  toTeamIds?: string[] | null;
  @Field(() => Boolean, {
    nullable: true,
    description: 'true: offered to you or to a team of yours; false: the others.',
  })
  mine?: boolean | null;
  @Field(() => ID, { nullable: true, description: 'Of this conversation.' })
  conversationId?: string | null;
  @Field(() => ID, { nullable: true, description: 'Handed over with this shift.' })
  batchId?: string | null;
}

@InputType('RequestHandoverInput', {
  description: 'Who a conversation is offered to, and why. Exactly one of toAgentId, toTeamId and toBotId.',
})
export class RequestHandoverInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => ID, { nullable: true, description: 'The agent who is asked to take it.' })
  toAgentId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The team, any member of which may take it.' })
  toTeamId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The bot, which has it at once.' })
  toBotId?: string | null;
  @Field(() => HandoverReason, { description: 'Why.' })
  reason!: ReasonValue;
  @Field(() => String, { nullable: true, description: 'Why, in your own words; 2,000 characters at most.' })
  comment?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'What the receiver needs to know to go on; 2,000 characters at most.',
  })
  summary?: string | null;
  @Field(() => Int, {
    nullable: true,
    description: 'How long it can be accepted, 10 to 604,800 s; the workspace’s setting unless given.',
  })
  expiresInSeconds?: number | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same handover. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}

@InputType('AcceptHandoverInput', { description: 'The handover to take.' })
export class AcceptHandoverInputType {
  @Field(() => ID, { description: 'The handover.' })
  handoverId!: string;
  @Field(() => String, {
    nullable: true,
    description: 'Why, for the requester and the record; 500 characters at most.',
  })
  reason?: string | null;
}

@InputType('DeclineHandoverInput', { description: 'The handover not to take.' })
export class DeclineHandoverInputType {
  @Field(() => ID, { description: 'The handover.' })
  handoverId!: string;
  @Field(() => String, {
    nullable: true,
    description: 'Why, for the requester and the record; 500 characters at most.',
  })
  reason?: string | null;
}

@InputType('CancelHandoverInput', { description: 'The handover to withdraw.' })
export class CancelHandoverInputType {
  @Field(() => ID, { description: 'The handover.' })
  handoverId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}
