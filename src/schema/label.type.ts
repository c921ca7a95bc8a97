import { Field, ID, ObjectType } from 'type-graphql';
import type { Label } from '../entities/label.js';
import type { RowOf } from '../entities/row.js';

@ObjectType('Label', { simpleResolvers: true, description: 'A word that conversations and contacts are sorted by.' })
export class LabelType implements Pick<RowOf<Label>, 'id' | 'name' | 'color' | 'description'> {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;
  @Field(() => String, { description: 'The word, unique in the workspace.' })
  name!: string;
  @Field(() => String, { description: 'For frontends: #rrggbb.' })
  color!: string;
  @Field(() => String, { nullable: true, description: 'When to use it.' })
  description!: string | null;
}
