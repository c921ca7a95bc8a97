import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  AddTeamMembersInputType,
  AddTeamMembersPayload,
  AddTeamSupervisorsInputType,
  AddTeamSupervisorsPayload,
  CreateTeamInputType,
  CreateTeamPayload,
  DeactivateTeamInputType,
  DeactivateTeamPayload,
  RemoveTeamMembersInputType,
  RemoveTeamMembersPayload,
  RemoveTeamSupervisorsInputType,
  RemoveTeamSupervisorsPayload,
  UpdateTeamInputType,
  UpdateTeamPayload,
} from '../schema/team.type.js';
import { createTeam, deactivateTeam, updateTeam } from '../services/teams/write-teams.js';
import { addMembers, removeMembers } from '../services/workspaces/change-members.js';
import type { ApiContext } from './context.js';

@Resolver()
export class TeamAdministrationResolver {
  @Mutation(() => CreateTeamPayload, {
    description:
      'Creates a team, for administrators. Errors: FORBIDDEN, VALIDATION_FAILED; NOT_FOUND for an agent; CONFLICT for another request under a known key; LIMIT_EXCEEDED at 250 teams.',
  })
  async createTeam(
    @Arg('input', () => CreateTeamInputType) input: CreateTeamInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { team: await loaders.team.load(await createTeam(call, input)) };
  }

  @Mutation(() => UpdateTeamPayload, {
    description:
      'Gives a team another name, for administrators. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for one that was deactivated.',
  })
  async updateTeam(
    @Arg('input', () => UpdateTeamInputType) input: UpdateTeamInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { team: await loaders.team.load(await updateTeam(call, input)) };
  }

  @Mutation(() => DeactivateTeamPayload, {
    description:
      'Gives a team nothing new any more, for administrators; what it has stays with it. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT while an inbox puts new conversations into it.',
  })
  async deactivateTeam(
    @Arg('input', () => DeactivateTeamInputType) input: DeactivateTeamInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { team: await loaders.team.load(await deactivateTeam(call, input)) };
  }

  @Mutation(() => AddTeamMembersPayload, {
    description:
      'Puts agents into a team, for administrators; who is there already stays so. Errors: FORBIDDEN, NOT_FOUND, also for an agent; VALIDATION_FAILED; CONFLICT for a team that was deactivated.',
  })
  async addTeamMembers(
    @Arg('input', () => AddTeamMembersInputType) input: AddTeamMembersInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { team: await loaders.team.load(await addMembers(call, 'team_member', { ...input, id: input.teamId })) };
  }

  @Mutation(() => RemoveTeamMembersPayload, {
    description:
      'Takes agents out of a team, for administrators; who is not there changes nothing. Errors: FORBIDDEN, NOT_FOUND, also for an agent; VALIDATION_FAILED.',
  })
  async removeTeamMembers(
    @Arg('input', () => RemoveTeamMembersInputType) input: RemoveTeamMembersInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { team: await loaders.team.load(await removeMembers(call, 'team_member', { ...input, id: input.teamId })) };
  }

  @Mutation(() => AddTeamSupervisorsPayload, {
    description:
      'Puts agents into a team as its supervisors, for administrators; who is there already stays so. Errors: FORBIDDEN, NOT_FOUND, also for an agent; VALIDATION_FAILED; CONFLICT for a team that was deactivated.',
  })
  async addTeamSupervisors(
    @Arg('input', () => AddTeamSupervisorsInputType) input: AddTeamSupervisorsInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { team: await loaders.team.load(await addMembers(call, 'team_supervisor', { ...input, id: input.teamId })) };
  }

  @Mutation(() => RemoveTeamSupervisorsPayload, {
    description:
      'Takes agents out of a team as its supervisors, for administrators; who is not there changes nothing. Errors: FORBIDDEN, NOT_FOUND, also for an agent; VALIDATION_FAILED.',
  })
  async removeTeamSupervisors(
    @Arg('input', () => RemoveTeamSupervisorsInputType) input: RemoveTeamSupervisorsInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return {
      team: await loaders.team.load(await removeMembers(call, 'team_supervisor', { ...input, id: input.teamId })),
    };
  }
}
