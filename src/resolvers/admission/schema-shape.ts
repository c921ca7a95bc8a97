import {
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  isInterfaceType,
  isObjectType,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type InlineFragmentNode,
} from 'graphql';

/** The type whose fields a walk is reading; undefined where the document names one that the schema does not have. */
export type Parent = GraphQLNamedType | null | undefined;

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** The fragments of a document by name; of two with one name, which validation refuses, the last. */
export const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );

/** The definition of a field, also of the two that every query root has; undefined where there is none. */
export function fieldOf(
  schema: GraphQLSchema,
  parent: Parent,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (parent && parent === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}

/** The type that an inline or named fragment selects from. */
export function fragmentType(
  schema: GraphQLSchema,
  fragment: FragmentDefinitionNode | InlineFragmentNode,
  parent?: Parent,
): Parent {
  return fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : parent;
}

export const isConnection = (type: Parent): boolean => type?.name.endsWith('Connection') === true;

/** Whether a field of a connection leads to its items, once for each of them. */
export const leadsToItems = (parent: Parent, name: string): boolean =>
  isConnection(parent) && (name === 'nodes' || name === 'edges');

/**
 * Whether a field only wraps the object that is meant: an edge its node, and in introspection a list or non-null type
 * the type inside. The latter is data that ends by itself, and every tool asks nine levels of it.
 */
export const isWrapper = (parent: Parent, name: string): boolean =>
  (name === 'node' && parent?.name.endsWith('Edge') === true) || (name === 'ofType' && parent?.name === '__Type');

/** Whether a field is part of how pages are spelled, so that it is not a level of its own. */
export const isNoLevel = (parent: Parent, name: string): boolean =>
  leadsToItems(parent, name) || isWrapper(parent, name) || (name === 'pageInfo' && isConnection(parent));
