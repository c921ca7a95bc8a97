import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Channel as ChannelValue } from '../entities/enums.js';
import { Channel } from './enums.js';
import { InboxType } from './people.type.js';

const REASON = 'Why, for the record; 500 characters at most.';
const IDEMPOTENCY =
  'Yours, 1 to 255 characters: repeating the request with it within 24 h answers with the same one. Another request under it is a CONFLICT.';

@InputType('CreateInboxInput', { description: 'An inbox to be.' })
export class CreateInboxInputType {
  @Field(() => String, { description: 'What people call it; 2,000 characters at most.' })
  name!: string;
  @Field(() => Channel, { description: 'Over what its customers write.' })
  channel!: ChannelValue;
  @Field(() => [ID], { nullable: true, description: 'Who sees all of its conversations.' })
  memberIds?: string[] | null;
  @Field(() => ID, { nullable: true, description: 'The team that its new conversations go to.' })
  defaultTeamId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The bot that answers first.' })
  botId?: string | null;
  @Field(() => String, { nullable: true, description: IDEMPOTENCY })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('CreateInboxPayload', { simpleResolvers: true, description: 'The inbox, created.' })
export class CreateInboxPayload {
  @Field(() => InboxType, { description: 'As it is now.' })
  inbox!: InboxType;
}

@InputType('UpdateInboxInput', { description: 'What is to change of an inbox; what is left out stays.' })
export class UpdateInboxInputType {
  @Field(() => ID, { description: 'The inbox.' })
  inboxId!: string;
  @Field(() => String, { nullable: true, description: 'What people call it; 2,000 characters at most.' })
  name?: string | null;
  @Field(() => ID, { nullable: true, description: 'The team that its new conversations go to; null for none.' })
  defaultTeamId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The bot that answers first; null for none.' })
  botId?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('UpdateInboxPayload', { simpleResolvers: true, description: 'The inbox, changed.' })
export class UpdateInboxPayload {
  @Field(() => InboxType, { description: 'As it is now.' })
  inbox!: InboxType;
}

@InputType('DeactivateInboxInput', { description: 'The inbox that nothing is to arrive in.' })
export class DeactivateInboxInputType {
  @Field(() => ID, { description: 'The inbox.' })
  inboxId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('DeactivateInboxPayload', { simpleResolvers: true, description: 'The inbox, deactivated.' })
export class DeactivateInboxPayload {
  @Field(() => InboxType, { description: 'As it is now.' })
  inbox!: InboxType;
}

@InputType('AddInboxMembersInput', { description: 'Who is to see all of an inbox.' })
export class AddInboxMembersInputType {
  @Field(() => ID, { description: 'The inbox.' })
  inboxId!: string;
  @Field(() => [ID], { description: 'The agents, 1 to 250.' })
  agentIds!: string[];
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('AddInboxMembersPayload', { simpleResolvers: true, description: 'The inbox, with the members added.' })
export class AddInboxMembersPayload {
  @Field(() => InboxType, { description: 'As it is now.' })
  inbox!: InboxType;
}

@InputType('RemoveInboxMembersInput', { description: 'Who is not to see all of an inbox any more.' })
export class RemoveInboxMembersInputType {
  @Field(() => ID, { description: 'The inbox.' })
  inboxId!: string;
  @Field(() => [ID], { description: 'The agents, 1 to 250.' })
  agentIds!: string[];
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('RemoveInboxMembersPayload', { simpleResolvers: true, description: 'The inbox, with the members removed.' })
export class RemoveInboxMembersPayload {
  @Field(() => InboxType, { description: 'As it is now.' })
  inbox!: InboxType;
}
