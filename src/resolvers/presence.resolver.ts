import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root } from 'type-graphql';
import { SetAgentCapacityInputType, SetAgentCapacityPayload } from '../schema/capacity.type.js';
import { PresenceType } from '../schema/people.type.js';
import { setAgentCapacity } from '../services/presence/capacity.js';
import type { PresenceRow } from '../services/presence/presence.js';
import type { ApiContext } from './context.js';

@Resolver(() => PresenceType)
export class PresenceResolver {
  @Mutation(() => SetAgentCapacityPayload, {
    description:
      'Says up to how many conversations an agent is given by automatic assignment, for administrators and who supervises them; people may give them more. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async setAgentCapacity(
    @Arg('input', () => SetAgentCapacityInputType) input: SetAgentCapacityInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { agent: await loaders.agent.load(await setAgentCapacity(call, input)) };
  }

  @FieldResolver(() => Int)
  openConversations(@Root() presence: PresenceRow, @Ctx() { loaders }: ApiContext): Promise<number> {
    return loaders.openConversations.load(presence.agentId);
  }
}
