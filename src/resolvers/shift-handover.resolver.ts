import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { RowOf } from '../entities/row.js';
import type { ShiftHandover } from '../entities/shift-handover.js';
import { AgentType, TeamType } from '../schema/people.type.js';
import { HandOverShiftInputType, HandOverShiftPayload, ShiftHandoverType } from '../schema/shift-handover.type.js';
import { handOverShift } from '../services/handovers/hand-over-shift.js';
import type { ApiContext } from './context.js';

@Resolver(() => ShiftHandoverType)
export class ShiftHandoverResolver {
  @Mutation(() => HandOverShiftPayload, {
    description:
      'Offers all open conversations of an agent to another one or to a team: for the agent, who supervises them, administrators, and keys that write conversations. Each is a handover of its own. Asking once more goes on with one that is under way. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT while one to somebody else is under way, or for another request under a known key; LIMIT_EXCEEDED for more than 10,000 conversations.',
  })
  async handOverShift(
    @Arg('input', () => HandOverShiftInputType) input: HandOverShiftInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { shiftHandover: await loaders.shiftHandover.load(await handOverShift(call, input)) };
  }

  @FieldResolver(() => AgentType)
  agent(@Root() shift: RowOf<ShiftHandover>, @Ctx() { loaders }: ApiContext) {
    return loaders.agent.load(shift.agentId);
  }

  @FieldResolver(() => AgentType, { nullable: true })
  toAgent(@Root() shift: RowOf<ShiftHandover>, @Ctx() { loaders }: ApiContext) {
    return shift.toAgentId && loaders.agent.load(shift.toAgentId);
  }

  @FieldResolver(() => TeamType, { nullable: true })
  toTeam(@Root() shift: RowOf<ShiftHandover>, @Ctx() { loaders }: ApiContext) {
    return shift.toTeamId && loaders.team.load(shift.toTeamId);
  }
}
