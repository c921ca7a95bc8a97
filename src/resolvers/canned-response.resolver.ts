import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  CannedResponseType,
  CreateCannedResponseInputType,
  CreateCannedResponsePayload,
  DeactivateCannedResponseInputType,
  DeactivateCannedResponsePayload,
  UpdateCannedResponseInputType,
  UpdateCannedResponsePayload,
} from '../schema/canned-response.type.js';
import { listCannedResponses } from '../services/canned-responses/read-canned-responses.js';
import {
  createCannedResponse,
  deactivateCannedResponse,
  updateCannedResponse,
} from '../services/canned-responses/write-canned-responses.js';
import type { ApiContext } from './context.js';

@Resolver()
export class CannedResponseResolver {
  @Query(() => [CannedResponseType], {
    description:
      'The canned responses, those in use first, then by shortcut, 250 at most; for who sees conversations. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  cannedResponses(
    @Arg('search', () => String, {
      nullable: true,
      description: 'Only where the shortcut or the text holds this, whatever its case; 2,000 characters at most.',
    })
    search: string | null,
    @Arg('includeInactive', () => Boolean, { defaultValue: false, description: 'Also those that were deactivated.' })
    includeInactive: boolean,
    @Ctx() { call }: ApiContext,
  ) {
    return listCannedResponses(call, { search: search ?? null, includeInactive });
  }

  @Mutation(() => CreateCannedResponsePayload, {
    description:
      'Keeps an answer to be sent again, for administrators. Errors: FORBIDDEN, VALIDATION_FAILED; CONFLICT for a shortcut in use; LIMIT_EXCEEDED at 500 in use.',
  })
  async createCannedResponse(
    @Arg('input', () => CreateCannedResponseInputType) input: CreateCannedResponseInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { cannedResponse: await loaders.cannedResponse.load(await createCannedResponse(call, input)) };
  }

  @Mutation(() => UpdateCannedResponsePayload, {
    description:
      'Changes a canned response, for administrators; messages that were sent with it stay. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for a shortcut in use, or one that was deactivated.',
  })
  async updateCannedResponse(
    @Arg('input', () => UpdateCannedResponseInputType) input: UpdateCannedResponseInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { cannedResponse: await loaders.cannedResponse.load(await updateCannedResponse(call, input)) };
  }

  @Mutation(() => DeactivateCannedResponsePayload, {
    description:
      'Lets nothing be sent with a canned response any more, for administrators. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED.',
  })
  async deactivateCannedResponse(
    @Arg('input', () => DeactivateCannedResponseInputType) input: DeactivateCannedResponseInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { cannedResponse: await loaders.cannedResponse.load(await deactivateCannedResponse(call, input)) };
  }
}
