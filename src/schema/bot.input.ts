import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { BotType } from './bot.type.js';

const REASON = 'Why, for the record; 500 characters at most.';
const EXPECTED = 'The version that you have looked at: where there is another by now, nothing is changed.';
const STARTS = 'The key of the flow that it starts; with it no text is needed.';

@InputType('BotChoiceInput', { description: 'One answer that a step offers.' })
export class BotChoiceInput {
  @Field(() => String, { description: 'What the customer chooses; 100 characters at most.' })
  text!: string;
  @Field(() => String, { nullable: true, description: 'The key of the step that it leads to; none ends the flow.' })
  next?: string | null;
}

@InputType('BotStepInput', { description: 'One thing that a flow says, and what comes after it.' })
export class BotStepInput {
  @Field(() => String, { description: 'Its name within the flow; 100 characters at most.' })
  key!: string;
  @Field(() => String, { nullable: true, description: 'What is said; 5,000 characters at most.' })
  text?: string | null;
  @Field(() => [BotChoiceInput], { nullable: true, description: 'What the customer may choose from, 20 at most.' })
  choices?: BotChoiceInput[] | null;
  @Field(() => String, { nullable: true, description: 'The step after it, unless a choice leads elsewhere.' })
  next?: string | null;
  @Field(() => Boolean, { nullable: true, description: 'The bot hands over to people here; false unless given.' })
  handsOver?: boolean | null;
}

@InputType('BotFlowInput', { description: 'What a bot is to say step by step.' })
export class BotFlowInput {
  @Field(() => String, { description: 'Its name among the flows of the bot; 100 characters at most.' })
  key!: string;
  @Field(() => String, { description: 'What people call it; 100 characters at most.' })
  name!: string;
  @Field(() => Boolean, { nullable: true, description: 'Whether it is used; true unless given.' })
  enabled?: boolean | null;
  @Field(() => [BotStepInput], { description: 'Its steps, 1 to 100, of which the first begins it.' })
  steps!: BotStepInput[];
}

@InputType('BotCommandInput', { description: 'What a bot is to answer to a command.' })
export class BotCommandInput {
  @Field(() => String, { description: 'What the customer writes, for example /help; 100 characters at most.' })
  name!: string;
  @Field(() => String, { nullable: true, description: 'What it is for; 5,000 characters at most.' })
  description?: string | null;
  @Field(() => String, { nullable: true, description: 'What is answered; 5,000 characters at most.' })
  text?: string | null;
  @Field(() => String, { nullable: true, description: STARTS })
  flow?: string | null;
}

@InputType('BotAutoReplyInput', { description: 'What a bot is to answer to words.' })
export class BotAutoReplyInput {
  @Field(() => String, { description: 'Its name among the automatic replies of the bot; 100 characters at most.' })
  key!: string;
  @Field(() => [String], {
    nullable: true,
    description: 'Any of them calls for it, 50 at most; none: the first message of a conversation does.',
  })
  keywords?: string[] | null;
  @Field(() => String, { nullable: true, description: 'What is answered; 5,000 characters at most.' })
  text?: string | null;
  @Field(() => String, { nullable: true, description: STARTS })
  flow?: string | null;
  @Field(() => Boolean, { nullable: true, description: 'Whether it is used; true unless given.' })
  enabled?: boolean | null;
}

@InputType('BotModelInput', { description: 'Which model a bot is to use. Its credentials do not belong here.' })
export class BotModelInput {
  @Field(() => String, { description: 'What its maker calls it; 100 characters at most.' })
  name!: string;
  @Field(() => Float, { nullable: true, description: 'How freely it answers, 0 to 2.' })
  temperature?: number | null;
  @Field(() => Int, { nullable: true, description: 'How long an answer may be, in tokens, 1 to 1,000,000.' })
  maxOutputTokens?: number | null;
}

@InputType('CreateBotInput', { description: 'A bot to be, without settings.' })
export class CreateBotInputType {
  @Field(() => String, { description: 'What people call it; 2,000 characters at most.' })
  displayName!: string;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same one. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('UpdateBotInput', { description: 'Another name for a bot.' })
export class UpdateBotInputType {
  @Field(() => ID, { description: 'The bot.' })
  botId!: string;
  @Field(() => String, { description: 'What people call it; 2,000 characters at most.' })
  displayName!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('EnableBotInput', { description: 'The bot to switch on.' })
export class EnableBotInputType {
  @Field(() => ID, { description: 'The bot.' })
  botId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('DisableBotInput', { description: 'The bot to switch off.' })
export class DisableBotInputType {
  @Field(() => ID, { description: 'The bot.' })
  botId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('UpdateBotSettingsInput', {
  description:
    'Parts of a bot’s settings, each as a whole; what is left out stays. 65,536 bytes of JSON at most, all together. No secrets.',
})
export class UpdateBotSettingsInputType {
  @Field(() => ID, { description: 'The bot.' })
  botId!: string;
  @Field(() => Int, { description: EXPECTED })
  expectedVersion!: number;
  @Field(() => [BotFlowInput], { nullable: true, description: 'All flows, 50 at most.' })
  flows?: BotFlowInput[] | null;
  @Field(() => [BotCommandInput], { nullable: true, description: 'All commands, 100 at most.' })
  commands?: BotCommandInput[] | null;
  @Field(() => [BotAutoReplyInput], { nullable: true, description: 'All automatic replies, 100 at most.' })
  autoReplies?: BotAutoReplyInput[] | null;
  @Field(() => String, {
    nullable: true,
    description: 'What its model is told; 20,000 characters at most. null takes it away.',
  })
  prompt?: string | null;
  @Field(() => BotModelInput, { nullable: true, description: 'Which model it uses; null takes it away.' })
  model?: BotModelInput | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('RevertBotSettingsInput', { description: 'The settings to bring back.' })
export class RevertBotSettingsInputType {
  @Field(() => ID, { description: 'The bot.' })
  botId!: string;
  @Field(() => Int, { description: 'The version whose settings are to be the next version.' })
  version!: number;
  @Field(() => Int, { description: EXPECTED })
  expectedVersion!: number;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('BotPayload', { simpleResolvers: true, description: 'A bot, created or changed.' })
export class BotPayload {
  @Field(() => BotType, { description: 'As it is now.' })
  bot!: BotType;
}
