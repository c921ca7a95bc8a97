import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType('ConversationCounts', {
  simpleResolvers: true,
  description: 'How many conversations there are that the viewer may see; 10,001 = that many, or more.',
})
export class ConversationCountsType {
  @Field(() => Int, { description: 'In status OPEN.' })
  open!: number;
  @Field(() => Int, { description: 'In status IN_PROGRESS.' })
  inProgress!: number;
  @Field(() => Int, { description: 'In status PENDING.' })
  pending!: number;
  @Field(() => Int, { description: 'In status SNOOZED.' })
  snoozed!: number;
  @Field(() => Int, { description: 'In status RESOLVED.' })
  resolved!: number;
  @Field(() => Int, { description: 'Assigned to nobody, and not RESOLVED.' })
  unassigned!: number;
  @Field(() => Int, { description: 'Assigned to the viewer, and not RESOLVED; none for keys and bots.' })
  mine!: number;
  @Field(() => Int, {
    description: 'With messages that the viewer has not read, and not RESOLVED; none for keys and bots.',
  })
  unread!: number;
}
