import { Field, ID, InterfaceType, ObjectType } from 'type-graphql';

@InterfaceType('Actor', {
  description: 'Who can do something: an agent, a contact, a bot, an API key, or the product itself.',
})
export abstract class ActorType {
  @Field(() => ID, { description: 'The id of the agent, contact, bot or key; `system` for the product itself.' })
  id!: string;
  @Field(() => String, { description: 'What people call them.' })
  displayName!: string;
}

@ObjectType('SystemActor', {
  implements: ActorType,
  simpleResolvers: true,
  description: 'The product itself at work: expiry, routing, retention.',
})
export class SystemActorType extends ActorType {}
