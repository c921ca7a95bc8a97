import { TypeInfo, visit, visitWithTypeInfo, type DocumentNode, type GraphQLSchema } from 'graphql';

/**
 * Whether a document asks at its root for nothing but what customers may ask for, which the root field declares:
 * `@Extensions({ customers: true })`. What such a field answers with is of types that only customers get.
 */
export function isForCustomers(schema: GraphQLSchema, document: DocumentNode): boolean {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  const typeInfo = new TypeInfo(schema);
  let only = true;
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field({ name }) {
        const parent = typeInfo.getParentType();
        if (!roots.has(parent as never) || name.value === '__typename') return;
        only &&= typeInfo.getFieldDef()?.extensions['customers'] === true;
      },
    }),
  );
  return only;
}
