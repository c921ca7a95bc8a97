import { defineEntity } from '@mikro-orm/core';
import { instant, rootKey } from './keys.js';

const p = defineEntity.properties;

const BotSchema = defineEntity({
  name: 'Bot',
  tableName: 'bot',
  properties: {
    ...rootKey,
    displayName: p.text(),
    enabled: p.boolean(),
    version: p.integer(),
    settings: p.json<Record<string, unknown>>(),
    createdAt: instant(),
  },
});

/** A program that answers first and hands over to people. */
export class Bot extends BotSchema.class {}
BotSchema.setClass(Bot);
