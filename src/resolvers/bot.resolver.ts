import { Arg, Args, Ctx, Extensions, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { BotSettingChange } from '../entities/bot.js';
import { ActorType } from '../schema/actor.type.js';
import {
  BotPayload,
  CreateBotInputType,
  DisableBotInputType,
  EnableBotInputType,
  RevertBotSettingsInputType,
  UpdateBotInputType,
  UpdateBotSettingsInputType,
} from '../schema/bot.input.js';
import { BotRevisionConnection, BotRevisionType, BotSettingsType, BotType, OfBotVersion } from '../schema/bot.type.js';
import { PageForwards } from '../schema/connection.type.js';
import { canReadBotSettings, findBot, listBots, type BotRevisionRow, type BotRow } from '../services/bots/read-bots.js';
import { revertBotSettings, updateBotSettings } from '../services/bots/write-bot-settings.js';
import { createBot, switchBot, updateBot } from '../services/bots/write-bots.js';
import type { ApiContext } from './context.js';

const ERRORS = 'Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED';

@Resolver(() => BotType)
export class BotResolver {
  @Query(() => [BotType], { description: 'The bots, by name, 250 at most. Errors: FORBIDDEN.' })
  bots(@Ctx() { call }: ApiContext) {
    return listBots(call);
  }

  @Query(() => BotType, { nullable: true, description: 'One bot. Errors: FORBIDDEN, NOT_FOUND.' })
  bot(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() { call }: ApiContext) {
    return findBot(call, id);
  }

  @Mutation(() => BotPayload, {
    description:
      'Creates a bot, enabled and without settings, for administrators. Errors: FORBIDDEN, VALIDATION_FAILED; CONFLICT for another request under a known key; LIMIT_EXCEEDED at 250 bots.',
  })
  async createBot(@Arg('input', () => CreateBotInputType) input: CreateBotInputType, @Ctx() context: ApiContext) {
    return asNow(context, await createBot(context.call, input));
  }

  @Mutation(() => BotPayload, { description: `Gives a bot another name, for administrators. ${ERRORS}.` })
  async updateBot(@Arg('input', () => UpdateBotInputType) input: UpdateBotInputType, @Ctx() context: ApiContext) {
    return asNow(context, await updateBot(context.call, input));
  }

  @Mutation(() => BotPayload, {
    description: `Switches a bot on, for administrators: its keys work again, and new conversations go to it. ${ERRORS}.`,
  })
  async enableBot(@Arg('input', () => EnableBotInputType) input: EnableBotInputType, @Ctx() context: ApiContext) {
    return asNow(context, await switchBot(context.call, true, input));
  }

  @Mutation(() => BotPayload, {
    description: `Switches a bot off, for administrators: its keys are refused and its sockets closed, and no new conversation goes to it. ${ERRORS}.`,
  })
  async disableBot(@Arg('input', () => DisableBotInputType) input: DisableBotInputType, @Ctx() context: ApiContext) {
    return asNow(context, await switchBot(context.call, false, input));
  }

  @Mutation(() => BotPayload, {
    description: `Puts parts of a bot’s settings in place of those there, as its next version, for administrators; what makes no difference makes no version. ${ERRORS}; CONFLICT when it has another version than expected.`,
  })
  async updateBotSettings(
    @Arg('input', () => UpdateBotSettingsInputType) input: UpdateBotSettingsInputType,
    @Ctx() context: ApiContext,
  ) {
    return asNow(context, await updateBotSettings(context.call, input));
  }

  @Mutation(() => BotPayload, {
    description: `Brings the settings of an older version back as the next one, for administrators. ${ERRORS}; CONFLICT when it has another version than expected.`,
  })
  async revertBotSettings(
    @Arg('input', () => RevertBotSettingsInputType) input: RevertBotSettingsInputType,
    @Ctx() context: ApiContext,
  ) {
    return asNow(context, await revertBotSettings(context.call, input));
  }

  @Extensions({ perViewer: true })
  @FieldResolver(() => BotSettingsType, {
    nullable: true,
    description:
      'What it is told to say; null for a version that never was, and for all but administrators and the bot.',
  })
  async settings(
    @Root() { id: botId, version: current }: BotRow,
    @Args(() => OfBotVersion) { version }: OfBotVersion,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    if (!canReadBotSettings(call.principal, botId)) return null;
    return loaders.botSettings.load({ botId, version: version ?? current });
  }

  @Extensions({ perViewer: true })
  @FieldResolver(() => BotRevisionConnection, {
    nullable: true,
    description: 'The versions of its settings, newest first; null for all but administrators and the bot.',
  })
  async revisions(
    @Root() { id }: BotRow,
    @Args(() => PageForwards) page: PageForwards,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return canReadBotSettings(call.principal, id) ? loaders.botRevisions.load({ id, asked: page }) : null;
  }
}

@Resolver(() => BotRevisionType)
export class BotRevisionResolver {
  @FieldResolver()
  changes(@Root() { botId, version }: BotRevisionRow, @Ctx() { loaders }: ApiContext): Promise<BotSettingChange[]> {
    return loaders.botChanges.load({ botId, version });
  }

  @FieldResolver(() => ActorType, { nullable: true })
  author(@Root() { authorKind: kind, authorId: id }: BotRevisionRow, @Ctx() { loaders }: ApiContext) {
    return loaders.actor({ kind, id });
  }

  @FieldResolver()
  at(@Root() { createdAt }: BotRevisionRow): Date {
    return createdAt;
  }
}

const asNow = async ({ loaders }: ApiContext, id: string) => ({ bot: await loaders.bot.load(id) });
