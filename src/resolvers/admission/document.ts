import {
  GraphQLError,
  Kind,
  getNamedType,
  parse,
  specifiedRules,
  validate,
  visit,
  type ASTNode,
  type DocumentNode,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { AppError } from '../../services/errors.js';
import { checkList, checkText } from './input.js';
import { exceeded, type AdmissionLimits } from './limits.js';
import { fieldOf, fragmentType, fragmentsOf, isNoLevel, type Fragments, type Parent } from './schema-shape.js';

/** At most so many faults of one document are told. */
const MAX_ERRORS = 5;
/** Root fields that try a secret; several in one operation would be several guesses for one request. */
const credentialFields: ReadonlySet<string> = new Set(['signIn', 'refreshSession', 'acceptInvitation']);

/**
 * Parses a query text, measures it and validates it against the schema. What it costs to read grows with the text
 * alone: everything is measured before validation starts, and each fragment only once, however often it is used.
 * @throws AppError VALIDATION_FAILED with the `errors` found, LIMIT_EXCEEDED with the `limit`, its `max` and `actual`.
 */
export function readDocument(query: string, schema: GraphQLSchema, limits: AdmissionLimits): DocumentNode {
  const document = parseQuery(query, limits);
  const fragments = fragmentsOf(document);
  countUses(document, limits);
  checkRootFields(document, fragments, limits);
  checkDepth(document, fragments, schema, limits);
  const errors = validate(schema, document, specifiedRules, { maxErrors: MAX_ERRORS, hideSuggestions: true });
  if (errors.length > 0) throw malformed(errors);
  return document;
}

/** Whether a document asks for the schema anywhere: not only at the root, where a payload has a field of type Query. */
export function usesIntrospection(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field(field) {
      found ||= field.name.value === '__schema' || field.name.value === '__type';
    },
  });
  return found;
}

function parseQuery(query: string, { maxTokens }: AdmissionLimits): DocumentNode {
  try {
    return parse(query, { maxLexicalTokens: maxTokens, noLocation: false });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // The parser has no other sign for it. Its misspelling may be corrected one day.
    if (/^Syntax Error: Document contains more tha[nt] \d+ tokens\./.test(error.message)) {
      throw exceeded('tokens', maxTokens);
    }
    throw malformed([error]);
  }
}

function malformed(found: readonly GraphQLError[]): AppError {
  const errors = found.slice(0, MAX_ERRORS).map(({ message, locations }) => ({
    message: withoutSuggestion(message),
    locations: (locations ?? []).map(({ line, column }) => ({ line, column })),
  }));
  const [first = { message: 'The operation is not well-formed.', locations: [] }] = errors;
  return new AppError('VALIDATION_FAILED', first.message, { errors, locations: first.locations });
}

/** Not every rule heeds `hideSuggestions`, and nobody is to learn names of the schema from errors. */
function withoutSuggestion(message: string): string {
  // No pattern for what is before it: the message may quote kilobytes of the query, blanks among them.
  const start = message.search(/did you mean/i);
  return start < 0 ? message : message.slice(0, start).trimEnd().replace(/,$/, '.');
}

function countUses(document: DocumentNode, limits: AdmissionLimits): void {
  let [fragments, directives, aliases] = [0, 0, 0];
  visit(document, {
    FragmentDefinition() {
      fragments += 1;
    },
    Directive() {
      directives += 1;
    },
    Field({ alias, name }) {
      if (alias && alias.value !== name.value) aliases += 1;
    },
    ListValue({ values }, _key, parent, _path, ancestors) {
      checkList(values, () => literalPath([...ancestors, parent]));
    },
    StringValue({ value }, _key, parent, _path, ancestors) {
      checkText(value, () => literalPath([...ancestors, parent]));
    },
  });
  atMost('fragments', limits.maxFragments, fragments);
  atMost('directives', limits.maxDirectives, directives);
  atMost('aliases', limits.maxAliases, aliases);
}

function atMost(limit: string, max: number, actual: number): void {
  if (actual > max) throw exceeded(limit, max, actual);
}

/** Where in a document a literal is: `sendMessage.input.text`. */
function literalPath(ancestors: readonly (ASTNode | readonly ASTNode[] | undefined)[]): string {
  const names = ancestors.flatMap((node) => {
    if (!node || !('kind' in node)) return [];
    if (node.kind === Kind.FIELD) return [(node.alias ?? node.name).value];
    if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) return [node.name.value];
    if (node.kind === Kind.DIRECTIVE) return [`@${node.name.value}`];
    return node.kind === Kind.VARIABLE_DEFINITION ? [`$${node.variable.name.value}`] : [];
  });
  return names.join('.') || 'query';
}

function checkRootFields(document: DocumentNode, fragments: Fragments, limits: AdmissionLimits): void {
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const fields = new Map<string, string>();
    collectFields(operation.selectionSet, fragments, fields, new Set());
    if (operation.operation === 'query') atMost('rootFields', limits.maxRootFieldsQuery, fields.size);
    if (operation.operation === 'mutation') atMost('rootFields', limits.maxRootFieldsMutation, fields.size);
    const credentials = [...fields.values()].filter((name) => credentialFields.has(name));
    atMost('credentialFields', 1, credentials.length);
  }
}

/** Gathers field names by response name, since fields of one response name are executed once. */
function collectFields(
  set: SelectionSetNode,
  fragments: Fragments,
  fields: Map<string, string>,
  seen: Set<string>,
): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      fields.set((selection.alias ?? selection.name).value, selection.name.value);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      collectFields(selection.selectionSet, fragments, fields, seen);
    } else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      if (fragment) collectFields(fragment.selectionSet, fragments, fields, seen);
    }
  }
}

function checkDepth(
  document: DocumentNode,
  fragments: Fragments,
  schema: GraphQLSchema,
  limits: AdmissionLimits,
): void {
  const known = new Map<string, number>();
  const heightOf = (set: SelectionSetNode | undefined, parent: Parent): number => {
    let height = 0;
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const type = fieldOf(schema, parent, name)?.type;
        const below = heightOf(selection.selectionSet, type && getNamedType(type));
        height = Math.max(height, below + (isNoLevel(parent, name) ? 0 : 1));
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        height = Math.max(height, heightOf(selection.selectionSet, fragmentType(schema, selection, parent)));
      } else {
        height = Math.max(height, heightOfFragment(selection.name.value));
      }
    }
    return height;
  };
  const heightOfFragment = (name: string): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    // A fragment that comes back to itself finds this; the cycle is for validation to name.
    known.set(name, 0);
    const fragment = fragments.get(name);
    const height = fragment ? heightOf(fragment.selectionSet, fragmentType(schema, fragment)) : 0;
    known.set(name, height);
    return height;
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    atMost('depth', limits.maxDepth, heightOf(definition.selectionSet, schema.getRootType(definition.operation)));
  }
}
