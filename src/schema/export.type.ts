import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { ExportFormat as FormatValue, ExportState as StateValue } from '../entities/enums.js';
import type { ExportJob } from '../entities/export-job.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { connectionOf } from './connection.type.js';
import { ExportFormat, ExportState } from './enums.js';
import { DateTime, Json, SafeInt } from './scalars.js';

type Columns =
  | 'id'
  | 'format'
  | 'state'
  | 'filter'
  | 'conversationId'
  | 'contactId'
  | 'reason'
  | 'gzip'
  | 'unmasked'
  | 'fromSequence'
  | 'toSequence'
  | 'rows'
  | 'bytes'
  | 'sha256'
  | 'fault'
  | 'requestedAt'
  | 'completedAt'
  | 'expiresAt';

@ObjectType('Export', { simpleResolvers: true, description: 'A part of the record as a file.' })
export class ExportType implements Pick<RowOf<ExportJob>, Columns> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => ExportFormat, { description: 'How it is written.' })
  format!: FormatValue;
  @Field(() => ExportState, { description: 'Where it stands.' })
  state!: StateValue;
  @Field(() => Json, { description: 'Which events, as it was asked for.' })
  filter!: Record<string, unknown>;
  @Field(() => ID, { nullable: true, description: 'The conversation that evidence is of.' })
  conversationId!: string | null;
  @Field(() => ID, { nullable: true, description: 'The contact that evidence is of.' })
  contactId!: string | null;
  @Field(() => String, { nullable: true, description: 'Why, as they said.' })
  reason!: string | null;
  @Field(() => Boolean, { description: 'The file is zipped.' })
  gzip!: boolean;
  @Field(() => Boolean, {
    description:
      'Addresses, user agents and committed values are in it, as they are shown to who asked; in evidence only where they asked for them.',
  })
  unmasked!: boolean;
  @Field(() => SafeInt, { description: 'The first event that is looked at.' })
  fromSequence!: number;
  @Field(() => SafeInt, {
    description:
      'The last event that is looked at: the newest when it was asked for, at most. Evidence of a conversation or a contact goes on until it is made.',
  })
  toSequence!: number;
  @Field(() => Int, { description: 'How much is done, in percent; 100 only once the file is there.' })
  percent!: number;
  @Field(() => SafeInt, { description: 'How many events are in it, so far.' })
  rows!: number;
  @Field(() => SafeInt, { nullable: true, description: 'Of the file; null until it is there.' })
  bytes!: number | null;
  @Field(() => String, { nullable: true, description: 'SHA-256 of the file, in hexadecimal; null until it is there.' })
  sha256!: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Why it failed: RIGHTS_ENDED or RIGHTS_CHANGED of who asked, NOT_WRITTEN where the file could not be written, or nothing is there that evidence could be of.',
  })
  fault!: string | null;
  @Field(() => ActorType, { nullable: true, description: 'Who asked.' })
  requestedBy!: ActorType | null;
  @Field(() => DateTime, { description: 'When it was asked for.' })
  requestedAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it ended, in whatever way.' })
  completedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When the file is removed, 7 days after it was there.' })
  expiresAt!: Date | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Where the file is fetched with GET, for you and 5 minutes from now; each download is on the record. Null when there is no file.',
  })
  downloadUrl!: string | null;
}

export const ExportConnection = connectionOf(ExportType, 'Export', { streamable: false });

@ObjectType('JobProgress', { simpleResolvers: true, description: 'One frame of `jobProgress`: how far a job is.' })
export class JobProgressType {
  @Field(() => ID, { description: 'The job: the id of an export.' })
  jobId!: string;
  @Field(() => ExportState, { description: 'Where it stands. After the frame that says how it ended the stream ends.' })
  state!: StateValue;
  @Field(() => Int, { description: 'How much is done, in percent.' })
  percent!: number;
  @Field(() => SafeInt, { description: 'How many events are in the file, so far.' })
  rows!: number;
}

@ObjectType('RequestExportPayload', { simpleResolvers: true, description: 'The export, asked for.' })
export class RequestExportPayload {
  @Field(() => ExportType, { description: 'As it is now.' })
  export!: ExportType;
}

@ObjectType('CancelExportPayload', { simpleResolvers: true, description: 'The export, stopped.' })
export class CancelExportPayload {
  @Field(() => ExportType, { description: 'As it is now.' })
  export!: ExportType;
}
