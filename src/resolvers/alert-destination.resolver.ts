import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  AlertDestinationPayload,
  AlertDestinationType,
  CreateAlertDestinationInputType,
  DeleteAlertDestinationInputType,
  DeleteAlertDestinationPayload,
  UpdateAlertDestinationInputType,
} from '../schema/alert-destination.type.js';
import {
  createAlertDestination,
  deleteAlertDestination,
  listAlertDestinations,
  updateAlertDestination,
} from '../services/alert-destinations/write-destinations.js';
import type { ApiContext } from './context.js';

@Resolver(() => AlertDestinationType)
export class AlertDestinationResolver {
  @Query(() => [AlertDestinationType], {
    description: 'Where alerts are sent to, oldest first; for administrators. Errors: FORBIDDEN.',
  })
  alertDestinations(@Ctx() { call }: ApiContext) {
    return listAlertDestinations(call);
  }

  @Mutation(() => AlertDestinationPayload, {
    description:
      'Has alerts sent to somewhere, from the next one on. Errors: FORBIDDEN, VALIDATION_FAILED; LIMIT_EXCEEDED at 20 of them.',
  })
  async createAlertDestination(
    @Arg('input', () => CreateAlertDestinationInputType) input: CreateAlertDestinationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { id, secret } = await createAlertDestination(call, input);
    return { destination: await loaders.alertDestination.load(id), secret };
  }

  @Mutation(() => AlertDestinationPayload, {
    description: 'Changes where alerts are sent to. Errors: NOT_FOUND, VALIDATION_FAILED.',
  })
  async updateAlertDestination(
    @Arg('input', () => UpdateAlertDestinationInputType) input: UpdateAlertDestinationInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { id, secret } = await updateAlertDestination(call, input);
    return { destination: await loaders.alertDestination.load(id), secret };
  }

  @Mutation(() => DeleteAlertDestinationPayload, {
    description: 'Has alerts sent there no longer, and forgets its secret. Errors: NOT_FOUND, VALIDATION_FAILED.',
  })
  async deleteAlertDestination(
    @Arg('input', () => DeleteAlertDestinationInputType) input: DeleteAlertDestinationInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return { destinationId: await deleteAlertDestination(call, input) };
  }
}
