import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RowOf } from '../entities/row.js';
import type { SavedView } from '../entities/saved-view.js';
import { AgentType, TeamType } from '../schema/people.type.js';
import {
  CreateViewInputType,
  CreateViewPayload,
  DeleteViewInputType,
  DeleteViewPayload,
  UpdateViewInputType,
  UpdateViewPayload,
  ViewType,
} from '../schema/view.type.js';
import { listViews } from '../services/views/read-views.js';
import { createView, deleteView, updateView } from '../services/views/write-views.js';
import type { ApiContext } from './context.js';

@Resolver(() => ViewType)
export class ViewResolver {
  @Query(() => [ViewType], {
    description: 'The caller’s own views and those that are shared with them, by name, 250 at most. Errors: FORBIDDEN.',
  })
  views(@Ctx() { call }: ApiContext) {
    return listViews(call);
  }

  @Mutation(() => CreateViewPayload, {
    description:
      'Keeps a filter and an order under a name. Errors: FORBIDDEN, also for sharing where the caller may not; NOT_FOUND for the team, and for the view of a repeated request that was deleted since; VALIDATION_FAILED; CONFLICT for another request under a known key; LIMIT_EXCEEDED at 50 private views of an agent and 200 shared ones.',
  })
  async createView(
    @Arg('input', () => CreateViewInputType) input: CreateViewInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { view: await loaders.view.load(await createView(call, input)) };
  }

  @Mutation(() => UpdateViewPayload, {
    description:
      'Changes a view, for whose it is, and where it is shared for administrators. Errors: NOT_FOUND, also for the team; FORBIDDEN, VALIDATION_FAILED, LIMIT_EXCEEDED.',
  })
  async updateView(
    @Arg('input', () => UpdateViewInputType) input: UpdateViewInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { view: await loaders.view.load(await updateView(call, input)) };
  }

  @Mutation(() => DeleteViewPayload, {
    description:
      'Deletes a view, for whose it is, and where it is shared for administrators. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async deleteView(
    @Arg('input', () => DeleteViewInputType) input: DeleteViewInputType,
    @Ctx() { call }: ApiContext,
  ): Promise<DeleteViewPayload> {
    return { viewId: await deleteView(call, input) };
  }

  @FieldResolver(() => AgentType, { nullable: true })
  owner(@Root() view: RowOf<SavedView>, @Ctx() { loaders }: ApiContext) {
    return view.ownerId && loaders.agent.load(view.ownerId);
  }

  @FieldResolver(() => TeamType, { nullable: true })
  team(@Root() view: RowOf<SavedView>, @Ctx() { loaders }: ApiContext) {
    return view.teamId && loaders.team.load(view.teamId);
  }
}
