import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Translation } from '../entities/translation.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { DateTime } from './scalars.js';

@ObjectType('Translation', {
  simpleResolvers: true,
  description: 'What a message says in another language. Never for the customer.',
})
export class TranslationType implements Pick<RowOf<Translation>, 'language' | 'text'> {
  @Field(() => String, { description: 'The language, as a canonical BCP 47 tag.' })
  language!: string;
  @Field(() => String, { description: 'What it says in that language; 50,000 characters at most.' })
  text!: string;
  @Field(() => ActorType, { nullable: true, description: 'Who has translated it; null once they are gone.' })
  translatedBy!: ActorType | null;
  @Field(() => DateTime, { description: 'When it was translated.' })
  translatedAt!: Date;
}

@InputType('SetTranslationInput', { description: 'What a message says in another language.' })
export class SetTranslationInputType {
  @Field(() => ID, { description: 'The message.' })
  messageId!: string;
  @Field(() => String, { description: 'The language, as a BCP 47 tag, such as de or pt-BR.' })
  language!: string;
  @Field(() => String, { description: 'What it says in that language, 1 to 50,000 characters.' })
  text!: string;
  @Field(() => DateTime, {
    nullable: true,
    description:
      '`editedAt` of the message as it was translated, null where it had never been changed: a CONFLICT where it says something else by now. Left out, that is not looked at.',
  })
  messageEditedAt?: Date | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}
