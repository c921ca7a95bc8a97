import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  AddInboxMembersInputType,
  AddInboxMembersPayload,
  CreateInboxInputType,
  CreateInboxPayload,
  DeactivateInboxInputType,
  DeactivateInboxPayload,
  RemoveInboxMembersInputType,
  RemoveInboxMembersPayload,
  UpdateInboxInputType,
  UpdateInboxPayload,
} from '../schema/inbox.type.js';
import { createInbox, deactivateInbox, updateInbox } from '../services/inboxes/write-inboxes.js';
import { addMembers, removeMembers } from '../services/workspaces/change-members.js';
import type { ApiContext } from './context.js';

@Resolver()
export class InboxAdministrationResolver {
  @Mutation(() => CreateInboxPayload, {
    description:
      'Creates an inbox, for administrators. Errors: FORBIDDEN, VALIDATION_FAILED; NOT_FOUND for an agent, the team or the bot; CONFLICT for another request under a known key; LIMIT_EXCEEDED at 250 inboxes.',
  })
  async createInbox(
    @Arg('input', () => CreateInboxInputType) input: CreateInboxInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { inbox: await loaders.inbox.load(await createInbox(call, input)) };
  }

  @Mutation(() => UpdateInboxPayload, {
    description:
      'Changes an inbox, for administrators; conversations that are there keep their team and bot. Errors: FORBIDDEN, NOT_FOUND, also for the team or the bot; VALIDATION_FAILED; CONFLICT for one that was deactivated.',
  })
  async updateInbox(
    @Arg('input', () => UpdateInboxInputType) input: UpdateInboxInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { inbox: await loaders.inbox.load(await updateInbox(call, input)) };
  }

  @Mutation(() => DeactivateInboxPayload, {
    description:
      'Lets nothing arrive in an inbox any more, for administrators; its conversations stay. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED.',
  })
  async deactivateInbox(
    @Arg('input', () => DeactivateInboxInputType) input: DeactivateInboxInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { inbox: await loaders.inbox.load(await deactivateInbox(call, input)) };
  }

  @Mutation(() => AddInboxMembersPayload, {
    description:
      'Lets agents see all of an inbox, for administrators; who does already stays so. Errors: FORBIDDEN, NOT_FOUND, also for an agent; VALIDATION_FAILED; CONFLICT for an inbox that was deactivated.',
  })
  async addInboxMembers(
    @Arg('input', () => AddInboxMembersInputType) input: AddInboxMembersInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { inbox: await loaders.inbox.load(await addMembers(call, 'inbox_member', { ...input, id: input.inboxId })) };
  }

  @Mutation(() => RemoveInboxMembersPayload, {
    description:
      'Lets agents no longer see all of an inbox, for administrators; who does not changes nothing. Errors: FORBIDDEN, NOT_FOUND, also for an agent; VALIDATION_FAILED.',
  })
  async removeInboxMembers(
    @Arg('input', () => RemoveInboxMembersInputType) input: RemoveInboxMembersInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return {
      inbox: await loaders.inbox.load(await removeMembers(call, 'inbox_member', { ...input, id: input.inboxId })),
    };
  }
}
