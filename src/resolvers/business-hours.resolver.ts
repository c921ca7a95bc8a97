import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { RowOf } from '../entities/row.js';
import type { Team } from '../entities/team.js';
import type { Workspace } from '../entities/workspace.js';
import {
  BusinessHoursType,
  SetBusinessHoursInputType,
  SetBusinessHoursPayload,
} from '../schema/business-hours.type.js';
import { TeamType } from '../schema/people.type.js';
import { WorkspaceType } from '../schema/workspace.type.js';
import { setBusinessHours } from '../services/routing/business-hours.js';
import type { ApiContext } from './context.js';

@Resolver(() => TeamType)
export class TeamHoursResolver {
  @Mutation(() => SetBusinessHoursPayload, {
    description:
      'Says when people work, for administrators: outside of that nothing is given to them automatically, and requeueing waits. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for a team that was deactivated.',
  })
  async setBusinessHours(
    @Arg('input', () => SetBusinessHoursInputType) input: SetBusinessHoursInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const teamId = await setBusinessHours(call, input);
    return { businessHours: await loaders.businessHours.load(teamId ?? call.principal.workspaceId) };
  }

  @FieldResolver(() => BusinessHoursType, { nullable: true })
  businessHours(@Root() team: RowOf<Team>, @Ctx() { loaders }: ApiContext) {
    return loaders.businessHours.load(team.id);
  }
}

@Resolver(() => WorkspaceType)
export class WorkspaceHoursResolver {
  @FieldResolver(() => BusinessHoursType, { nullable: true })
  businessHours(@Root() workspace: RowOf<Workspace>, @Ctx() { loaders }: ApiContext) {
    return loaders.businessHours.load(workspace.id);
  }
}
