import { Extensions, Field, ID, ObjectType } from 'type-graphql';
import type { Contact, ContactIdentity } from '../entities/contact.js';
import type { Channel as ChannelValue } from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import { ActorType } from './actor.type.js';
import { connectionOf } from './connection.type.js';
import { ConversationConnection } from './conversation.type.js';
import { Channel } from './enums.js';
import { LabelType } from './label.type.js';
import { DateTime, Json } from './scalars.js';
import { TranscriptConnection } from './transcript.type.js';

@ObjectType('ContactIdentity', { simpleResolvers: true, description: 'How a channel knows a contact.' })
export class ContactIdentityType implements Pick<RowOf<ContactIdentity>, 'id' | 'channel' | 'address' | 'verified'> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => Channel, { description: 'The channel.' })
  channel!: ChannelValue;
  @Field(() => String, {
    description:
      'An e-mail address in small letters, a phone number as E.164 writes it where it has a plus, a chat id.',
  })
  address!: string;
  @Field(() => Boolean, { description: 'Whether it is known to be theirs.' })
  verified!: boolean;
}

@ObjectType('Contact', { implements: ActorType, simpleResolvers: true, description: 'A customer.' })
export class ContactType
  extends ActorType
  implements
    Pick<
      RowOf<Contact>,
      | 'id'
      | 'name'
      | 'email'
      | 'phone'
      | 'about'
      | 'avatarUrl'
      | 'externalId'
      | 'blockedAt'
      | 'blockReason'
      | 'createdAt'
      | 'updatedAt'
      | 'erasedAt'
    >
{
  @Field(() => String, { nullable: true, description: 'Their name, where it is known.' })
  name!: string | null;
  @Extensions({ reveals: 'profile' })
  @Field(() => String, {
    nullable: true,
    description: 'Their e-mail, where it is known; null for callers who may not read contacts.',
  })
  email!: string | null;
  @Extensions({ reveals: 'profile' })
  @Field(() => String, {
    nullable: true,
    description: 'Their phone number, where it is known; null for callers who may not read contacts.',
  })
  phone!: string | null;
  @Extensions({ reveals: 'profile' })
  @Field(() => String, {
    nullable: true,
    description: 'What there is to know about them; null for callers who may not read contacts.',
  })
  about!: string | null;
  @Field(() => String, { nullable: true, description: 'Where a picture of them is.' })
  avatarUrl!: string | null;
  @Extensions({ reveals: 'profile' })
  @Field(() => [ContactIdentityType], {
    description: 'How channels know them, 250 at most; none for callers who may not read contacts.',
  })
  identities!: ContactIdentityType[];
  @Extensions({ reveals: 'profile' })
  @Field(() => Json, {
    nullable: true,
    description:
      'Their attributes by key, as `attributeDefinitions` says; those they have not are absent. null for callers who may not read contacts.',
  })
  attributes!: Record<string, string | number | boolean> | null;
  @Field(() => [LabelType], { description: 'Their labels, by name, 250 at most.' })
  labels!: LabelType[];
  @Extensions({ perViewer: true })
  @Field(() => ConversationConnection, {
    description: 'The conversations with them that the viewer may see, latest first.',
  })
  conversations!: unknown;
  @Extensions({ reveals: 'transcript', perViewer: true })
  @Field(() => TranscriptConnection, {
    description:
      'Everything that was said and done in their conversations that the viewer may see, in order of time; the newest 25 unless asked. Counts as reading each of the conversations that it shows something of. Errors: FORBIDDEN for who sees no conversations.',
  })
  timeline!: unknown;
  @Field(() => String, { nullable: true, description: 'Their id in another system, unique in the workspace.' })
  externalId!: string | null;
  @Field(() => ContactType, {
    nullable: true,
    description:
      'Who goes on for them, where they turned out to be another contact; null = they are nobody else, or the caller may not read contacts.',
  })
  mergedInto!: ContactType | null;
  @Field(() => [ContactType], {
    description: 'Who turned out to be them, oldest first, 250 at most; none where the caller may not read contacts.',
  })
  mergedContacts!: ContactType[];
  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when they are blocked: what they write is kept, and waits for nobody. null = they are not.',
  })
  blockedAt!: Date | null;
  @Field(() => String, {
    nullable: true,
    description: 'Why they are blocked, as somebody said; null for callers who may not read contacts.',
  })
  blockReason!: string | null;
  @Field(() => DateTime, { description: 'When they first wrote or were added.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When their profile last changed.' })
  updatedAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When everything personal was erased; null = never.' })
  erasedAt!: Date | null;
}

export const ContactConnection = connectionOf(ContactType, 'Contact', { streamable: false });
