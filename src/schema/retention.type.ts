import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { AuditCategory as CategoryValue, RetentionPreset as PresetValue } from '../entities/enums.js';
import { AuditCategory, RetentionPreset } from './enums.js';
import { DateTime } from './scalars.js';

@ObjectType('RetentionRule', {
  simpleResolvers: true,
  description: 'For how long what events of a category say is kept.',
})
export class RetentionRuleType {
  @Field(() => AuditCategory, { description: 'The category.' })
  category!: CategoryValue;
  @Field(() => Int, { nullable: true, description: 'Days since they were recorded; null = for ever.' })
  days!: number | null;
}

@ObjectType('PrunableCategory', { simpleResolvers: true, description: 'What would be pruned of a category now.' })
export class PrunableCategoryType {
  @Field(() => AuditCategory, { description: 'The category.' })
  category!: CategoryValue;
  @Field(() => Int, { description: 'How many events.' })
  events!: number;
  @Field(() => DateTime, { description: 'When the oldest of them was recorded.' })
  oldest!: Date;
  @Field(() => DateTime, { description: 'When the newest of them was recorded.' })
  newest!: Date;
}

@InputType('SetRetentionInput', { description: 'What is kept for how long: a preset or days.' })
export class SetRetentionInputType {
  @Field(() => [AuditCategory], { description: 'The categories; PRIVACY and AUDIT are kept for ever.' })
  categories!: CategoryValue[];
  @Field(() => RetentionPreset, { nullable: true, description: 'A usual time.' })
  preset?: PresetValue | null;
  @Field(() => Int, { nullable: true, description: 'Any number of days, 30 to 36,525.' })
  days?: number | null;
  @Field(() => String, { nullable: true, description: 'Why, for the record; 2,000 characters at most.' })
  reason?: string | null;
}

@ObjectType('SetRetentionPayload', { simpleResolvers: true, description: 'The rules, set.' })
export class SetRetentionPayload {
  @Field(() => [RetentionRuleType], { description: 'The rules as they are now, one a category.' })
  retention!: RetentionRuleType[];
}

@InputType('EraseContactInput', { description: 'Whose personal data goes, and why.' })
export class EraseContactInputType {
  @Field(() => ID, { description: 'The contact.' })
  contactId!: string;
  @Field(() => String, { description: 'Why, for the record; 2,000 characters at most. Nothing personal.' })
  reason!: string;
  @Field(() => Boolean, { nullable: true, description: 'Only counts what would go; nothing is changed or recorded.' })
  dryRun?: boolean | null;
}

@ObjectType('EraseContactPayload', { simpleResolvers: true, description: 'What went, or would go.' })
export class EraseContactPayload {
  @Field(() => ID, { description: 'The contact.' })
  contactId!: string;
  @Field(() => ID, { nullable: true, description: 'The run, as in `metadata.run` of its events; null for a dry run.' })
  runId!: string | null;
  @Field(() => Int, { description: 'Personal values in events of the record.' })
  disclosures!: number;
  @Field(() => Int, { description: 'Messages whose text goes.' })
  messages!: number;
  @Field(() => Int, { description: 'Notes whose text goes.' })
  notes!: number;
  @Field(() => Boolean, { description: 'All of it has gone; false while the rest goes on by itself.' })
  completed!: boolean;
}
