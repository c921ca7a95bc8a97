import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import { PageForwards } from '../schema/connection.type.js';
import { ConversationType } from '../schema/conversation.type.js';
import {
  AcceptHandoverInputType,
  CancelHandoverInputType,
  DeclineHandoverInputType,
  HandoverFilterInput,
  RequestHandoverInputType,
} from '../schema/handover.input.js';
import { HandoverConnection, HandoverType } from '../schema/handover.type.js';
import {
  AcceptHandoverPayload,
  CancelHandoverPayload,
  DeclineHandoverPayload,
  RequestHandoverPayload,
} from '../schema/payloads.type.js';
import { BotType } from '../schema/bot.type.js';
import { AgentType, TeamType } from '../schema/people.type.js';
import { listHandovers, type HandoverRow } from '../services/handovers/read-handovers.js';
import { requestHandover } from '../services/handovers/request-handover.js';
import { acceptHandover, cancelHandover, declineHandover } from '../services/handovers/settle-handover.js';
import type { ApiContext } from './context.js';

const SETTLING =
  'Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT, with its state, when it is settled already.';

@Resolver(() => HandoverType)
export class HandoverResolver {
  @Query(() => HandoverConnection, {
    description:
      'The handovers of conversations that the caller may see, newest first. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  handovers(
    @Arg('filter', () => HandoverFilterInput, { nullable: true, description: 'Which handovers.' })
    filter: HandoverFilterInput | null,
    @Args(() => PageForwards) page: PageForwards,
    @Ctx() context: ApiContext,
  ) {
    return listHandovers(context.call, filter ?? {}, page);
  }

  @Mutation(() => RequestHandoverPayload, {
    description:
      'Offers a conversation to an agent or a team, or gives it to a bot, which has it at once. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT when one is open already or the conversation is resolved or spam.',
  })
  async requestHandover(
    @Arg('input', () => RequestHandoverInputType) input: RequestHandoverInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { handover: await loaders.handover.load(await requestHandover(call, input)) };
  }

  @Mutation(() => AcceptHandoverPayload, {
    description: `Takes an offered conversation. Of two at once one wins; accepting again gives the same answer. ${SETTLING}`,
  })
  async acceptHandover(
    @Arg('input', () => AcceptHandoverInputType) input: AcceptHandoverInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { handover: await loaders.handover.load(await acceptHandover(call, input)) };
  }

  @Mutation(() => DeclineHandoverPayload, {
    description: `Does not take it; a team’s is declined by a supervisor. ${SETTLING}`,
  })
  async declineHandover(
    @Arg('input', () => DeclineHandoverInputType) input: DeclineHandoverInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { handover: await loaders.handover.load(await declineHandover(call, input)) };
  }

  @Mutation(() => CancelHandoverPayload, {
    description: `Withdraws the offer: by who asked, a supervisor or an administrator. ${SETTLING}`,
  })
  async cancelHandover(
    @Arg('input', () => CancelHandoverInputType) input: CancelHandoverInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { handover: await loaders.handover.load(await cancelHandover(call, input)) };
  }

  @FieldResolver(() => ConversationType)
  conversation(@Root() handover: HandoverRow, @Ctx() { loaders }: ApiContext) {
    return loaders.conversation.load(handover.conversationId);
  }

  @FieldResolver(() => ActorType)
  from(@Root() handover: HandoverRow, @Ctx() { loaders }: ApiContext) {
    return loaders.actor({ kind: handover.fromKind, id: handover.fromId });
  }

  @FieldResolver(() => AgentType, { nullable: true })
  toAgent(@Root() handover: HandoverRow, @Ctx() { loaders }: ApiContext) {
    return handover.toAgentId && loaders.agent.load(handover.toAgentId);
  }

  @FieldResolver(() => TeamType, { nullable: true })
  toTeam(@Root() handover: HandoverRow, @Ctx() { loaders }: ApiContext) {
    return handover.toTeamId && loaders.team.load(handover.toTeamId);
  }

  @FieldResolver(() => BotType, { nullable: true })
  toBot(@Root() handover: HandoverRow, @Ctx() { loaders }: ApiContext) {
    return handover.toBotId && loaders.bot.load(handover.toBotId);
  }

  @FieldResolver(() => ActorType, { nullable: true })
  acceptedBy(@Root() handover: HandoverRow, @Ctx() context: ApiContext) {
    return handover.status === 'ACCEPTED' ? this.settledBy(handover, context) : null;
  }

  @FieldResolver(() => ActorType, { nullable: true })
  settledBy(@Root() handover: HandoverRow, @Ctx() { loaders }: ApiContext) {
    return handover.settledByKind && loaders.actor({ kind: handover.settledByKind, id: handover.settledById });
  }

  @FieldResolver()
  waitSeconds(@Root() handover: HandoverRow, @Ctx() { open }: ApiContext): number {
    const until = handover.settledAt ?? open.app.now();
    return Math.max(0, Math.floor((until.getTime() - handover.requestedAt.getTime()) / 1000));
  }
}
