import { Field, Int, ObjectType } from 'type-graphql';
import { TeamType } from './people.type.js';
import { DateTime } from './scalars.js';

@ObjectType('TeamQueue', { simpleResolvers: true, description: 'What waits for a team, and who is there for it.' })
export class TeamQueueType {
  @Field(() => TeamType, { description: 'The team.' })
  team!: TeamType;
  @Field(() => Int, {
    description:
      'How many conversations wait for one of its members, 10,001 at most: its own that nobody has, and offered ones.',
  })
  depth!: number;
  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when the customer waits who waits longest, or else since when the oldest was opened.',
  })
  oldestWaitingSince!: Date | null;
  @Field(() => Int, { description: 'How many of its members are ONLINE.' })
  onlineMembers!: number;
  @Field(() => Int, {
    nullable: true,
    description: 'How many more conversations these take; null = as many as there are.',
  })
  freeCapacity!: number | null;
}
