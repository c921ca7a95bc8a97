import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { AuditSink } from '../entities/audit-sink.js';
import type {
  EventFormat as FormatValue,
  SinkHealth as HealthValue,
  SinkKind as KindValue,
} from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import { ExportFormat, SinkHealth, SinkKind } from './enums.js';
import { DateTime, Json, SafeInt } from './scalars.js';

type Columns =
  | 'id'
  | 'name'
  | 'kind'
  | 'format'
  | 'filter'
  | 'url'
  | 'host'
  | 'port'
  | 'tls'
  | 'fingerprint'
  | 'previousSecretUntil'
  | 'health'
  | 'nextSequence'
  | 'failures'
  | 'nextAttemptAt'
  | 'lastSuccessAt'
  | 'lastError'
  | 'lastErrorAt'
  | 'createdAt';

@ObjectType('AuditSink', {
  simpleResolvers: true,
  description: 'A system that the record is pushed to: in order, at least once, from where it last took something.',
})
export class AuditSinkType implements Pick<RowOf<AuditSink>, Columns> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'What people call it.' })
  name!: string;
  @Field(() => SinkKind, { description: 'How it takes events.' })
  kind!: KindValue;
  @Field(() => ExportFormat, { description: 'How events are written.' })
  format!: FormatValue;
  @Field(() => Json, { description: 'Which events, as it was given.' })
  filter!: Record<string, unknown>;
  @Field(() => String, { nullable: true, description: 'Where a webhook goes.' })
  url!: string | null;
  @Field(() => String, { nullable: true, description: 'Where syslog goes.' })
  host!: string | null;
  @Field(() => Int, { nullable: true, description: 'The port of `host`.' })
  port!: number | null;
  @Field(() => Boolean, { description: 'Syslog goes over TLS.' })
  tls!: boolean;
  @Field(() => String, {
    nullable: true,
    description:
      'Of the signing secret: the first 64 bits of its SHA-256, in hexadecimal. The secret is not read back.',
  })
  fingerprint!: string | null;
  @Field(() => DateTime, { nullable: true, description: 'Until when the secret before signs too.' })
  previousSecretUntil!: Date | null;
  @Field(() => SinkHealth, { description: 'How deliveries go.' })
  health!: HealthValue;
  @Field(() => SafeInt, { description: 'Its cursor: everything before this event has been taken, or is not for it.' })
  nextSequence!: number;
  @Field(() => SafeInt, { description: 'How many events of the record are not before its cursor yet.' })
  lag!: number;
  @Field(() => Int, { description: 'Attempts in a row that failed.' })
  failures!: number;
  @Field(() => DateTime, { nullable: true, description: 'When it is tried again; null = at once.' })
  nextAttemptAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it last took something.' })
  lastSuccessAt!: Date | null;
  @Field(() => String, {
    nullable: true,
    description:
      'What went wrong last: ADDRESS_REFUSED, NOT_RESOLVED, NOT_CONNECTED, TLS_FAILED, TIMED_OUT, CLOSED, or REDIRECTED or STATUS with the status.',
  })
  lastError!: string | null;
  @Field(() => DateTime, { nullable: true, description: 'When that was.' })
  lastErrorAt!: Date | null;
  @Field(() => DateTime, { description: 'When it was set up.' })
  createdAt!: Date;
}

@ObjectType('CreateAuditSinkPayload', { simpleResolvers: true, description: 'The sink, set up.' })
export class CreateAuditSinkPayload {
  @Field(() => AuditSinkType, { description: 'As it is now.' })
  sink!: AuditSinkType;
  @Field(() => String, { nullable: true, description: 'The signing secret where it was made here: shown only now.' })
  secret!: string | null;
}

@ObjectType('UpdateAuditSinkPayload', { simpleResolvers: true, description: 'The sink, changed.' })
export class UpdateAuditSinkPayload {
  @Field(() => AuditSinkType, { description: 'As it is now.' })
  sink!: AuditSinkType;
  @Field(() => String, {
    nullable: true,
    description: 'The new signing secret where it was made here: shown only now.',
  })
  secret!: string | null;
}

@ObjectType('DeleteAuditSinkPayload', { simpleResolvers: true, description: 'The sink is gone.' })
export class DeleteAuditSinkPayload {
  @Field(() => ID, { description: 'The sink; nothing is sent to it any more, and its secrets are forgotten.' })
  sinkId!: string;
}
