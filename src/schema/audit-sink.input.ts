import { Field, ID, InputType, Int } from 'type-graphql';
import type { ExportFormat as FormatValue, SinkKind as KindValue } from '../entities/enums.js';
import { AuditEventFilterInput } from './audit-event.input.js';
import { ExportFormat, SinkKind } from './enums.js';
import { SafeInt } from './scalars.js';

const SECRET =
  'What webhooks are signed with: `whsec_` and 24 to 64 bytes in base64. One is made where none is given. It is never read back.';

@InputType('CreateAuditSinkInput', { description: 'A system that the record is to be pushed to.' })
export class CreateAuditSinkInputType {
  @Field(() => String, { description: 'What people call it; 100 characters at most.' })
  name!: string;
  @Field(() => SinkKind, { description: 'How it takes events.' })
  kind!: KindValue;
  @Field(() => ExportFormat, { description: 'How events are written; not CSV, not EVIDENCE.' })
  format!: FormatValue;
  @Field(() => AuditEventFilterInput, {
    nullable: true,
    description: 'Which events, `minSeverity` among what can be asked for; all unless given.',
  })
  filter?: AuditEventFilterInput | null;
  @Field(() => String, { nullable: true, description: 'For WEBHOOK: an https address.' })
  url?: string | null;
  @Field(() => String, { nullable: true, description: 'For SYSLOG: a name or an address.' })
  host?: string | null;
  @Field(() => Int, { nullable: true, description: 'For SYSLOG: 1 to 65535; 6514 is usual for TLS.' })
  port?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'For SYSLOG: over TLS, as it is unless given.' })
  tls?: boolean | null;
  @Field(() => String, { nullable: true, description: `For WEBHOOK. ${SECRET}` })
  secret?: string | null;
  @Field(() => SafeInt, { nullable: true, description: 'From this event on; from now on unless given.' })
  fromSequence?: number | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same sink. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('UpdateAuditSinkInput', { description: 'What is to change of a sink; what is left out stays.' })
export class UpdateAuditSinkInputType {
  @Field(() => ID, { description: 'The sink.' })
  sinkId!: string;
  @Field(() => String, { nullable: true, description: 'What people call it; 100 characters at most.' })
  name?: string | null;
  @Field(() => ExportFormat, { nullable: true, description: 'How events are written; not CSV, not EVIDENCE.' })
  format?: FormatValue | null;
  @Field(() => AuditEventFilterInput, { nullable: true, description: 'Which events; replaces the filter before.' })
  filter?: AuditEventFilterInput | null;
  @Field(() => String, { nullable: true, description: 'For WEBHOOK: an https address.' })
  url?: string | null;
  @Field(() => String, { nullable: true, description: 'For SYSLOG: a name or an address.' })
  host?: string | null;
  @Field(() => Int, { nullable: true, description: 'For SYSLOG: 1 to 65535.' })
  port?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'For SYSLOG: over TLS.' })
  tls?: boolean | null;
  @Field(() => Boolean, { nullable: true, description: 'false: nothing is sent until true; the cursor stays.' })
  enabled?: boolean | null;
  @Field(() => String, { nullable: true, description: `The one before signs too for 24 h. ${SECRET}` })
  secret?: string | null;
  @Field(() => Boolean, { nullable: true, description: 'Make a new secret; the one before signs too for 24 h.' })
  rotateSecret?: boolean | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('DeleteAuditSinkInput', { description: 'The sink to be rid of.' })
export class DeleteAuditSinkInputType {
  @Field(() => ID, { description: 'The sink.' })
  sinkId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}
