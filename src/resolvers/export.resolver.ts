import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import { PageForwards } from '../schema/connection.type.js';
import { CancelExportInputType, RequestExportInputType } from '../schema/export.input.js';
import {
  CancelExportPayload,
  ExportConnection,
  ExportType,
  JobProgressType,
  RequestExportPayload,
} from '../schema/export.type.js';
import type { ExportRow } from '../services/exports/access-export.js';
import { cancelExport } from '../services/exports/cancel-export.js';
import { jobProgress, type JobProgress } from '../services/exports/export-progress.js';
import { downloadUrl, findExport, listExports, percentOf } from '../services/exports/read-exports.js';
import { requestExport } from '../services/exports/request-export.js';
import { canReadDirectory } from '../services/policy.js';
import type { ApiContext } from './context.js';

@Resolver(() => ExportType)
export class ExportResolver {
  @Query(() => ExportType, {
    nullable: true,
    description: 'One export: your own, or any for who reads all of the record. Errors: NOT_FOUND.',
  })
  export(@Arg('id', () => ID, { description: 'Its id.' }) id: string, @Ctx() { call }: ApiContext) {
    return findExport(call, id);
  }

  @Query(() => ExportConnection, {
    description: 'The exports that the caller may see, newest first. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  exports(@Args(() => PageForwards) page: PageForwards, @Ctx() { call }: ApiContext) {
    return listExports(call, page);
  }

  @Mutation(() => RequestExportPayload, {
    description:
      'Asks for a part of the record as a file, which is written in the background; follow it with `jobProgress`. EVIDENCE is for who reads all conversations and all of the record. Errors: FORBIDDEN, VALIDATION_FAILED; NOT_FOUND for what evidence is to be of; CONFLICT for another request under a known key, or when ten are under way.',
  })
  async requestExport(
    @Arg('input', () => RequestExportInputType) input: RequestExportInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return { export: await findExport(call, await requestExport(call, input)) };
  }

  @Mutation(() => CancelExportPayload, {
    description:
      'Stops an export that has no file yet. Errors: NOT_FOUND, VALIDATION_FAILED; CONFLICT, with its state, when it has ended.',
  })
  async cancelExport(
    @Arg('input', () => CancelExportInputType) input: CancelExportInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return { export: await findExport(call, await cancelExport(call, input)) };
  }

  @FieldResolver()
  percent(@Root() row: ExportRow): number {
    return percentOf(row);
  }

  @FieldResolver(() => ActorType, { nullable: true })
  requestedBy(@Root() row: ExportRow, @Ctx() { call, loaders }: ApiContext) {
    return canReadDirectory(call.principal)
      ? loaders.actor({ kind: row.requestedByKind, id: row.requestedById })
      : null;
  }

  @FieldResolver(() => String, { nullable: true })
  downloadUrl(@Root() row: ExportRow, @Ctx() { call }: ApiContext) {
    return downloadUrl(call, row);
  }
}

@Resolver(() => JobProgressType)
export class JobProgressResolver {
  @Subscription(() => JobProgressType, {
    description:
      'How far an export is, now and as it goes on; ends when it has ended. State, not history: there is no cursor. Errors: NOT_FOUND.',
    subscribe: (({ args, context }: { args: { jobId: string }; context: ApiContext }) =>
      jobProgress(context.call, args.jobId)) as never,
  })
  jobProgress(
    @Root() progress: JobProgress,
    @Arg('jobId', () => ID, { description: 'The id of the export.' }) _jobId: string,
  ) {
    return progress;
  }
}
