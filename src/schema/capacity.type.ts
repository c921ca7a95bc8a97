import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { AgentType } from './people.type.js';

@InputType('SetAgentCapacityInput', { description: 'How much an agent is given by automatic assignment.' })
export class SetAgentCapacityInputType {
  @Field(() => ID, { description: 'The agent.' })
  agentId!: string;
  @Field(() => Int, {
    nullable: true,
    description:
      'Up to how many open conversations, 0 to 1,000; 0 = none are given to them, null = as many as there are.',
  })
  capacity?: number | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('SetAgentCapacityPayload', { simpleResolvers: true, description: 'The agent, with another capacity.' })
export class SetAgentCapacityPayload {
  @Field(() => AgentType, { description: 'As they are now.' })
  agent!: AgentType;
}
