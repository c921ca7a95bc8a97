import { Field, ID, InputType } from 'type-graphql';
import type {
  ActorKind as ActorKindValue,
  AuditCategory as CategoryValue,
  Outcome as OutcomeValue,
  Severity as SeverityValue,
} from '../entities/enums.js';
import { ActorKind, AuditCategory, Outcome, Severity } from './enums.js';
import { DateTime } from './scalars.js';

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
