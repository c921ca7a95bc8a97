import { Extensions, Field, Float, ID, InputType, ObjectType } from 'type-graphql';
import type { Attachment } from '../entities/attachment.js';
import type { AttachmentKind as KindValue } from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import type { SpeechSegment } from '../entities/speech.js';
import { AttachmentKind } from './enums.js';
import { DateTime, SafeInt } from './scalars.js';

@ObjectType('SpeechSegment', { simpleResolvers: true, description: 'What one speaker says in one go.' })
export class SpeechSegmentType implements SpeechSegment {
  @Field(() => String, { description: 'Who speaks, as whoever wrote it down calls them.' })
  speaker!: string;
  @Field(() => Float, { description: 'When they begin, in seconds from the beginning of the file.' })
  startSeconds!: number;
  @Field(() => Float, { description: 'When they end, in seconds from the beginning of the file.' })
  endSeconds!: number;
  @Field(() => String, { description: 'What they say.' })
  text!: string;
}

@ObjectType('Attachment', {
  simpleResolvers: true,
  description: 'A file that was sent with a message. Fetched through `createDownloadLink`, which is on the record.',
})
export class AttachmentType implements Pick<
  RowOf<Attachment>,
  'id' | 'kind' | 'fileName' | 'contentType' | 'byteSize' | 'sha256' | 'durationSeconds'
> {
  @Field(() => ID, { description: 'Its id.' })
  id!: string;
  @Field(() => AttachmentKind, { description: 'What it is, by its content.' })
  kind!: KindValue;
  @Field(() => String, { description: 'Its name, as its uploader says; 255 characters at most.' })
  fileName!: string;
  @Field(() => String, {
    description: 'Its media type, by its content; `application/octet-stream` where that says nothing.',
  })
  contentType!: string;
  @Field(() => SafeInt, { description: 'Its size in bytes.' })
  byteSize!: number;
  @Field(() => String, { description: 'Its SHA-256, in hexadecimal.' })
  sha256!: string;
  @Field(() => Float, { nullable: true, description: 'How long it plays, in seconds, as its uploader says.' })
  durationSeconds!: number | null;
  @Extensions({ reveals: 'transcript' })
  @Field(() => [SpeechSegmentType], {
    description: 'What is said in it, in order, 250 at most; none until somebody has written it down.',
  })
  speech!: SpeechSegmentType[];
}

@InputType('CreateUploadLinkInput', { description: 'The file that will be uploaded.' })
export class CreateUploadLinkInputType {
  @Field(() => ID, {
    nullable: true,
    description: 'The conversation that it will be sent in; only channels may leave it out.',
  })
  conversationId?: string | null;
  @Field(() => String, { description: 'Its name, 1 to 255 characters, without a path.' })
  fileName!: string;
  @Field(() => String, {
    nullable: true,
    description: 'Its media type, such as image/png, for the limit of its kind; what it is, its content says.',
  })
  contentType?: string | null;
  @Field(() => SafeInt, { description: 'Its size in bytes, 1 to the limit of its kind.' })
  byteSize!: number;
  @Field(() => String, { description: 'Its SHA-256, 64 hexadecimal digits in lower case.' })
  sha256!: string;
  @Field(() => Boolean, { nullable: true, description: 'It is the recording of a call; false unless given.' })
  recording?: boolean | null;
  @Field(() => Float, { nullable: true, description: 'How long it plays, in seconds.' })
  durationSeconds?: number | null;
}

@InputType('CreateDownloadLinkInput', { description: 'The file to fetch.' })
export class CreateDownloadLinkInputType {
  @Field(() => ID, { description: 'The attachment.' })
  attachmentId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('SpeechSegmentInput', { description: 'What one speaker says in one go.' })
export class SpeechSegmentInputType implements SpeechSegment {
  @Field(() => String, { description: 'Who speaks, 1 to 255 characters.' })
  speaker!: string;
  @Field(() => Float, {
    description: 'When they begin, in seconds; not before the segment that stands before this one begins.',
  })
  startSeconds!: number;
  @Field(() => Float, {
    description: 'When they end, in seconds, from `startSeconds` to the end of the file, as far as that is known.',
  })
  endSeconds!: number;
  @Field(() => String, { description: 'What they say, 1 to 2,000 characters.' })
  text!: string;
}

@InputType('SetSpeechInput', { description: 'What is said in a file.' })
export class SetSpeechInputType {
  @Field(() => ID, { description: 'The attachment, an AUDIO, VIDEO or RECORDING that was sent.' })
  attachmentId!: string;
  @Field(() => [SpeechSegmentInputType], {
    description:
      'All of it, in order: 250 segments and 50,000 characters at most. None takes away what was written down.',
  })
  segments!: SpeechSegmentInputType[];
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@ObjectType('SetSpeechPayload', { simpleResolvers: true, description: 'The file, with what is said in it.' })
export class SetSpeechPayload {
  @Field(() => AttachmentType, { description: 'The attachment as it is now.' })
  attachment!: AttachmentType;
}

@ObjectType('CreateUploadLinkPayload', { simpleResolvers: true, description: 'Where the file is to be put.' })
export class CreateUploadLinkPayload {
  @Field(() => ID, { description: 'The attachment, to be named in `attachmentIds` once the file is there.' })
  attachmentId!: string;
  @Field(() => String, { description: 'PUT the file here as the body of one request.' })
  url!: string;
  @Field(() => DateTime, { description: 'Until when the link holds.' })
  expiresAt!: Date;
}

@ObjectType('CreateDownloadLinkPayload', { simpleResolvers: true, description: 'Where the file is fetched.' })
export class CreateDownloadLinkPayload {
  @Field(() => String, { description: 'GET the file here, while you may see its conversation.' })
  url!: string;
  @Field(() => DateTime, { description: 'Until when the link holds.' })
  expiresAt!: Date;
}
