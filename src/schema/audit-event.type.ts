import { Extensions, Field, ID, ObjectType } from 'type-graphql';
import type { ActorKind as ActorKindValue } from '../entities/enums.js';
import { ActorType } from './actor.type.js';
import { connectionOf } from './connection.type.js';
import { ConversationType } from './conversation.type.js';
import { ActorKind, AuditCategory, AuditEventState, Outcome, Severity } from './enums.js';
import { TeamType } from './people.type.js';
import { DateTime, Json, SafeInt } from './scalars.js';

@ObjectType('AuditParty', { simpleResolvers: true, description: 'Who did something, named as they were called then.' })
export class AuditPartyType {
  @Field(() => ActorKind, { description: 'What kind of actor.' })
  kind!: ActorKindValue;
  @Field(() => ID, { nullable: true, description: 'Their id; null for the product itself and for who was not known.' })
  id!: string | null;
  @Field(() => String, { description: 'What they were called when it happened; `[erased]` once erased.' })
  label!: string;
  @Field(() => ActorType, { nullable: true, description: 'Who they are now; null for callers who may not see them.' })
  actor!: ActorType | null;
}

@ObjectType('AuditTarget', { simpleResolvers: true, description: 'What something was done to.' })
export class AuditTargetType {
  @Field(() => String, { description: 'What kind of object: conversation, message, agent, …' })
  type!: string;
  @Field(() => ID, { nullable: true, description: 'Its id.' })
  id!: string | null;
  @Field(() => String, { description: 'What it was called when it happened; `[erased]` once erased.' })
  label!: string;
}

@ObjectType('Change', { simpleResolvers: true, description: 'A field that changed.' })
export class ChangeDetailType {
  @Field(() => String, { description: 'The field.' })
  field!: string;
  @Field(() => Json, { nullable: true, description: 'Its value before.' })
  before!: unknown;
  @Field(() => Json, { nullable: true, description: 'Its value after.' })
  after!: unknown;
  @Field(() => Boolean, { description: 'The values are not shown: personal, and you have no need of them, or erased.' })
  redacted!: boolean;
}

@ObjectType('AuditAnnotation', {
  simpleResolvers: true,
  description: 'A remark on an event, by somebody who read it. Itself an event, `audit.annotated`.',
})
export class AuditAnnotationType {
  @Field(() => ID, { description: 'The id of its own event.' })
  id!: string;
  @Field(() => String, { nullable: true, description: 'What it says; null once erased.' })
  text!: string | null;
  @Field(() => AuditPartyType, { description: 'Who wrote it.' })
  author!: AuditPartyType;
  @Field(() => DateTime, { description: 'When it was recorded.' })
  createdAt!: Date;
}

@ObjectType('AuditEvent', {
  simpleResolvers: true,
  description: 'Something that happened, as the record keeps it. What is null is gone, or not for you.',
})
export class AuditEventType {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => SafeInt, {
    description: 'Its place in the workspace’s log: 0, 1, 2 … without gaps. Also its Merkle leaf index.',
  })
  sequence!: number;
  @Field(() => AuditEventState, { description: 'Whether its content is still there.' })
  state!: string;
  @Field(() => String, { nullable: true, description: 'noun.past_participle, see `auditActions`.' })
  action!: string | null;
  @Field(() => AuditCategory, { nullable: true, description: 'The part of the product that it belongs to.' })
  category!: string | null;
  @Field(() => Severity, { nullable: true, description: 'How much it matters.' })
  severity!: string | null;
  @Field(() => Outcome, { nullable: true, description: 'How it ended.' })
  outcome!: string | null;
  @Field(() => AuditPartyType, { nullable: true, description: 'Who did it.' })
  actor!: AuditPartyType | null;
  @Field(() => AuditPartyType, { nullable: true, description: 'For whom they did it.' })
  onBehalfOf!: AuditPartyType | null;
  @Field(() => AuditTargetType, { nullable: true, description: 'What it was done to.' })
  target!: AuditTargetType | null;
  @Extensions({ perViewer: true })
  @Field(() => ConversationType, {
    nullable: true,
    description: 'The conversation; null for callers who may not see it.',
  })
  conversation!: ConversationType | null;
  @Field(() => TeamType, { nullable: true, description: 'The team that the conversation belonged to.' })
  team!: TeamType | null;
  @Field(() => [ChangeDetailType], { description: 'The fields that it changed.' })
  changes!: ChangeDetailType[];
  @Field(() => String, { nullable: true, description: 'Why, as they said.' })
  reason!: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'In plain English: “Bo accepted the handover of conversation #1001”.',
  })
  summary!: string | null;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When it happened, as a channel or an import may say. Not the order.',
  })
  occurredAt!: Date | null;
  @Field(() => DateTime, { description: 'When it was recorded: strictly ascending with the sequence.' })
  recordedAt!: Date;
  @Field(() => String, { nullable: true, description: 'From where; for administrators and auditors.' })
  ipAddress!: string | null;
  @Field(() => String, { nullable: true, description: 'With what; for administrators and auditors.' })
  userAgent!: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'The request that it was part of; shared by all events of one request.',
  })
  requestId!: string | null;
  @Field(() => ID, { nullable: true, description: 'The event that caused it.' })
  causationId!: string | null;
  @Extensions({ perViewer: true })
  @Field(() => AuditEventType, {
    nullable: true,
    description: 'The event that caused it; null for callers who may not read that.',
  })
  causation!: AuditEventType | null;
  @Extensions({ perViewer: true })
  @Field(() => [AuditEventType], {
    description: 'The other events of the same request that the caller may read, in order, 100 at most.',
  })
  related!: AuditEventType[];
  @Field(() => ID, { nullable: true, description: 'The session that it was done in.' })
  sessionId!: string | null;
  @Field(() => Json, { nullable: true, description: 'What else the action keeps.' })
  metadata!: unknown;
  @Field(() => String, { description: 'base64 of SHA-256(0x00 ‖ leafData), as in RFC 6962.' })
  leafHash!: string;
  @Field(() => String, { description: 'The exact text that was hashed into the log, microseconds included.' })
  leafData!: string;
  @Field(() => [AuditAnnotationType], {
    description: 'Remarks on it, oldest first, 250 at most: whoever reads the event reads them.',
  })
  annotations!: AuditAnnotationType[];
}

export const AuditEventConnection = connectionOf(AuditEventType, 'AuditEvent', { streamable: true });

@ObjectType('AuditEventDelivery', { simpleResolvers: true, description: 'One frame of `auditEvents`.' })
export class AuditEventDeliveryType {
  @Field(() => AuditEventType, { nullable: true, description: 'The event; null when only the cursor moved.' })
  event!: AuditEventType | null;
  @Field(() => String, { description: 'Subscribe with this as `afterEvent` to go on after this frame.' })
  cursor!: string;
}

@ObjectType('AuditAction', { simpleResolvers: true, description: 'An action that can be recorded.' })
export class AuditActionType {
  @Field(() => String, { description: 'noun.past_participle; never changes.' })
  name!: string;
  @Field(() => AuditCategory, { description: 'The part of the product that it belongs to.' })
  category!: string;
  @Field(() => Severity, { description: 'How much it matters, unless an event says otherwise.' })
  severity!: string;
  @Field(() => String, { description: 'What it means.' })
  description!: string;
}
