import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ApiKey } from '../entities/api-key.js';
import type { RowOf } from '../entities/row.js';
import {
  ApiKeyType,
  CreateApiKeyInputType,
  CreateApiKeyPayload,
  RevokeApiKeyInputType,
  RevokeApiKeyPayload,
  RotateApiKeyInputType,
  RotateApiKeyPayload,
} from '../schema/api-key.type.js';
import { BotType } from '../schema/bot.type.js';
import { besideSecret } from '../services/beside-secret.js';
import { listApiKeys } from '../services/api-keys/read-api-keys.js';
import { createApiKey, revokeApiKey, rotateApiKey } from '../services/api-keys/write-api-keys.js';
import type { ApiContext } from './context.js';

@Resolver(() => ApiKeyType)
export class ApiKeyResolver {
  @Query(() => [ApiKeyType], {
    description: 'The API keys, by name, 250 at most; for administrators. Errors: FORBIDDEN.',
  })
  apiKeys(
    @Arg('includeEnded', () => Boolean, {
      defaultValue: false,
      description: 'Also those that were revoked or have expired.',
    })
    includeEnded: boolean,
    @Ctx() { call }: ApiContext,
  ) {
    return listApiKeys(call, { includeEnded });
  }

  @Mutation(() => CreateApiKeyPayload, {
    description:
      'Creates an API key, for administrators. Errors: FORBIDDEN, also for scopes that the caller, a key, has not; NOT_FOUND for the bot; VALIDATION_FAILED; CONFLICT for another request under a known key; LIMIT_EXCEEDED at 250 keys.',
  })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInputType) input: CreateApiKeyInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { id, secret } = await createApiKey(call, input);
    return { apiKey: await besideSecret(loaders.apiKey.load(id)), secret };
  }

  @Mutation(() => RotateApiKeyPayload, {
    description:
      'Gives a key another secret; the one before is good for some time yet. Errors: FORBIDDEN, also for a key that may do more than the caller, a key itself; NOT_FOUND; VALIDATION_FAILED; CONFLICT for a key that has ended, and for another request under a known key.',
  })
  async rotateApiKey(
    @Arg('input', () => RotateApiKeyInputType) input: RotateApiKeyInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { id, secret } = await rotateApiKey(call, input);
    return { apiKey: await besideSecret(loaders.apiKey.load(id)), secret };
  }

  @Mutation(() => RevokeApiKeyPayload, {
    description: 'Ends a key and closes its sockets. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED.',
  })
  async revokeApiKey(
    @Arg('input', () => RevokeApiKeyInputType) input: RevokeApiKeyInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { apiKey: await loaders.apiKey.load(await revokeApiKey(call, input)) };
  }

  @FieldResolver(() => BotType, { nullable: true })
  bot(@Root() key: RowOf<ApiKey>, @Ctx() { loaders }: ApiContext) {
    return key.botId && loaders.bot.load(key.botId);
  }
}
