import { getNamedType, isAbstractType, isObjectType, type GraphQLSchema } from 'graphql';
import { buildSchema, type BuildSchemaOptions, type NonEmptyArray } from 'type-graphql';
import { SystemActorType } from './actor.type.js';
import { ContactType } from './contact.type.js';
import { NoteType } from './note.type.js';
import { ApiKeyType } from './api-key.type.js';
import { BotType } from './bot.type.js';
import { AgentType } from './people.type.js';
import { ConversationEventType, MessageType } from './transcript.type.js';

/** Every subscription has a source of its own; nothing is ever published through type-graphql. */
const noPubSub: NonNullable<BuildSchemaOptions['pubSub']> = {
  publish() {
    throw new Error('nothing is published here');
  },
  subscribe() {
    throw new Error('nothing is subscribed to here');
  },
};

/** Builds the executable schema from the resolvers. */
export async function buildApiSchema(resolvers: NonEmptyArray<Function>): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers,
    orphanedTypes: [
      AgentType,
      ApiKeyType,
      BotType,
      ContactType,
      SystemActorType,
      MessageType,
      NoteType,
      ConversationEventType,
    ],
    // Inputs are checked by the use cases, which other callers have too.
    validate: false,
    pubSub: noPubSub,
  });
  // Rows of an abstract type carry `__typename`, which graphql and graphql-jit read by themselves. type-graphql's own
  // resolveType is a promise, which compiled queries do not wait for, or an instanceof, which plain rows never are.
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) type.resolveType = undefined;
    if (isObjectType(type)) type.isTypeOf = undefined;
  }
  describeRoots(schema);
  return schema;
}

/** Says what cannot be said where the fields are declared: what the roots are, and of an input what its type says. */
function describeRoots(schema: GraphQLSchema): void {
  schema.getQueryType()!.description = 'What can be read. Nothing is changed by it, but readings may be on the record.';
  schema.getMutationType()!.description = 'What can be done. Each is one transaction, and on the record.';
  schema.getSubscriptionType()!.description = 'What can be followed, from a cursor on or from now.';
  for (const field of Object.values(schema.getMutationType()!.getFields())) {
    for (const arg of field.args) arg.description ??= getNamedType(arg.type).description;
  }
}
