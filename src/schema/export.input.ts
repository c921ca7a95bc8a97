import { Field, ID, InputType } from 'type-graphql';
import type { ExportFormat as FormatValue } from '../entities/enums.js';
import { AuditEventFilterInput } from './audit-event.input.js';
import { ExportFormat } from './enums.js';
import { DateTime, SafeInt } from './scalars.js';

@InputType('EvidenceInput', {
  description:
    'What a bundle of evidence is of: a conversation, a contact, or a range of times. A range of sequences is given beside it.',
})
export class EvidenceInputType {
  @Field(() => ID, { nullable: true, description: 'All events of this conversation, until the bundle is made.' })
  conversationId?: string | null;
  @Field(() => ID, { nullable: true, description: 'All events of this contact, until the bundle is made.' })
  contactId?: string | null;
  @Field(() => DateTime, { nullable: true, description: 'From what was recorded at this moment on.' })
  from?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Up to what was recorded at this moment, included.' })
  to?: Date | null;
  @Field(() => Boolean, {
    nullable: true,
    description: 'Show addresses, user agents and the values of changed fields; they are withheld unless given.',
  })
  withAddresses?: boolean | null;
}

@InputType('RequestExportInput', { description: 'Which part of the record, and how it is written.' })
export class RequestExportInputType {
  @Field(() => ExportFormat, { description: 'How it is written.' })
  format!: FormatValue;
  @Field(() => AuditEventFilterInput, {
    nullable: true,
    description: 'Which events; all unless given. Not of EVIDENCE.',
  })
  filter?: AuditEventFilterInput | null;
  @Field(() => EvidenceInputType, { nullable: true, description: 'Of EVIDENCE alone: what it is of.' })
  evidence?: EvidenceInputType | null;
  @Field(() => SafeInt, { nullable: true, description: 'From this event on; from the first unless given.' })
  fromSequence?: number | null;
  @Field(() => SafeInt, { nullable: true, description: 'Up to this event; up to the newest unless given.' })
  toSequence?: number | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
  @Field(() => Boolean, { nullable: true, description: 'Zip the file.' })
  gzip?: boolean | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same export. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
}

@InputType('CancelExportInput', { description: 'The export to stop.' })
export class CancelExportInputType {
  @Field(() => ID, { description: 'The export.' })
  exportId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}
