import { Field, ObjectType } from 'type-graphql';
import { ErrorCode } from './enums.js';

@ObjectType('ErrorCodeDescription', {
  simpleResolvers: true,
  description: 'A code that errors carry, and what it means.',
})
export class ErrorCodeDescriptionType {
  @Field(() => ErrorCode, { description: 'As in `extensions.code`.' })
  code!: string;
  @Field(() => String, { description: 'What it means, and what else `extensions` says.' })
  description!: string;
  @Field(() => Boolean, { description: 'The same request may succeed later.' })
  retriable!: boolean;
}
