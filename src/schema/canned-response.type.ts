import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { CannedResponse } from '../entities/canned-response.js';
import type { RowOf } from '../entities/row.js';
import { DateTime } from './scalars.js';

const REASON = 'Why, for the record; 500 characters at most.';
const SHORTCUT = 'Lower-case letters, digits, - and _, 50 at most; unique among those in use.';
const TEXT =
  '1 to 5,000 characters. Placeholders such as `{{contact.name}}` are kept as they are: frontends fill them in before they send.';

@ObjectType('CannedResponse', { simpleResolvers: true, description: 'An answer that is kept to be sent again.' })
export class CannedResponseType implements Pick<
  RowOf<CannedResponse>,
  'id' | 'shortcut' | 'text' | 'useCount' | 'createdAt' | 'deactivatedAt'
> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'What is typed to find it, unique among those in use.' })
  shortcut!: string;
  @Field(() => String, { description: 'As it was written: `{{…}}` is filled in by frontends, never by the server.' })
  text!: string;
  @Field(() => Int, { description: 'How many messages were sent with it.' })
  useCount!: number;
  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was deactivated: from then on nothing is sent with it.',
  })
  deactivatedAt!: Date | null;
}

@InputType('CreateCannedResponseInput', { description: 'A canned response to be.' })
export class CreateCannedResponseInputType {
  @Field(() => String, { description: SHORTCUT })
  shortcut!: string;
  @Field(() => String, { description: TEXT })
  text!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('UpdateCannedResponseInput', {
  description: 'What is to change of a canned response; what is left out stays.',
})
export class UpdateCannedResponseInputType {
  @Field(() => ID, { description: 'The canned response.' })
  cannedResponseId!: string;
  @Field(() => String, { nullable: true, description: SHORTCUT })
  shortcut?: string | null;
  @Field(() => String, { nullable: true, description: TEXT })
  text?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('DeactivateCannedResponseInput', { description: 'The canned response that nothing is to be sent with.' })
export class DeactivateCannedResponseInputType {
  @Field(() => ID, { description: 'The canned response.' })
  cannedResponseId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('CreateCannedResponsePayload', { simpleResolvers: true, description: 'The canned response, created.' })
export class CreateCannedResponsePayload {
  @Field(() => CannedResponseType, { description: 'As it is now.' })
  cannedResponse!: CannedResponseType;
}

@ObjectType('UpdateCannedResponsePayload', { simpleResolvers: true, description: 'The canned response, changed.' })
export class UpdateCannedResponsePayload {
  @Field(() => CannedResponseType, { description: 'As it is now.' })
  cannedResponse!: CannedResponseType;
}

@ObjectType('DeactivateCannedResponsePayload', {
  simpleResolvers: true,
  description: 'The canned response, deactivated.',
})
export class DeactivateCannedResponsePayload {
  @Field(() => CannedResponseType, { description: 'As it is now.' })
  cannedResponse!: CannedResponseType;
}
