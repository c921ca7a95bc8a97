import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  CreateLabelInputType,
  CreateLabelPayload,
  DeactivateLabelInputType,
  DeactivateLabelPayload,
  LabelType,
  UpdateLabelInputType,
  UpdateLabelPayload,
} from '../schema/label.type.js';
import { listLabels } from '../services/directory.js';
import { createLabel, deactivateLabel, updateLabel } from '../services/labels/write-labels.js';
import type { ApiContext } from './context.js';

@Resolver()
export class LabelResolver {
  @Query(() => [LabelType], {
    description: 'The labels, those in use first, then by name, 250 at most. Errors: FORBIDDEN.',
  })
  labels(
    @Arg('includeInactive', () => Boolean, { defaultValue: false, description: 'Also those that were deactivated.' })
    includeInactive: boolean,
    @Ctx() context: ApiContext,
  ) {
    return listLabels(context.call, { includeInactive });
  }

  @Mutation(() => CreateLabelPayload, {
    description:
      'Creates a label, for administrators. Errors: FORBIDDEN, VALIDATION_FAILED; CONFLICT for a name in use; LIMIT_EXCEEDED at 250 in use.',
  })
  async createLabel(
    @Arg('input', () => CreateLabelInputType) input: CreateLabelInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { label: await loaders.label.load(await createLabel(call, input)) };
  }

  @Mutation(() => UpdateLabelPayload, {
    description:
      'Changes a label wherever it is carried, for administrators. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for a name in use, or a label that was deactivated.',
  })
  async updateLabel(
    @Arg('input', () => UpdateLabelInputType) input: UpdateLabelInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { label: await loaders.label.load(await updateLabel(call, input)) };
  }

  @Mutation(() => DeactivateLabelPayload, {
    description:
      'Lets a label be added to nothing any more, for administrators; what carries it keeps it. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED.',
  })
  async deactivateLabel(
    @Arg('input', () => DeactivateLabelInputType) input: DeactivateLabelInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { label: await loaders.label.load(await deactivateLabel(call, input)) };
  }
}
