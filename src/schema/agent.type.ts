import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Role as RoleValue } from '../entities/enums.js';
import { Role } from './enums.js';
import { AgentType } from './people.type.js';

const REASON = 'Why, for the record; 500 characters at most.';

@InputType('UpdateAgentInput', { description: 'What is to change of how an agent is shown; what is left out stays.' })
export class UpdateAgentInputType {
  @Field(() => ID, { description: 'The agent: oneself, or as an administrator anybody.' })
  agentId!: string;
  @Field(() => String, { nullable: true, description: 'The name that colleagues see; 2,000 characters at most.' })
  displayName?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'An https address of a picture, 2,000 characters at most; null takes it away.',
  })
  avatarUrl?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('UpdateAgentPayload', { simpleResolvers: true, description: 'The agent, changed.' })
export class UpdateAgentPayload {
  @Field(() => AgentType, { description: 'As they are now.' })
  agent!: AgentType;
}

@InputType('ChangeAgentRoleInput', { description: 'Who is to be what.' })
export class ChangeAgentRoleInputType {
  @Field(() => ID, { description: 'The agent.' })
  agentId!: string;
  @Field(() => Role, { description: 'What they are to be. A key gives no role that may do more than itself.' })
  role!: RoleValue;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('ChangeAgentRolePayload', { simpleResolvers: true, description: 'The agent, in another role.' })
export class ChangeAgentRolePayload {
  @Field(() => AgentType, { description: 'As they are now.' })
  agent!: AgentType;
}

@InputType('DeactivateAgentInput', { description: 'Who is not to come in any more.' })
export class DeactivateAgentInputType {
  @Field(() => ID, { description: 'The agent.' })
  agentId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('DeactivateAgentPayload', { simpleResolvers: true, description: 'The agent, deactivated.' })
export class DeactivateAgentPayload {
  @Field(() => AgentType, { description: 'As they are now; their sessions have ended, and their work is released.' })
  agent!: AgentType;
}

@InputType('ReactivateAgentInput', { description: 'Who is to come in again.' })
export class ReactivateAgentInputType {
  @Field(() => ID, { description: 'The agent.' })
  agentId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('ReactivateAgentPayload', { simpleResolvers: true, description: 'The agent, active again.' })
export class ReactivateAgentPayload {
  @Field(() => AgentType, { description: 'As they are now, with the role, teams and inboxes that they had.' })
  agent!: AgentType;
}
