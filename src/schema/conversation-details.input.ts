import { Field, ID, InputType, Int } from 'type-graphql';
import type { Priority as PriorityValue } from '../entities/enums.js';
import { Priority } from './enums.js';
import { Json } from './scalars.js';

@InputType('SetConversationPriorityInput', { description: 'The priority that a conversation gets.' })
export class SetConversationPriorityInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => Priority, { description: 'The new priority; the one it has changes nothing.' })
  priority!: PriorityValue;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('PinConversationInput', { description: 'The conversation to pin for everybody.' })
export class PinConversationInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('UnpinConversationInput', { description: 'The conversation to unpin.' })
export class UnpinConversationInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('MarkSpamInput', { description: 'The conversation that is spam.' })
export class MarkSpamInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('UnmarkSpamInput', { description: 'The conversation that is no spam.' })
export class UnmarkSpamInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('StarConversationInput', { description: 'The conversation to put the viewer’s own star on.' })
export class StarConversationInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
}

@InputType('UnstarConversationInput', { description: 'The conversation to take the viewer’s own star from.' })
export class UnstarConversationInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
}

@InputType('AddLabelsInput', { description: 'The labels that a conversation or a contact gets.' })
export class AddLabelsInputType {
  @Field(() => ID, { nullable: true, description: 'The conversation; exactly one of conversationId and contactId.' })
  conversationId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The contact; exactly one of conversationId and contactId.' })
  contactId?: string | null;
  @Field(() => [ID], { description: 'The labels, 1 to 25.' })
  labelIds!: string[];
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('RemoveLabelsInput', { description: 'The labels that are taken from a conversation or a contact.' })
export class RemoveLabelsInputType {
  @Field(() => ID, { nullable: true, description: 'The conversation; exactly one of conversationId and contactId.' })
  conversationId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The contact; exactly one of conversationId and contactId.' })
  contactId?: string | null;
  @Field(() => [ID], { description: 'The labels, 1 to 25.' })
  labelIds!: string[];
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}

@InputType('MarkConversationReadInput', { description: 'How far the viewer has read.' })
export class MarkConversationReadInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => Int, { nullable: true, description: 'Up to this position; everything unless given. Never goes back.' })
  position?: number | null;
}

@InputType('UpdateConversationInput', {
  description: 'What changes about a conversation. What is absent stays as it is.',
})
export class UpdateConversationInputType {
  @Field(() => ID, { description: 'The conversation.' })
  conversationId!: string;
  @Field(() => String, { nullable: true, description: 'What it is about, 1 to 2,000 characters; null takes it away.' })
  subject?: string | null;
  @Field(() => Json, {
    nullable: true,
    description:
      'Attributes by key, each as `attributeDefinitions` says: those that are absent stay, null takes one away. 50 at most.',
  })
  attributes?: unknown;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 500 characters at most.' })
  reason?: string | null;
}
