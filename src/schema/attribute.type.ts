import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { AttributeDefinition } from '../entities/attribute-definition.js';
import type { AttributeNoun as NounValue, AttributeType as TypeValue } from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import { DateTime } from './scalars.js';
import { AttributeNoun, AttributeType } from './setting-enums.js';

const REASON = 'Why, for the record; 500 characters at most.';

@ObjectType('AttributeDefinition', {
  simpleResolvers: true,
  description: 'An attribute that the workspace has given to its conversations or contacts.',
})
export class AttributeDefinitionType implements Pick<
  RowOf<AttributeDefinition>,
  'id' | 'noun' | 'key' | 'name' | 'description' | 'type' | 'choices' | 'createdAt' | 'deactivatedAt'
> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => AttributeNoun, { description: 'What has it.' })
  noun!: NounValue;
  @Field(() => String, { description: 'By which its values are set and read; unique among those in use.' })
  key!: string;
  @Field(() => String, { description: 'What people call it.' })
  name!: string;
  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;
  @Field(() => AttributeType, { description: 'What its values are.' })
  type!: TypeValue;
  @Field(() => [String], { description: 'Of a LIST: what may be chosen, in the order to show; else empty.' })
  choices!: string[];
  @Field(() => DateTime, { description: 'When it was defined.' })
  createdAt!: Date;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was deactivated: from then on no value is set, and those that are there stay.',
  })
  deactivatedAt!: Date | null;
}

@InputType('CreateAttributeDefinitionInput', { description: 'An attribute to be.' })
export class CreateAttributeDefinitionInputType {
  @Field(() => AttributeNoun, { description: 'What gets it.' })
  noun!: NounValue;
  @Field(() => String, {
    description: 'Lower-case letters, digits and _, beginning with a letter; 50 characters at most. Never changes.',
  })
  key!: string;
  @Field(() => String, { description: 'What people call it; 100 characters at most.' })
  name!: string;
  @Field(() => String, { nullable: true, description: 'What it is for; 2,000 characters at most.' })
  description?: string | null;
  @Field(() => AttributeType, { description: 'What its values are. Never changes.' })
  type!: TypeValue;
  @Field(() => [String], { nullable: true, description: 'Of a LIST: 1 to 100 choices of at most 200 characters.' })
  choices?: string[] | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('UpdateAttributeDefinitionInput', {
  description: 'What is to change of an attribute; what is left out stays.',
})
export class UpdateAttributeDefinitionInputType {
  @Field(() => ID, { description: 'The attribute.' })
  attributeDefinitionId!: string;
  @Field(() => String, { nullable: true, description: 'What people call it; 100 characters at most.' })
  name?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'What it is for; 2,000 characters at most. null takes it away.',
  })
  description?: string | null;
  @Field(() => [String], {
    nullable: true,
    description: 'Of a LIST: all choices from now on. Values that are there stay, also where they are none any more.',
  })
  choices?: string[] | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('DeactivateAttributeDefinitionInput', { description: 'The attribute that is not to be set any more.' })
export class DeactivateAttributeDefinitionInputType {
  @Field(() => ID, { description: 'The attribute.' })
  attributeDefinitionId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('CreateAttributeDefinitionPayload', { simpleResolvers: true, description: 'The attribute, defined.' })
export class CreateAttributeDefinitionPayload {
  @Field(() => AttributeDefinitionType, { description: 'As it is now.' })
  attributeDefinition!: AttributeDefinitionType;
}

@ObjectType('UpdateAttributeDefinitionPayload', { simpleResolvers: true, description: 'The attribute, changed.' })
export class UpdateAttributeDefinitionPayload {
  @Field(() => AttributeDefinitionType, { description: 'As it is now.' })
  attributeDefinition!: AttributeDefinitionType;
}

@ObjectType('DeactivateAttributeDefinitionPayload', {
  simpleResolvers: true,
  description: 'The attribute, deactivated.',
})
export class DeactivateAttributeDefinitionPayload {
  @Field(() => AttributeDefinitionType, { description: 'As it is now.' })
  attributeDefinition!: AttributeDefinitionType;
}
