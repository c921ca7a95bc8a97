import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Agent } from '../entities/agent.js';
import type {
  Channel as ChannelValue,
  PresenceStatus as PresenceStatusValue,
  Role as RoleValue,
  RoutingStrategy as StrategyValue,
} from '../entities/enums.js';
import type { Inbox } from '../entities/inbox.js';
import type { RowOf } from '../entities/row.js';
import type { Team } from '../entities/team.js';
import { ActorType } from './actor.type.js';
import { BotType } from './bot.type.js';
import { BusinessHoursType } from './business-hours.type.js';
import { connectionOf } from './connection.type.js';
import { Channel, PresenceStatus, Role, RoutingStrategy } from './enums.js';
import { DateTime } from './scalars.js';

@ObjectType('Presence', { simpleResolvers: true, description: 'Whether an agent is there.' })
export class PresenceType {
  @Field(() => PresenceStatus, { description: 'Whether they are there.' })
  status!: PresenceStatusValue;
  @Field(() => DateTime, { description: 'Since when.' })
  since!: Date;
  @Field(() => String, { nullable: true, description: 'Why, as they said.' })
  reason!: string | null;
  @Field(() => Boolean, { description: 'Set by their sockets; false = chosen by them.' })
  automatic!: boolean;
  @Field(() => Int, {
    nullable: true,
    description: 'Up to how many conversations automatic assignment gives them; null = as many as there are.',
  })
  capacity!: number | null;
  @Field(() => Int, {
    description: 'How many conversations they have that are neither resolved nor snoozed, whoever gave them to them.',
  })
  openConversations!: number;
}

@ObjectType('Agent', {
  implements: ActorType,
  simpleResolvers: true,
  description: 'A person who works in the workspace.',
})
export class AgentType
  extends ActorType
  implements Pick<RowOf<Agent>, 'id' | 'displayName' | 'email' | 'avatarUrl' | 'role' | 'active'>
{
  @Field(() => String, { description: 'The e-mail they sign in with.' })
  email!: string;
  @Field(() => String, { nullable: true, description: 'Where a picture of them is.' })
  avatarUrl!: string | null;
  @Field(() => Role, { description: 'What they are in this workspace.' })
  role!: RoleValue;
  @Field(() => Boolean, { description: 'False once deactivated: no sign-in, no work, the name stays.' })
  active!: boolean;
  @Field(() => PresenceType, { description: 'Whether they are there.' })
  presence!: PresenceType;
  @Field(() => DateTime, {
    nullable: true,
    description:
      'When they were last there: now while they are, else when their last socket closed or a session of theirs was last refreshed, whichever is later; null = never.',
  })
  lastSeenAt!: Date | null;
  @Field(() => [TeamType], { description: 'The teams they are a member of, by name.' })
  teams!: TeamType[];
}

export const AgentConnection = connectionOf(AgentType, 'Agent', { streamable: false });

@ObjectType('RoutingPolicy', {
  simpleResolvers: true,
  description: 'How what waits for a team is given to its members.',
})
export class RoutingPolicyType {
  @Field(() => Boolean, { description: 'Whether it is given to them automatically.' })
  enabled!: boolean;
  @Field(() => RoutingStrategy, { description: 'To whom.' })
  strategy!: StrategyValue;
  @Field(() => Int, {
    nullable: true,
    description: 'After how many seconds without an answer a conversation goes back to the queue; null = never.',
  })
  requeueAfterSeconds!: number | null;
}

@ObjectType('Team', { simpleResolvers: true, description: 'A group of agents that conversations are handed over to.' })
export class TeamType implements Pick<RowOf<Team>, 'id' | 'name' | 'deactivatedAt'> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'What people call it.' })
  name!: string;
  @Field(() => DateTime, { nullable: true, description: 'When it was deactivated: from then on it gets nothing new.' })
  deactivatedAt!: Date | null;
  @Field(() => [AgentType], { description: 'Who works in it, by name, 250 at most.' })
  members!: AgentType[];
  @Field(() => Boolean, { description: 'Any of its members is ONLINE.' })
  attended!: boolean;
  @Field(() => [AgentType], { description: 'Who watches over it, by name, 250 at most.' })
  supervisors!: AgentType[];
  @Field(() => RoutingPolicyType, { description: 'How what waits for it is given to its members.' })
  routing!: RoutingPolicyType;
  @Field(() => BusinessHoursType, {
    nullable: true,
    description: 'When it works; null where it has no hours of its own, and those of the workspace hold.',
  })
  businessHours!: BusinessHoursType | null;
}

@ObjectType('Inbox', { simpleResolvers: true, description: 'Where the messages of one channel arrive.' })
export class InboxType implements Pick<RowOf<Inbox>, 'id' | 'name' | 'channel' | 'deactivatedAt'> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'What people call it.' })
  name!: string;
  @Field(() => Channel, { description: 'Over what its customers write.' })
  channel!: ChannelValue;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was deactivated: from then on nothing arrives in it.',
  })
  deactivatedAt!: Date | null;
  @Field(() => [AgentType], { description: 'Who sees all of its conversations, by name, 250 at most.' })
  members!: AgentType[];
  @Field(() => TeamType, { nullable: true, description: 'The team that its new conversations go to.' })
  defaultTeam!: TeamType | null;
  @Field(() => BotType, { nullable: true, description: 'The bot that answers first.' })
  bot!: BotType | null;
}
