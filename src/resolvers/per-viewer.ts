import {
  isAbstractType,
  isCompositeType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';

const isDeclared = (field: GraphQLField<unknown, unknown> | null | undefined): boolean =>
  field?.extensions['perViewer'] === true;

const asked = new WeakMap<DocumentNode, boolean>();

/**
 * Whether a document asks, anywhere, for a field whose answer depends on who the viewer is, which the field declares:
 * `@Extensions({ perViewer: true })`. What a viewer may see by their kind, role and scopes is no such thing.
 */
export function asksPerViewer(schema: GraphQLSchema, document: DocumentNode): boolean {
  let answer = asked.get(document);
  if (answer === undefined) asked.set(document, (answer = look(schema, document)));
  return answer;
}

function look(schema: GraphQLSchema, document: DocumentNode): boolean {
  const typeInfo = new TypeInfo(schema);
  let found = false;
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field({ name }) {
        const parent = typeInfo.getParentType();
        if (!isCompositeType(parent)) return;
        // A field of an interface is answered by any of the types behind it.
        const behind = isAbstractType(parent) ? schema.getPossibleTypes(parent) : [];
        found ||= isDeclared(typeInfo.getFieldDef()) || behind.some((type) => isDeclared(type.getFields()[name.value]));
      },
    }),
  );
  return found;
}
