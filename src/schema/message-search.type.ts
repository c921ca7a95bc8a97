import { Extensions, Field, ID, ObjectType } from 'type-graphql';
import type { SearchHitKind as KindValue } from '../entities/enums.js';
import { AttachmentType } from './attachment.type.js';
import { connectionOf } from './connection.type.js';
import { ConversationType } from './conversation.type.js';
import { SearchHitKind } from './enums.js';
import { NoteType } from './note.type.js';
import { DateTime } from './scalars.js';
import { MessageType } from './transcript.type.js';

@ObjectType('SnippetPart', { simpleResolvers: true, description: 'A part of a snippet. Plain text, never HTML.' })
export class SnippetPartType {
  @Field(() => String, { description: 'What stands there.' })
  text!: string;
  @Field(() => Boolean, { description: 'It is what was searched for.' })
  highlighted!: boolean;
}

@ObjectType('MessageSearchHit', {
  simpleResolvers: true,
  description: 'A message, a note, a conversation or a recording that was found.',
})
export class MessageSearchHitType {
  @Field(() => ID, { description: 'Of the message, the note, the conversation or the attachment.' })
  id!: string;
  @Field(() => SearchHitKind, { description: 'What was found.' })
  kind!: KindValue;
  @Field(() => DateTime, { description: 'When it was written or sent, or the conversation opened; newest first.' })
  occurredAt!: Date;
  @Extensions({ reveals: 'transcript' })
  @Field(() => [SnippetPartType], {
    description:
      'About 240 characters around the first hit, in order; “…” where more stands before or after. Of a conversation the contact’s name and the subject.',
  })
  snippet!: SnippetPartType[];
  @Field(() => ConversationType, { description: 'The conversation that it belongs to.' })
  conversation!: ConversationType;
  @Extensions({ reveals: 'transcript' })
  @Field(() => MessageType, {
    nullable: true,
    description: 'The message, of a recording the one that it was sent with; null for other kinds.',
  })
  message!: MessageType | null;
  @Extensions({ reveals: 'transcript' })
  @Field(() => AttachmentType, { nullable: true, description: 'The recording; null for other kinds.' })
  attachment!: AttachmentType | null;
  @Extensions({ reveals: 'transcript' })
  @Field(() => NoteType, { nullable: true, description: 'The note; null for other kinds.' })
  note!: NoteType | null;
}

export const MessageSearchConnection = connectionOf(MessageSearchHitType, 'MessageSearch', { streamable: false });
