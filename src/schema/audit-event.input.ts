import { Field, ID, InputType } from 'type-graphql';
import type {
  ActorKind as ActorKindValue,
  AuditCategory as CategoryValue,
  Outcome as OutcomeValue,
  Severity as SeverityValue,
} from '../entities/enums.js';
import { ActorKind, AuditCategory, Outcome, Severity } from './enums.js';
import { DateTime, Json } from './scalars.js';

@InputType('AuditEventFilter', {
  description:
    'Which events. What is left out leaves that side open; all that is given must hold. Lists hold 250 entries at most.',
})
export class AuditEventFilterInput {
  @Field(() => [String], {
    nullable: true,
    description: 'Any of these actions; a name that ends in `*` stands for all that begin so: `handover.*`.',
  })
  actions?: string[] | null;
  @Field(() => [AuditCategory], { nullable: true, description: 'In any of these categories.' })
  categories?: CategoryValue[] | null;
  @Field(() => Severity, { nullable: true, description: 'Of this severity or above.' })
  minSeverity?: SeverityValue | null;
  @Field(() => [Outcome], { nullable: true, description: 'With any of these outcomes.' })
  outcomes?: OutcomeValue[] | null;
  @Field(() => [ID], { nullable: true, description: 'Done by any of these.' })
  actorIds?: string[] | null;
  @Field(() => [ActorKind], { nullable: true, description: 'Done by any of these kinds of actors.' })
  actorKinds?: ActorKindValue[] | null;
  @Field(() => [String], { nullable: true, description: 'Done to any of these kinds of objects.' })
  targetTypes?: string[] | null;
  @Field(() => [ID], { nullable: true, description: 'Done to any of these objects.' })
  targetIds?: string[] | null;
  @Field(() => ID, { nullable: true, description: 'In this conversation.' })
  conversationId?: string | null;
  @Field(() => ID, { nullable: true, description: 'About this contact.' })
  contactId?: string | null;
  @Field(() => [ID], { nullable: true, description: 'In conversations that belonged to any of these teams.' })
  teamIds?: string[] | null;
  @Field(() => String, {
    nullable: true,
    description:
      'From this address of IPv4 or IPv6, however it is written. FORBIDDEN for callers who do not see addresses.',
  })
  ipAddress?: string | null;
  @Field(() => String, { nullable: true, description: 'Of this request.' })
  requestId?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'With all of these words in the summary, the names or the reason, the last one perhaps only begun; 255 characters at most. Never in values that may be masked.',
  })
  search?: string | null;
  @Field(() => DateTime, { nullable: true, description: 'Recorded at or after.' })
  from?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Recorded before.' })
  to?: Date | null;
}

@InputType('AnnotateEventInput', { description: 'A remark on an event. It cannot be changed or taken back.' })
export class AnnotateEventInputType {
  @Field(() => ID, { description: 'The event.' })
  eventId!: string;
  @Field(() => String, { description: 'The remark, 1 to 5,000 characters.' })
  text!: string;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same remark. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}

@InputType('CustomEventTargetInput', { description: 'What something was done to, in another system.' })
export class CustomEventTargetInput {
  @Field(() => String, { description: 'What kind of object: lower snake case, 1 to 64 characters.' })
  type!: string;
  @Field(() => String, { description: 'Its id there, 1 to 255 characters; kept in the open, so nothing personal.' })
  id!: string;
  @Field(() => String, {
    nullable: true,
    description: 'What it is called, 255 characters at most; type and id unless given.',
  })
  label?: string | null;
}

@InputType('RecordCustomEventInput', {
  description: 'What happened in another system. A target, a conversation or a contact must be given.',
})
export class RecordCustomEventInputType {
  @Field(() => String, { description: 'The other system: lower snake case, 1 to 64 characters.' })
  namespace!: string;
  @Field(() => String, {
    description: 'What happened: lower snake case, 1 to 64 characters. The action is `custom.<namespace>.<event>`.',
  })
  event!: string;
  @Field(() => CustomEventTargetInput, {
    nullable: true,
    description: 'What it was done to; the conversation, else the contact, unless given.',
  })
  target?: CustomEventTargetInput | null;
  @Field(() => ID, { nullable: true, description: 'The conversation that it belongs to.' })
  conversationId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The contact whom it is about; of a conversation its own.' })
  contactId?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'What there is to say, 2,000 characters at most; part of the summary, and can be erased.',
  })
  text?: string | null;
  @Field(() => Json, {
    nullable: true,
    description:
      'An object of 4 KiB at most, whole numbers only. It is hashed as it is and cannot be erased alone: nothing personal.',
  })
  metadata?: unknown;
  @Field(() => Severity, { nullable: true, description: 'How much it matters; INFO unless given.' })
  severity?: SeverityValue | null;
  @Field(() => DateTime, { nullable: true, description: 'When it happened there; now unless given. Never the order.' })
  occurredAt?: Date | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same event. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}
