import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { Label } from '../entities/label.js';
import type { RowOf } from '../entities/row.js';
import { DateTime } from './scalars.js';

const REASON = 'Why, for the record; 500 characters at most.';
const COLOR = 'For frontends: #rrggbb, in lower case.';
const DESCRIPTION = 'When to use it; 2,000 characters at most.';

@ObjectType('Label', { simpleResolvers: true, description: 'A word that conversations and contacts are sorted by.' })
export class LabelType implements Pick<RowOf<Label>, 'id' | 'name' | 'color' | 'description' | 'deactivatedAt'> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'The word, unique among those in use.' })
  name!: string;
  @Field(() => String, { description: 'For frontends: #rrggbb.' })
  color!: string;
  @Field(() => String, { nullable: true, description: 'When to use it.' })
  description!: string | null;
  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was deactivated: from then on it is added to nothing, and stays where it is.',
  })
  deactivatedAt!: Date | null;
}

@InputType('CreateLabelInput', { description: 'A label to be.' })
export class CreateLabelInputType {
  @Field(() => String, { description: 'The word, unique among those in use; 2,000 characters at most.' })
  name!: string;
  @Field(() => String, { description: COLOR })
  color!: string;
  @Field(() => String, { nullable: true, description: DESCRIPTION })
  description?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('UpdateLabelInput', { description: 'What is to change of a label; what is left out stays.' })
export class UpdateLabelInputType {
  @Field(() => ID, { description: 'The label.' })
  labelId!: string;
  @Field(() => String, {
    nullable: true,
    description: 'The word, unique among those in use; 2,000 characters at most.',
  })
  name?: string | null;
  @Field(() => String, { nullable: true, description: COLOR })
  color?: string | null;
  @Field(() => String, { nullable: true, description: `${DESCRIPTION} null takes it away.` })
  description?: string | null;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@InputType('DeactivateLabelInput', { description: 'The label that is not to be added any more.' })
export class DeactivateLabelInputType {
  @Field(() => ID, { description: 'The label.' })
  labelId!: string;
  @Field(() => String, { nullable: true, description: REASON })
  reason?: string | null;
}

@ObjectType('CreateLabelPayload', { simpleResolvers: true, description: 'The label, created.' })
export class CreateLabelPayload {
  @Field(() => LabelType, { description: 'As it is now.' })
  label!: LabelType;
}

@ObjectType('UpdateLabelPayload', { simpleResolvers: true, description: 'The label, changed.' })
export class UpdateLabelPayload {
  @Field(() => LabelType, { description: 'As it is now.' })
  label!: LabelType;
}

@ObjectType('DeactivateLabelPayload', { simpleResolvers: true, description: 'The label, deactivated.' })
export class DeactivateLabelPayload {
  @Field(() => LabelType, { description: 'As it is now.' })
  label!: LabelType;
}
