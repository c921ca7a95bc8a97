import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { RowOf } from '../entities/row.js';
import type { Team } from '../entities/team.js';
import { RoutingPolicyType, TeamType } from '../schema/people.type.js';
import { SetRoutingPolicyInputType, SetRoutingPolicyPayload } from '../schema/routing.type.js';
import { setRoutingPolicy } from '../services/routing/set-policy.js';
import type { ApiContext } from './context.js';

@Resolver(() => TeamType)
export class RoutingResolver {
  @Mutation(() => SetRoutingPolicyPayload, {
    description:
      'Says how what waits for a team is given to its members, for administrators. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for a team that was deactivated.',
  })
  async setRoutingPolicy(
    @Arg('input', () => SetRoutingPolicyInputType) input: SetRoutingPolicyInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { team: await loaders.team.load(await setRoutingPolicy(call, input)) };
  }

  @FieldResolver(() => RoutingPolicyType)
  routing(@Root() team: RowOf<Team>, @Ctx() { loaders }: ApiContext) {
    return loaders.routing.load(team.id);
  }
}
