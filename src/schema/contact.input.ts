import { Field, ID, InputType } from 'type-graphql';
import type { Channel as ChannelValue } from '../entities/enums.js';
import { Channel } from './enums.js';
import { DateTime, Json } from './scalars.js';

const REASON = 'Why, for the record; 500 characters at most.';
const VERIFIED = 'Whether it is known to be theirs; left out it stays as it is, which is false for a new one.';

@InputType('ContactFilter', {
  description:
    'Which contacts. What is left out leaves that side open; all that is given must hold. Lists hold 250 entries at most.',
})
export class ContactFilterInput {
  @Field(() => String, { nullable: true, description: 'Part of the name, e-mail, phone or external id, in any case.' })
  search?: string | null;
  @Field(() => [ID], { nullable: true, description: 'With any of these labels.' })
  labelIds?: string[] | null;
  @Field(() => [Channel], { nullable: true, description: 'Known over any of these channels.' })
  channels?: ChannelValue[] | null;
  @Field(() => Boolean, { nullable: true, description: 'Blocked, or not.' })
  blocked?: boolean | null;
  @Field(() => DateTime, { nullable: true, description: 'Changed at or after.' })
  updatedFrom?: Date | null;
}

@InputType('ContactIdentityInput', { description: 'How a channel knows a contact.' })
export class ContactIdentityInputType {
  @Field(() => Channel, { description: 'The channel.' })
  channel!: ChannelValue;
  @Field(() => String, {
    description:
      'As the channel writes it, 255 characters at most: an e-mail address, a phone number with its country code, a chat id.',
  })
  address!: string;
  @Field(() => Boolean, { nullable: true, description: VERIFIED })
  verified?: boolean | null;
}

@InputType('UpsertContactInput', {
  description:
    'What a contact is to be like. Who is meant is said by `id`, else by `externalId`, else by `identities`; where there is nobody yet, somebody is made. What is left out stays; null takes away.',
})
export class UpsertContactInputType {
  @Field(() => ID, { nullable: true, description: 'The contact, who must be there.' })
  id?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Their id in another system, 255 characters at most. Together with `id` it is one more value that is given.',
  })
  externalId?: string | null;
  @Field(() => String, { nullable: true, description: 'Their name, 2,000 characters at most.' })
  name?: string | null;
  @Field(() => String, { nullable: true, description: 'Their e-mail; kept in small letters.' })
  email?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'Their phone number with its country code; kept as E.164 writes it: `+4930901820`.',
  })
  phone?: string | null;
  @Field(() => String, { nullable: true, description: 'What there is to know about them, 2,000 characters at most.' })
  about?: string | null;
  @Field(() => String, { nullable: true, description: 'An https address of a picture, 2,000 characters at most.' })
  avatarUrl?: string | null;
  @Field(() => Json, {
    nullable: true,
    description:
      'Attributes by key, as `attributeDefinitions` of contacts says, 50 at most: what is left out stays, null takes one away.',
  })
  attributes?: unknown;
  @Field(() => [ContactIdentityInputType], {
    nullable: true,
    description: 'Addresses that are theirs, 25 at most; others that they have stay.',
  })
  identities?: ContactIdentityInputType[] | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'A repetition with the same key, within a day, changes nothing more; 1 to 255 characters.',
  })
  idempotencyKey?: string | null;
}

@InputType('AddContactIdentityInput', { description: 'At what address a contact is reached too.' })
export class AddContactIdentityInputType {
  @Field(() => ID, { description: 'The contact.' })
  contactId!: string;
  @Field(() => Channel, { description: 'The channel.' })
  channel!: ChannelValue;
  @Field(() => String, { description: 'As `ContactIdentityInput.address`.' })
  address!: string;
  @Field(() => Boolean, { nullable: true, description: VERIFIED })
  verified?: boolean | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('RemoveContactIdentityInput', { description: 'Which address is not a contact’s any more.' })
export class RemoveContactIdentityInputType {
  @Field(() => ID, { description: 'The identity.' })
  identityId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('BlockContactInput', { description: 'The contact to block.' })
export class BlockContactInputType {
  @Field(() => ID, { description: 'The contact.' })
  contactId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('UnblockContactInput', { description: 'The contact to block no longer.' })
export class UnblockContactInputType {
  @Field(() => ID, { description: 'The contact.' })
  contactId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('MergeContactsInput', { description: 'Which two contacts are one.' })
export class MergeContactsInputType {
  @Field(() => ID, { description: 'The contact who is to be nobody of their own any more.' })
  contactId!: string;
  @Field(() => ID, { description: 'The contact who goes on for both.' })
  intoContactId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('UnmergeContactsInput', { description: 'Who was merged and should not have been.' })
export class UnmergeContactsInputType {
  @Field(() => ID, { description: 'The contact who was merged into another one.' })
  contactId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}
