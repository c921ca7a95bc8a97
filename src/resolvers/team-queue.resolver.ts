import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root, Subscription } from 'type-graphql';
import { TeamType } from '../schema/people.type.js';
import { TeamQueueType } from '../schema/team-queue.type.js';
import { listQueues, type TeamQueueRow } from '../services/routing/read-queues.js';
import { queueChanges } from '../services/streams/queue-changes.js';
import type { ApiContext } from './context.js';

@Resolver(() => TeamQueueType)
export class TeamQueueResolver {
  @Query(() => [TeamQueueType], {
    description:
      'What waits for each team whose conversations you see, by the team’s name, 250 at most. Errors: FORBIDDEN.',
  })
  queues(@Ctx() { call }: ApiContext) {
    return listQueues(call);
  }

  @Subscription(() => TeamQueueType, {
    description:
      'What waits for teams whose conversations you see: first as it is, then as it changes, at most once a second a team. State, not history: there is no cursor. Errors: FORBIDDEN.',
    subscribe: (({ args, context }: { args: { teamIds?: string[] | null }; context: ApiContext }) =>
      queueChanges(context.call, args.teamIds)) as never,
  })
  queueChanges(
    @Root() queue: TeamQueueRow,
    @Arg('teamIds', () => [ID], { nullable: true, description: 'Only these teams.' }) _teamIds: string[] | null,
  ) {
    return queue;
  }

  @FieldResolver(() => TeamType)
  team(@Root() { teamId }: TeamQueueRow, @Ctx() { loaders }: ApiContext) {
    return loaders.team.load(teamId);
  }
}
