import { defineEntity } from '@mikro-orm/core';
import { ActorKind, type BotSection } from './enums.js';
import { instant, inWorkspace, oneOf, rootKey, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const BotSchema = defineEntity({
  name: 'Bot',
  tableName: 'bot',
  properties: {
    ...rootKey,
    displayName: p.text(),
    enabled: p.boolean(),
    /** Of its settings, which are in its revision of that version: hundreds of rows are read for the name alone. */
    version: p.integer(),
    createdAt: instant(),
  },
});

/** A program that answers first and hands over to people. */
export class Bot extends BotSchema.class {}
BotSchema.setClass(Bot);

/** One answer that a step offers, and the step that it leads to. */
export interface BotChoice {
  text: string;
  next: string | null;
}

/** One thing that a flow says, and what comes after it. */
export interface BotStep {
  key: string;
  text: string | null;
  choices: BotChoice[];
  next: string | null;
  handsOver: boolean;
}

export interface BotFlow {
  key: string;
  name: string;
  enabled: boolean;
  /** In order; the first begins it. */
  steps: BotStep[];
}

export interface BotCommand {
  name: string;
  description: string | null;
  text: string | null;
  /** The flow that it starts. */
  flow: string | null;
}

export interface BotAutoReply {
  key: string;
  /** Any of them calls for it; none: the first message of a conversation does. */
  keywords: string[];
  text: string | null;
  flow: string | null;
  enabled: boolean;
}

export interface BotModel {
  name: string;
  temperature: number | null;
  maxOutputTokens: number | null;
}

/** All that tells a bot what to say. Never a secret: settings are read, kept for good and committed to by the record. */
export interface BotSettings {
  flows: BotFlow[];
  commands: BotCommand[];
  autoReplies: BotAutoReply[];
  prompt: string | null;
  model: BotModel | null;
}

/** What became of one part of the settings; of a list, of the entry with this key. */
export interface BotSettingChange {
  section: BotSection;
  key: string | null;
  before: unknown;
  after: unknown;
}

const BotRevisionSchema = defineEntity({
  name: 'BotRevision',
  tableName: 'bot_revision',
  properties: {
    workspaceId: workspaceKey(),
    bot: () => inWorkspace(p.manyToOne(Bot).primary(), 'bot_id'),
    /** 1, 2, 3 …, given out under the bot's lock. */
    version: p.integer().primary(),
    settings: p.json<BotSettings>(),
    /** What is different from the version before. */
    changes: p.json<BotSettingChange[]>(),
    /** The older version that this one brought back. */
    revertedTo: p.integer().nullable(),
    authorKind: oneOf(ActorKind),
    authorId: p.uuid().nullable(),
    createdAt: instant(),
    reason: p.text().nullable(),
  },
});

/** The settings of a bot in one version; never changed. */
export class BotRevision extends BotRevisionSchema.class {}
BotRevisionSchema.setClass(BotRevision);
