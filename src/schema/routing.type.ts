import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { RoutingStrategy as StrategyValue } from '../entities/enums.js';
import { RoutingStrategy } from './enums.js';
import { TeamType } from './people.type.js';

@InputType('SetRoutingPolicyInput', { description: 'How what waits for a team is to be given to its members.' })
export class SetRoutingPolicyInputType {
  @Field(() => ID, { description: 'The team.' })
  teamId!: string;
  @Field(() => Boolean, { description: 'Whether it is given to them automatically.' })
  enabled!: boolean;
  @Field(() => RoutingStrategy, {
    nullable: true,
    description: 'To whom; what is left out stays, ROUND_ROBIN at first.',
  })
  strategy?: StrategyValue | null;
  @Field(() => Int, {
    nullable: true,
    description:
      'After how long without an answer a conversation goes back to the queue and to the next one, 10 to 604,800 s; null = never.',
  })
  requeueAfterSeconds?: number | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('SetRoutingPolicyPayload', { simpleResolvers: true, description: 'The team, with its routing policy.' })
export class SetRoutingPolicyPayload {
  @Field(() => TeamType, { description: 'As it is now.' })
  team!: TeamType;
}
