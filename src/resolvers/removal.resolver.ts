import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RowOf } from '../entities/row.js';
import type { Workspace } from '../entities/workspace.js';
import {
  EraseContactInputType,
  EraseContactPayload,
  PrunableCategoryType,
  RetentionRuleType,
  SetRetentionInputType,
  SetRetentionPayload,
} from '../schema/retention.type.js';
import { UpdateWorkspaceSettingsInputType, UpdateWorkspaceSettingsPayload } from '../schema/settings.type.js';
import { WorkspaceSettingsType, WorkspaceType } from '../schema/workspace.type.js';
import { ownWorkspace } from '../services/lookups.js';
import { eraseContact } from '../services/removals/erase-contact.js';
import { readRetention, retentionDryRun, setRetention } from '../services/removals/retention.js';
import { settingsOf, updateWorkspaceSettings } from '../services/workspaces/update-settings.js';
import type { ApiContext } from './context.js';

@Resolver()
export class RemovalResolver {
  @Mutation(() => EraseContactPayload, {
    description:
      'Takes everything personal of a contact out of the workspace for good, and of all who were merged into them. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for who was merged into another contact; UNAVAILABLE while something arrives from an address that was just added.',
  })
  eraseContact(
    @Arg('input', () => EraseContactInputType) input: EraseContactInputType,
    @Ctx() { call }: ApiContext,
  ): Promise<EraseContactPayload> {
    return eraseContact(call, input);
  }

  @Mutation(() => SetRetentionPayload, {
    description: 'Sets for how long what events say is kept. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  async setRetention(
    @Arg('input', () => SetRetentionInputType) input: SetRetentionInputType,
    @Ctx() { call }: ApiContext,
  ): Promise<SetRetentionPayload> {
    return { retention: await setRetention(call, input) };
  }

  @Query(() => [PrunableCategoryType], {
    description: 'What would be pruned of the record now, by category. Errors: FORBIDDEN.',
  })
  retentionDryRun(@Ctx() { call }: ApiContext): Promise<PrunableCategoryType[]> {
    return retentionDryRun(call);
  }
}

@Resolver(() => WorkspaceType)
export class WorkspaceResolver {
  @Mutation(() => UpdateWorkspaceSettingsPayload, {
    description: 'Changes what is set of the workspace, for administrators. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  async updateWorkspaceSettings(
    @Arg('input', () => UpdateWorkspaceSettingsInputType) input: UpdateWorkspaceSettingsInputType,
    @Ctx() { call }: ApiContext,
  ) {
    await updateWorkspaceSettings(call, input);
    return { workspace: await ownWorkspace(call) };
  }

  @FieldResolver(() => WorkspaceSettingsType)
  settings(@Root() workspace: RowOf<Workspace>): WorkspaceSettingsType {
    return settingsOf(workspace);
  }

  @FieldResolver(() => [RetentionRuleType])
  retention(@Root() workspace: RowOf<Workspace>, @Ctx() { open }: ApiContext): Promise<RetentionRuleType[]> {
    return readRetention(open.app, workspace.id);
  }
}
