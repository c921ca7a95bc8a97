import { Field, ObjectType } from 'type-graphql';
import { UpsertResult as values } from '../entities/enums.js';
import { ContactType } from './contact.type.js';
import { named } from './named-enum.js';

export const UpsertResult = named(values, 'UpsertResult', 'What became of what was to be made or changed.', {
  CREATED: 'It was not there and was made.',
  UPDATED: 'It was there and was changed.',
  NOOP: 'It was so already: nothing was changed or recorded.',
});

@ObjectType('UpsertContactPayload', { simpleResolvers: true, description: 'The contact, as they are to be.' })
export class UpsertContactPayload {
  @Field(() => ContactType, { description: 'As they are now.' })
  contact!: ContactType;
  @Field(() => UpsertResult, { description: 'What was done.' })
  result!: keyof typeof values;
}

@ObjectType('AddContactIdentityPayload', { simpleResolvers: true, description: 'The contact, with the address.' })
export class AddContactIdentityPayload {
  @Field(() => ContactType, { description: 'As they are now.' })
  contact!: ContactType;
}

@ObjectType('RemoveContactIdentityPayload', { simpleResolvers: true, description: 'The contact, without the address.' })
export class RemoveContactIdentityPayload {
  @Field(() => ContactType, { description: 'As they are now.' })
  contact!: ContactType;
}

@ObjectType('BlockContactPayload', { simpleResolvers: true, description: 'The contact, blocked.' })
export class BlockContactPayload {
  @Field(() => ContactType, { description: 'As they are now.' })
  contact!: ContactType;
}

@ObjectType('UnblockContactPayload', { simpleResolvers: true, description: 'The contact, no longer blocked.' })
export class UnblockContactPayload {
  @Field(() => ContactType, { description: 'As they are now.' })
  contact!: ContactType;
}

@ObjectType('MergeContactsPayload', { simpleResolvers: true, description: 'The two contacts, as one.' })
export class MergeContactsPayload {
  @Field(() => ContactType, { description: 'Who goes on for both, as they are now.' })
  contact!: ContactType;
  @Field(() => [String], {
    description:
      'The fields in which the two differed, where those of who goes on stayed; `attributes.` and a key for attributes.',
  })
  kept!: string[];
}

@ObjectType('UnmergeContactsPayload', { simpleResolvers: true, description: 'The two contacts, apart.' })
export class UnmergeContactsPayload {
  @Field(() => ContactType, { description: 'Who was merged, as they are now.' })
  contact!: ContactType;
  @Field(() => ContactType, { description: 'Whom they were taken from, as they are now.' })
  from!: ContactType;
}
