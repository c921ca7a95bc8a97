import { Field, ID, InputType } from 'type-graphql';

@InputType('EditMessageInput', { description: 'What a message is changed to.' })
export class EditMessageInputType {
  @Field(() => ID, { description: 'The message.' })
  messageId!: string;
  @Field(() => String, { description: 'The new text, 1 to 50,000 characters; the same changes nothing.' })
  text!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('DeleteMessageInput', { description: 'The message to take back.' })
export class DeleteMessageInputType {
  @Field(() => ID, { description: 'The message.' })
  messageId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('AddNoteInput', { description: 'What to note about a conversation.' })
export class AddNoteInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => String, { description: 'The text, 1 to 50,000 characters.' })
  text!: string;
  @Field(() => [ID], { nullable: true, description: 'The agents whose attention it calls for, 25 at most.' })
  mentionIds?: string[] | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same note. Another request under it is a CONFLICT.',
  })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('EditNoteInput', { description: 'What a note is changed to.' })
export class EditNoteInputType {
  @Field(() => ID, { description: 'The note.' })
  noteId!: string;
  @Field(() => String, { description: 'The new text, 1 to 50,000 characters; the same changes nothing.' })
  text!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}
