import { ArgsType, Field, Float, Int, ObjectType } from 'type-graphql';
import type {
  Bot,
  BotAutoReply,
  BotChoice,
  BotCommand,
  BotFlow,
  BotModel,
  BotSettings,
  BotStep,
} from '../entities/bot.js';
import type { BotSection as BotSectionValue } from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { BotSection } from './bot-enums.js';
import { connectionOf } from './connection.type.js';
import { DateTime, Json } from './scalars.js';

@ObjectType('BotChoice', { simpleResolvers: true, description: 'One answer that a step offers.' })
export class BotChoiceType implements BotChoice {
  @Field(() => String, { description: 'What the customer chooses.' })
  text!: string;
  @Field(() => String, { nullable: true, description: 'The key of the step that it leads to; null ends the flow.' })
  next!: string | null;
}

@ObjectType('BotStep', { simpleResolvers: true, description: 'One thing that a flow says, and what comes after it.' })
export class BotStepType implements BotStep {
  @Field(() => String, { description: 'Its name within the flow.' })
  key!: string;
  @Field(() => String, { nullable: true, description: 'What is said.' })
  text!: string | null;
  @Field(() => [BotChoiceType], { description: 'What the customer may choose from.' })
  choices!: BotChoiceType[];
  @Field(() => String, { nullable: true, description: 'The step after it, unless a choice leads elsewhere.' })
  next!: string | null;
  @Field(() => Boolean, { description: 'The bot hands the conversation over to people here.' })
  handsOver!: boolean;
}

@ObjectType('BotFlow', { simpleResolvers: true, description: 'What a bot says step by step.' })
export class BotFlowType implements BotFlow {
  @Field(() => String, { description: 'Its name among the flows of the bot.' })
  key!: string;
  @Field(() => String, { description: 'What people call it.' })
  name!: string;
  @Field(() => Boolean, { description: 'Whether it is used.' })
  enabled!: boolean;
  @Field(() => [BotStepType], { description: 'Its steps, of which the first begins it.' })
  steps!: BotStepType[];
}

@ObjectType('BotCommand', { simpleResolvers: true, description: 'What a bot answers to a command.' })
export class BotCommandType implements BotCommand {
  @Field(() => String, { description: 'What the customer writes, for example /help.' })
  name!: string;
  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;
  @Field(() => String, { nullable: true, description: 'What is answered.' })
  text!: string | null;
  @Field(() => String, { nullable: true, description: 'The key of the flow that it starts.' })
  flow!: string | null;
}

@ObjectType('BotAutoReply', { simpleResolvers: true, description: 'What a bot answers to words.' })
export class BotAutoReplyType implements BotAutoReply {
  @Field(() => String, { description: 'Its name among the automatic replies of the bot.' })
  key!: string;
  @Field(() => [String], { description: 'Any of them calls for it; none: the first message of a conversation does.' })
  keywords!: string[];
  @Field(() => String, { nullable: true, description: 'What is answered.' })
  text!: string | null;
  @Field(() => String, { nullable: true, description: 'The key of the flow that it starts.' })
  flow!: string | null;
  @Field(() => Boolean, { description: 'Whether it is used.' })
  enabled!: boolean;
}

@ObjectType('BotModel', {
  simpleResolvers: true,
  description: 'Which model a bot uses. Its credentials are kept where the bot runs.',
})
export class BotModelType implements BotModel {
  @Field(() => String, { description: 'What its maker calls it.' })
  name!: string;
  @Field(() => Float, { nullable: true, description: 'How freely it answers, 0 to 2.' })
  temperature!: number | null;
  @Field(() => Int, { nullable: true, description: 'How long an answer may be, in tokens.' })
  maxOutputTokens!: number | null;
}

@ObjectType('BotSettings', {
  simpleResolvers: true,
  description: 'All that tells a bot what to say. No secrets: every version is kept for good, and on the record.',
})
export class BotSettingsType implements BotSettings {
  @Field(() => [BotFlowType], { description: 'What it says step by step, 50 at most.' })
  flows!: BotFlowType[];
  @Field(() => [BotCommandType], { description: 'What it answers to commands, 100 at most.' })
  commands!: BotCommandType[];
  @Field(() => [BotAutoReplyType], { description: 'What it answers to words, 100 at most.' })
  autoReplies!: BotAutoReplyType[];
  @Field(() => String, { nullable: true, description: 'What its model is told.' })
  prompt!: string | null;
  @Field(() => BotModelType, { nullable: true, description: 'Which model it uses.' })
  model!: BotModelType | null;
}

@ObjectType('BotSettingChange', {
  simpleResolvers: true,
  description: 'What became of one part of the settings, from a version to the next.',
})
export class BotSettingChangeType {
  @Field(() => BotSection, { description: 'The part.' })
  section!: BotSectionValue;
  @Field(() => String, {
    nullable: true,
    description:
      'The key of the entry of a list, of a command its name; null where it is the order of a list, the prompt or the model.',
  })
  key!: string | null;
  @Field(() => Json, { nullable: true, description: 'As it was; null where it is new.' })
  before!: unknown;
  @Field(() => Json, { nullable: true, description: 'As it is; null where it is gone.' })
  after!: unknown;
}

@ObjectType('BotRevision', {
  simpleResolvers: true,
  description: 'One version of the settings of a bot; never changed.',
})
export class BotRevisionType {
  @Field(() => Int, { description: 'The version, from 1.' })
  version!: number;
  @Field(() => [BotSettingChangeType], { description: 'What is different from the version before.' })
  changes!: BotSettingChangeType[];
  @Field(() => Int, { nullable: true, description: 'The older version that it brought back.' })
  revertedTo!: number | null;
  @Field(() => ActorType, { nullable: true, description: 'Who made it; null once they are gone.' })
  author!: ActorType | null;
  @Field(() => DateTime, { description: 'When it was made.' })
  at!: Date;
  @Field(() => String, { nullable: true, description: 'Why, as they said.' })
  reason!: string | null;
}

export const BotRevisionConnection = connectionOf(BotRevisionType, 'BotRevision', { streamable: false });

@ArgsType()
export class OfBotVersion {
  @Field(() => Int, { nullable: true, description: 'Of this version; of the current one unless given.' })
  version?: number | null;
}

@ObjectType('Bot', {
  implements: ActorType,
  simpleResolvers: true,
  description: 'A program that answers first and hands over to people.',
})
export class BotType extends ActorType implements Pick<RowOf<Bot>, 'id' | 'displayName' | 'enabled' | 'version'> {
  @Field(() => Boolean, { description: 'Whether its keys work and new conversations go to it.' })
  enabled!: boolean;
  @Field(() => Int, { description: 'The version of its settings, from 1.' })
  version!: number;
}
