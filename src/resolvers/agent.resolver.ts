import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  ChangeAgentRoleInputType,
  ChangeAgentRolePayload,
  DeactivateAgentInputType,
  DeactivateAgentPayload,
  ReactivateAgentInputType,
  ReactivateAgentPayload,
  UpdateAgentInputType,
  UpdateAgentPayload,
} from '../schema/agent.type.js';
import { deactivateAgent, reactivateAgent } from '../services/agents/deactivate-agent.js';
import { changeAgentRole, updateAgent } from '../services/agents/write-agents.js';
import type { ApiContext } from './context.js';

@Resolver()
export class AgentAdministrationResolver {
  @Mutation(() => UpdateAgentPayload, {
    description:
      'Changes how an agent is shown: by an administrator, or by themself. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED.',
  })
  async updateAgent(
    @Arg('input', () => UpdateAgentInputType) input: UpdateAgentInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { agent: await loaders.agent.load(await updateAgent(call, input)) };
  }

  @Mutation(() => ChangeAgentRolePayload, {
    description:
      'Gives an agent another role, for administrators. Errors: FORBIDDEN, also for a role that may do more than the caller, a key; NOT_FOUND, VALIDATION_FAILED; CONFLICT for the last administrator.',
  })
  async changeAgentRole(
    @Arg('input', () => ChangeAgentRoleInputType) input: ChangeAgentRoleInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { agent: await loaders.agent.load(await changeAgentRole(call, input)) };
  }

  @Mutation(() => DeactivateAgentPayload, {
    description:
      'Lets an agent in no longer, for administrators: sessions end, sockets close, and open conversations go back to their team or to nobody. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for the last administrator.',
  })
  async deactivateAgent(
    @Arg('input', () => DeactivateAgentInputType) input: DeactivateAgentInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { agent: await loaders.agent.load(await deactivateAgent(call, input)) };
  }

  @Mutation(() => ReactivateAgentPayload, {
    description:
      'Lets an agent in again, for administrators. Errors: FORBIDDEN, also for a role that may do more than the caller, a key; NOT_FOUND, VALIDATION_FAILED.',
  })
  async reactivateAgent(
    @Arg('input', () => ReactivateAgentInputType) input: ReactivateAgentInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { agent: await loaders.agent.load(await reactivateAgent(call, input)) };
  }
}
