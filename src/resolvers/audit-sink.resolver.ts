import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  CreateAuditSinkInputType,
  DeleteAuditSinkInputType,
  UpdateAuditSinkInputType,
} from '../schema/audit-sink.input.js';
import {
  AuditSinkType,
  CreateAuditSinkPayload,
  DeleteAuditSinkPayload,
  UpdateAuditSinkPayload,
} from '../schema/audit-sink.type.js';
import { findSink, listSinks } from '../services/sinks/read-sinks.js';
import { createAuditSink, deleteAuditSink, updateAuditSink } from '../services/sinks/write-sinks.js';
import type { ApiContext } from './context.js';

@Resolver(() => AuditSinkType)
export class AuditSinkResolver {
  @Query(() => [AuditSinkType], {
    description: 'The systems that the record is pushed to, by name; for administrators. Errors: FORBIDDEN.',
  })
  auditSinks(@Ctx() { call }: ApiContext) {
    return listSinks(call);
  }

  @Mutation(() => CreateAuditSinkPayload, {
    description:
      'Lets the record be pushed to a system, for administrators who read all of it, unmasked. Errors: FORBIDDEN, VALIDATION_FAILED; CONFLICT for another request under a known key, or when there are 20.',
  })
  async createAuditSink(
    @Arg('input', () => CreateAuditSinkInputType) input: CreateAuditSinkInputType,
    @Ctx() { call }: ApiContext,
  ) {
    const { id, secret } = await createAuditSink(call, input);
    return { sink: await findSink(call, id), secret };
  }

  @Mutation(() => UpdateAuditSinkPayload, {
    description:
      'Changes how the record is pushed to a system, for who may create one; the next attempt is made at once. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED.',
  })
  async updateAuditSink(
    @Arg('input', () => UpdateAuditSinkInputType) input: UpdateAuditSinkInputType,
    @Ctx() { call }: ApiContext,
  ) {
    const { id, secret } = await updateAuditSink(call, input);
    return { sink: await findSink(call, id), secret };
  }

  @Mutation(() => DeleteAuditSinkPayload, {
    description: 'Ends that the record is pushed to a system. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED.',
  })
  async deleteAuditSink(
    @Arg('input', () => DeleteAuditSinkInputType) input: DeleteAuditSinkInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return { sinkId: await deleteAuditSink(call, input) };
  }
}
