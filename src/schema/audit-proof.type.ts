import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime, SafeInt } from './scalars.js';

@ObjectType('AuditCheckpoint', {
  simpleResolvers: true,
  description: 'A signed statement: the first `treeSize` events of this log have this root.',
})
export class AuditCheckpointType {
  @Field(() => String, { description: 'Which log, with its epoch: a URL without its schema.' })
  origin!: string;
  @Field(() => SafeInt, { description: 'How many events, from sequence 0 on.' })
  treeSize!: number;
  @Field(() => String, { description: 'base64 of the root of the RFC 6962 tree over them.' })
  rootHash!: string;
  @Field(() => String, {
    description: 'The signed note, as C2SP tlog-checkpoint has it. Keep it: later proofs start from it.',
  })
  note!: string;
  @Field(() => DateTime, { description: 'When it was signed, by the server’s clock; not a part of what was signed.' })
  issuedAt!: Date;
}

@ObjectType('InclusionProof', {
  simpleResolvers: true,
  description: 'That an event is in the log that a checkpoint was signed of: PATH of RFC 9162 §2.1.3.',
})
export class InclusionProofType {
  @Field(() => SafeInt, { description: 'The sequence of the event.' })
  leafIndex!: number;
  @Field(() => SafeInt, { description: 'The size of the checkpoint’s log.' })
  treeSize!: number;
  @Field(() => String, { description: 'base64; must be SHA-256(0x00 ‖ `leafData` of the event).' })
  leafHash!: string;
  @Field(() => [String], { description: 'base64, from the leaf up.' })
  hashes!: string[];
  @Field(() => AuditCheckpointType, { description: 'What it leads to.' })
  checkpoint!: AuditCheckpointType;
}

@ObjectType('ConsistencyProof', {
  simpleResolvers: true,
  description: 'That the log has only grown from one size to another: PROOF of RFC 9162 §2.1.4.',
})
export class ConsistencyProofType {
  @Field(() => SafeInt, { description: 'The size that was known.' })
  fromSize!: number;
  @Field(() => SafeInt, { description: 'The size that it grew to.' })
  toSize!: number;
  @Field(() => [String], { description: 'base64, in the order of RFC 9162; none where the sizes are equal.' })
  hashes!: string[];
}

@ObjectType('AuditCheckpointSince', {
  simpleResolvers: true,
  description: 'The newest checkpoint, and how it follows from the one that the caller has.',
})
export class AuditCheckpointSinceType {
  @Field(() => AuditCheckpointType, { description: 'The newest.' })
  checkpoint!: AuditCheckpointType;
  @Field(() => ConsistencyProofType, { description: 'From the caller’s to the newest.' })
  proof!: ConsistencyProofType;
}

@ObjectType('AuditKey', { simpleResolvers: true, description: 'A public key that checkpoints are verified with.' })
export class AuditKeyType {
  @Field(() => String, { description: 'C2SP signed-note: name, id and Ed25519 key. Take it from somebody you trust.' })
  vkey!: string;
  @Field(() => Int, { description: 'The epoch of the log that it signs.' })
  epoch!: number;
  @Field(() => SafeInt, { description: 'The first size that it signs.' })
  fromSize!: number;
  @Field(() => SafeInt, { nullable: true, description: 'The last size that it signed; null while it signs.' })
  toSize!: number | null;
}
