import {
  Kind,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  valueFromASTUntyped,
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import {
  fieldOf,
  fragmentType,
  isConnection,
  isWrapper,
  leadsToItems,
  type Fragments,
  type Parent,
} from './schema-shape.js';

const DEFAULT_PAGE = 25;
const MAX_PAGE = 100;
/** What a list without pages is taken to hold, where it does not declare what it `holds` at the most. */
const PLAIN_LIST = 10;
/** Nested fragments multiply beyond what a number can hold, and infinity times an empty page would be no number. */
const CEILING = Number.MAX_SAFE_INTEGER;

/** Objects below a selection: `perItem` for each item of the connection that it is made on, and `once`. */
interface Weight {
  once: number;
  perItem: number;
}

/**
 * How many objects a valid operation could return: a page counts as many items as asked for (25 by default, 100 at
 * most) with all that is below each, a list without pages 10 or what it declares, any other object 1, scalars nothing. An upper bound:
 * what is selected twice counts twice. Each fragment is weighed once, so that nesting them costs no time.
 */
export function estimateNodes(
  operation: OperationDefinitionNode,
  fragments: Fragments,
  schema: GraphQLSchema,
  variables: Record<string, unknown>,
): number {
  const known = new Map<string, Weight>();

  const weigh = (set: SelectionSetNode, parent: Parent): Weight => {
    const sum: Weight = { once: 0, perItem: 0 };
    const add = ({ once, perItem }: Weight) => {
      sum.once = Math.min(sum.once + once, CEILING);
      sum.perItem = Math.min(sum.perItem + perItem, CEILING);
    };
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) add(weighField(selection, parent));
      else if (selection.kind === Kind.FRAGMENT_SPREAD) add(weighFragment(selection.name.value));
      else add(weigh(selection.selectionSet, fragmentType(schema, selection, parent)));
    }
    return sum;
  };

  const weighFragment = (name: string): Weight => {
    const fragment = fragments.get(name);
    const before = known.get(name);
    if (before || !fragment) return before ?? { once: 0, perItem: 0 };
    const weight = weigh(fragment.selectionSet, fragmentType(schema, fragment));
    known.set(name, weight);
    return weight;
  };

  const weighField = (field: FieldNode, parent: Parent): Weight => {
    const definition = fieldOf(schema, parent, field.name.value);
    const type = definition && getNamedType(definition.type);
    if (!definition || !isCompositeType(type) || !field.selectionSet) return { once: 0, perItem: 0 };
    const { once, perItem } = weigh(field.selectionSet, type);
    if (isConnection(type)) {
      const items = perItem * pageSize(field, definition, valueOf);
      // A connection asked only for its count or its cursors is still one read.
      return { once: Math.max(1, items + once), perItem: 0 };
    }
    if (leadsToItems(parent, field.name.value)) return { once: 0, perItem: 1 + once };
    if (isWrapper(parent, field.name.value)) return { once, perItem: 0 };
    const objects = isListType(getNullableType(definition.type)) ? holds(definition) : 1;
    return { once: objects * (1 + once), perItem: 0 };
  };

  const valueOf = (name: string): unknown => {
    if (Object.hasOwn(variables, name)) return variables[name];
    const declared = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
    return declared?.defaultValue && valueFromASTUntyped(declared.defaultValue);
  };

  return weigh(operation.selectionSet, schema.getRootType(operation.operation)).once;
}

const holds = ({ extensions }: GraphQLField<unknown, unknown>): number =>
  (extensions['holds'] as number | undefined) ?? PLAIN_LIST;

/** The larger of `first` and `last`. What is no number is counted as a full page: execution will refuse it. */
function pageSize(
  field: FieldNode,
  definition: GraphQLField<unknown, unknown>,
  variable: (name: string) => unknown,
): number {
  const sizes = ['first', 'last'].flatMap((name) => {
    const argument = field.arguments?.find((each) => each.name.value === name)?.value;
    const given =
      argument?.kind === Kind.VARIABLE ? variable(argument.name.value) : argument && valueFromASTUntyped(argument);
    const size = given === undefined ? definition.args.find((each) => each.name === name)?.defaultValue : given;
    if (size === undefined || size === null) return [];
    return Number.isFinite(size) ? [Math.min(Math.max(size as number, 0), MAX_PAGE)] : [MAX_PAGE];
  });
  return sizes.length === 0 ? DEFAULT_PAGE : Math.max(...sizes);
}
