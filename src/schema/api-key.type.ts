import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { ApiKey } from '../entities/api-key.js';
import type { Scope as ScopeValue } from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { Scope } from './enums.js';
import { BotType } from './bot.type.js';
import { DateTime } from './scalars.js';

@ObjectType('ApiKey', {
  implements: ActorType,
  simpleResolvers: true,
  description: 'A program’s credential, tied to no person.',
})
export class ApiKeyType
  extends ActorType
  implements
    Pick<
      RowOf<ApiKey>,
      'id' | 'displayName' | 'prefix' | 'previousSecretUntil' | 'lastUsedAt' | 'createdAt' | 'expiresAt' | 'revokedAt'
    >
{
  @Field(() => BotType, { nullable: true, description: 'The bot that it speaks as.' })
  bot!: BotType | null;
  @Field(() => [Scope], { description: 'What it may do; empty for a bot’s key.' })
  scopes!: ScopeValue[];
  @Field(() => String, { description: 'Its readable start, to recognise it by.' })
  prefix!: string;
  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when the secret before the last rotation is good; null where there was none.',
  })
  previousSecretUntil!: Date | null;
  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was last used, to the minute.' })
  lastUsedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it ends; null = not by itself.' })
  expiresAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was revoked.' })
  revokedAt!: Date | null;
}

@InputType('CreateApiKeyInput', { description: 'A key for a program: with scopes, or for a bot to speak with.' })
export class CreateApiKeyInputType {
  @Field(() => String, { description: 'What people call it; 2,000 characters at most.' })
  displayName!: string;
  @Field(() => [Scope], {
    nullable: true,
    description: 'What it may do; none for the key of a bot. A key gives no scopes that it has not itself.',
  })
  scopes?: ScopeValue[] | null;
  @Field(() => ID, { nullable: true, description: 'The bot that it speaks as.' })
  botId?: string | null;
  @Field(() => DateTime, { nullable: true, description: 'When it ends; not by itself unless given.' })
  expiresAt?: Date | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same key, without its secret. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('CreateApiKeyPayload', { simpleResolvers: true, description: 'The key, created.' })
export class CreateApiKeyPayload {
  @Field(() => ApiKeyType, {
    nullable: true,
    description: 'As it is now; null where it could not be read just now: it is there all the same.',
  })
  apiKey!: ApiKeyType | null;
  @Field(() => String, {
    nullable: true,
    description: 'What it signs in with: shown only now; null for a repeated idempotencyKey.',
  })
  secret!: string | null;
}

@InputType('RotateApiKeyInput', { description: 'The key that gets another secret.' })
export class RotateApiKeyInputType {
  @Field(() => ID, { description: 'The key.' })
  apiKeyId!: string;
  @Field(() => Int, {
    nullable: true,
    description:
      'For how many seconds the secret before is good, 0 to 604,800; 86,400 unless given. The one before that ends at once.',
  })
  graceSeconds?: number | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h changes nothing and answers without a secret. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('RotateApiKeyPayload', { simpleResolvers: true, description: 'The key, with another secret.' })
export class RotateApiKeyPayload {
  @Field(() => ApiKeyType, {
    nullable: true,
    description: 'As it is now; null where it could not be read just now: it has its new secret all the same.',
  })
  apiKey!: ApiKeyType | null;
  @Field(() => String, {
    nullable: true,
    description: 'The new secret: shown only now; null for a repeated idempotencyKey.',
  })
  secret!: string | null;
}

@InputType('RevokeApiKeyInput', { description: 'The key to end.' })
export class RevokeApiKeyInputType {
  @Field(() => ID, { description: 'The key.' })
  apiKeyId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('RevokeApiKeyPayload', { simpleResolvers: true, description: 'The key has ended.' })
export class RevokeApiKeyPayload {
  @Field(() => ApiKeyType, { description: 'As it is now; its sockets are closed.' })
  apiKey!: ApiKeyType;
}
