import { defineEntity } from '@mikro-orm/core';
import { Bot } from './bot.js';
import type { Scope } from './enums.js';
import { instant, inWorkspace, rootKey } from './keys.js';

const p = defineEntity.properties;

const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  properties: {
    ...rootKey,
    displayName: p.text(),
    /** A bot's key: it speaks as the bot and has no scopes. */
    bot: () => inWorkspace(p.manyToOne(Bot).nullable(), 'bot_id'),
    scopes: p.array().$type<Scope[]>(),
    /** The readable start of the key, to recognise it by. */
    prefix: p.text(),
    /** SHA-256 of the key, base64url. */
    secretHash: p.text().unique(),
    /** Counts the secrets that it has had, from 1: who came with an earlier one is told from who has this. */
    secretVersion: p.integer().default(1),
    /** The hash of the secret before, which is good until then. */
    previousSecretHash: p.text().nullable().unique(),
    previousSecretUntil: instant().nullable(),
    createdAt: instant(),
    lastUsedAt: instant().nullable(),
    expiresAt: instant().nullable(),
    revokedAt: instant().nullable(),
  },
});

/** A program's credential, tied to no person. */
export class ApiKey extends ApiKeySchema.class {}
ApiKeySchema.setClass(ApiKey);
