import { Field, Int, ObjectType } from 'type-graphql';
import type { Note, TextRevision } from '../entities/note.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { connectionOf } from './connection.type.js';
import { ConversationType } from './conversation.type.js';
import { AgentType } from './people.type.js';
import { DateTime } from './scalars.js';
import { TranscriptEntryType } from './transcript-entry.type.js';

/** Declares a revision type; messages and notes have one each, alike in everything but the name. */
function revisionOf(name: string) {
  @ObjectType(name, { simpleResolvers: true, description: 'What it said before it was changed.' })
  class RevisionType implements Pick<RowOf<TextRevision>, 'number' | 'text' | 'editedAt' | 'reason'> {
    @Field(() => Int, { description: '1, 2, 3 …, oldest first.' })
    number!: number;
    @Field(() => String, { description: 'What it said until it was changed.' })
    text!: string;
    @Field(() => ActorType, { nullable: true, description: 'Who changed it; null once they are gone.' })
    editedBy!: ActorType | null;
    @Field(() => DateTime, { description: 'When it was changed.' })
    editedAt!: Date;
    @Field(() => String, { nullable: true, description: 'Why, as they said.' })
    reason!: string | null;
  }
  return RevisionType;
}

export const MessageRevisionType = revisionOf('MessageRevision');
export const NoteRevisionType = revisionOf('NoteRevision');

@ObjectType('Note', {
  implements: TranscriptEntryType,
  simpleResolvers: true,
  description: 'What people tell each other about a conversation. Never for the customer.',
})
export class NoteType
  extends TranscriptEntryType
  implements Pick<RowOf<Note>, 'id' | 'position' | 'text' | 'createdAt' | 'editedAt'>
{
  @Field(() => ConversationType, { description: 'The conversation that it belongs to.' })
  conversation!: ConversationType;
  @Field(() => String, { description: 'The text, 50,000 characters at most.' })
  text!: string;
  @Field(() => [AgentType], { description: 'Whose attention it calls for, by name.' })
  mentions!: AgentType[];
  @Field(() => [NoteRevisionType], { description: 'What it said before, oldest first; 250 at most.' })
  revisions!: unknown[];
  @Field(() => DateTime, { nullable: true, description: 'When it was last changed.' })
  editedAt!: Date | null;
  @Field(() => DateTime, { description: 'When it was written.' })
  createdAt!: Date;
}

export const NoteConnection = connectionOf(NoteType, 'Note', { streamable: false });
