import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import {
  AcceptInvitationInputType,
  CancelInvitationInputType,
  CancelInvitationPayload,
  InvitationType,
  InviteAgentInputType,
  InviteAgentPayload,
  ResendInvitationInputType,
  ResendInvitationPayload,
} from '../schema/invitation.type.js';
import { SignInPayload } from '../schema/payloads.type.js';
import { InboxType, TeamType } from '../schema/people.type.js';
import { besideSecret } from '../services/beside-secret.js';
import { acceptInvitation } from '../services/agents/accept-invitation.js';
import { listInvitations, type InvitationRow } from '../services/agents/read-invitations.js';
import { cancelInvitation, inviteAgent, resendInvitation } from '../services/agents/write-invitations.js';
import type { ApiContext } from './context.js';
import { signInPayload } from './viewer.resolver.js';

@Resolver(() => InvitationType)
export class InvitationResolver {
  @Query(() => [InvitationType], {
    description:
      'The invitations that were neither accepted nor withdrawn, by e-mail, 250 at most; for administrators. Errors: FORBIDDEN.',
  })
  invitations(@Ctx() { call }: ApiContext) {
    return listInvitations(call);
  }

  @Mutation(() => InviteAgentPayload, {
    description:
      'Asks somebody to become an agent, for administrators. Errors: FORBIDDEN, also for a role that may do more than the caller, a key; NOT_FOUND for a team or inbox; VALIDATION_FAILED; CONFLICT for who is an agent or invited already, and for another request under a known key; LIMIT_EXCEEDED at 250 open ones.',
  })
  async inviteAgent(
    @Arg('input', () => InviteAgentInputType) input: InviteAgentInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { id, ...sent } = await inviteAgent(call, input);
    return { invitation: await besideSecret(loaders.invitation.load(id)), ...sent };
  }

  @Mutation(() => ResendInvitationPayload, {
    description:
      'Sends an open invitation once more, with another token. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for one that was accepted or withdrawn.',
  })
  async resendInvitation(
    @Arg('input', () => ResendInvitationInputType) input: ResendInvitationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { id, ...sent } = await resendInvitation(call, input);
    return { invitation: await besideSecret(loaders.invitation.load(id)), ...sent };
  }

  @Mutation(() => CancelInvitationPayload, {
    description:
      'Withdraws an invitation. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for one that was accepted.',
  })
  async cancelInvitation(
    @Arg('input', () => CancelInvitationInputType) input: CancelInvitationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { invitation: await loaders.invitation.load(await cancelInvitation(call, input)) };
  }

  @Mutation(() => SignInPayload, {
    description:
      'Makes who was invited an agent, and opens a session. Errors: UNAUTHENTICATED for a token that is not good or a password that is not the account’s, VALIDATION_FAILED, RATE_LIMITED; CONFLICT when it was accepted.',
  })
  async acceptInvitation(
    @Arg('input', () => AcceptInvitationInputType) input: AcceptInvitationInputType,
    @Ctx() context: ApiContext,
  ) {
    return signInPayload(await acceptInvitation(context.open, input), context);
  }

  @FieldResolver(() => [TeamType])
  teams(@Root() { teamIds }: InvitationRow, @Ctx() { loaders }: ApiContext) {
    return present(teamIds.map((id) => loaders.team.load(id)));
  }

  @FieldResolver(() => [InboxType])
  inboxes(@Root() { inboxIds }: InvitationRow, @Ctx() { loaders }: ApiContext) {
    return present(inboxIds.map((id) => loaders.inbox.load(id)));
  }

  @FieldResolver(() => ActorType, { nullable: true })
  invitedBy(@Root() { invitedByKind: kind, invitedById: id }: InvitationRow, @Ctx() { loaders }: ApiContext) {
    return loaders.actor({ kind, id });
  }
}

const present = async <R>(loading: Promise<R | null>[]): Promise<R[]> =>
  (await Promise.all(loading)).filter((row) => row !== null);
