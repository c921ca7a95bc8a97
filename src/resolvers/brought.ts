import { defaultFieldResolver, isObjectType, type GraphQLSchema } from 'graphql';
import type { Noun } from '../services/reading/noun.js';
import { nouns } from '../services/reading/nouns.js';

/**
 * Lets every field that a statement may have brought along read it off its row; where it has not, the field's own
 * resolver loads it. So one set of resolvers serves both, and rights that a field has of its own stay with it.
 */
export function readWhatWasBrought(schema: GraphQLSchema): void {
  for (const [name, noun] of Object.entries(nouns) as [string, Noun][]) {
    const type = schema.getType(name);
    if (!isObjectType(type)) throw new Error(`there is no type ${name} that statements could bring`);
    for (const relation of Object.keys(noun.relations)) {
      const field = type.getFields()[relation]!;
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve = (source: Record<string, unknown>, args, context, info) => {
        const brought = source[relation];
        return brought === undefined ? resolve(source, args, context, info) : brought;
      };
    }
  }
}
