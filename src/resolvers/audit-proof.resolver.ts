import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import {
  AuditCheckpointSinceType,
  AuditCheckpointType,
  AuditKeyType,
  ConsistencyProofType,
  InclusionProofType,
} from '../schema/audit-proof.type.js';
import { SafeInt } from '../schema/scalars.js';
import {
  checkpointSince,
  findCheckpoint,
  listLogKeys,
  proveConsistency,
  proveInclusion,
} from '../services/record/read-proofs.js';
import type { StoredCheckpoint } from '../services/record/signing/stored.js';
import type { ApiContext } from './context.js';

const shown = ({ origin, size, root, note, issuedAt }: StoredCheckpoint): AuditCheckpointType => ({
  origin,
  treeSize: size,
  rootHash: root.toString('base64'),
  note,
  issuedAt,
});

/** Checkpoints and proofs tell hashes, sizes and times of signing, so reading them reveals nothing of the record. */
@Resolver()
export class AuditProofResolver {
  @Query(() => AuditCheckpointType, {
    description:
      'The newest checkpoint of the record, signed now where there is none. For callers who may read all of it. Errors: FORBIDDEN, VALIDATION_FAILED, RECORD_INCONSISTENT, UNAVAILABLE.',
  })
  async auditCheckpoint(
    @Arg('treeSize', () => SafeInt, {
      nullable: true,
      description: 'The smallest over at least so many events instead; signed now where none reaches that far.',
    })
    treeSize: number | null,
    @Ctx() { call }: ApiContext,
  ): Promise<AuditCheckpointType> {
    return shown(await findCheckpoint(call, treeSize ?? null));
  }

  @Query(() => InclusionProofType, {
    description:
      'That an event is in the record. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED, RECORD_INCONSISTENT, UNAVAILABLE.',
  })
  async auditInclusionProof(
    @Arg('sequence', () => SafeInt, { description: 'The sequence of the event.' }) sequence: number,
    @Arg('treeSize', () => SafeInt, {
      nullable: true,
      description: 'To the checkpoint of exactly this size; else to the newest, or to one that is signed now.',
    })
    treeSize: number | null,
    @Ctx() { call }: ApiContext,
  ): Promise<InclusionProofType> {
    const proof = await proveInclusion(call, sequence, treeSize ?? null);
    return { ...proof, checkpoint: shown(proof.checkpoint) };
  }

  @Query(() => ConsistencyProofType, {
    description:
      'That the record has only grown between two sizes. Errors: FORBIDDEN, VALIDATION_FAILED, RECORD_INCONSISTENT.',
  })
  auditConsistencyProof(
    @Arg('fromSize', () => SafeInt, { description: 'The smaller size, 1 at least.' }) fromSize: number,
    @Arg('toSize', () => SafeInt, { description: 'The larger size, at most that of the newest checkpoint.' })
    toSize: number,
    @Ctx() { call }: ApiContext,
  ): Promise<ConsistencyProofType> {
    return proveConsistency(call, fromSize, toSize);
  }

  @Query(() => AuditCheckpointSinceType, {
    description:
      'The newest checkpoint, with the proof that the record has only grown since the one that you kept. Errors: FORBIDDEN; VALIDATION_FAILED for a note that no key of this record has signed; CONFLICT for one of an earlier epoch; RECORD_INCONSISTENT when what it was signed of is no longer there.',
  })
  async auditCheckpointSince(
    @Arg('note', () => String, { description: 'The `note` of a checkpoint that you kept.' }) note: string,
    @Ctx() { call }: ApiContext,
  ): Promise<AuditCheckpointSinceType> {
    const { checkpoint, proof } = await checkpointSince(call, note);
    return { checkpoint: shown(checkpoint), proof };
  }

  @Query(() => [AuditKeyType], {
    description: 'The keys that checkpoints are verified with, in the order in which they signed. Errors: FORBIDDEN.',
  })
  auditKeys(@Ctx() { call }: ApiContext): Promise<AuditKeyType[]> {
    return listLogKeys(call);
  }
}
