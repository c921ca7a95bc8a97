import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { PresenceStatus as StatusValue } from '../entities/enums.js';
import { ActorType } from './actor.type.js';
import { PresenceStatus, TypingActivity } from './enums.js';
import { AgentType } from './people.type.js';
import { DateTime } from './scalars.js';

@ObjectType('PresenceChange', {
  simpleResolvers: true,
  description: 'One frame of `presenceChanges`: an agent, as they are now.',
})
export class PresenceChangeType {
  @Field(() => AgentType, { description: 'The agent, with their presence.' })
  agent!: AgentType;
}

@InputType('SetPresenceInput', { description: 'How the viewer is.' })
export class SetPresenceInputType {
  @Field(() => PresenceStatus, {
    description: 'AWAY and BUSY stay until changed; ONLINE leaves it to the sockets. OFFLINE cannot be chosen.',
  })
  status!: StatusValue;
  @Field(() => String, { nullable: true, description: 'Why, for colleagues and the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('SetPresencePayload', { simpleResolvers: true, description: 'The viewer, present.' })
export class SetPresencePayload {
  @Field(() => AgentType, { description: 'As they are now.' })
  agent!: AgentType;
}

@InputType('SetTypingInput', { description: 'What the viewer is doing in a conversation.' })
export class SetTypingInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => TypingActivity, { description: 'Holds for 10 s; repeat while it goes on.' })
  activity!: string;
}

@ObjectType('SetTypingPayload', { simpleResolvers: true, description: 'Those who follow have been told.' })
export class SetTypingPayload {
  @Field(() => DateTime, { description: 'Until when it holds.' })
  expiresAt!: Date;
}

@ObjectType('TypingState', {
  simpleResolvers: true,
  description: 'What somebody is doing in a conversation right now. State, not history: some may be missed.',
})
export class TypingStateType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => ActorType, { nullable: true, description: 'Who.' })
  actor!: ActorType | null;
  @Field(() => TypingActivity, { description: 'What they do.' })
  activity!: string;
  @Field(() => DateTime, { description: 'Forget it then, unless it is said again.' })
  expiresAt!: Date;
}
