import {
  getArgumentValues,
  getNamedType,
  isObjectType,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { nouns, type NounName } from '../services/reading/nouns.js';
import type { Asked, Many, Noun, One, Paged, Shape } from '../services/reading/noun.js';
import type { PageRequest } from '../services/paging.js';

/** How deep a statement follows a selection; what is asked for below that its own resolvers read. */
const MAX_DEPTH = 3;

interface Selected {
  shape: Shape;
  /** The fields of the shape's own relations that come in pages, whose arguments are known when it runs. */
  pages: { name: string; type: GraphQLObjectType; node: FieldNode }[];
  eventCursor: boolean;
}

/** Documents are parsed once, so what is selected below a field is worked out once. */
const known = new WeakMap<FieldNode, Selected>();

/** What an operation asks of the objects that a field answers with: of the object itself, or of a connection's nodes. */
export function askedOf(info: GraphQLResolveInfo): Asked & { eventCursor: boolean } {
  const [first] = info.fieldNodes;
  let selected = known.get(first!);
  if (!selected) known.set(first!, (selected = select(info)));
  const pages: Record<string, PageRequest> = {};
  for (const { name, type, node } of selected.pages) {
    pages[name] = getArgumentValues(type.getFields()[name]!, node, info.variableValues) as PageRequest;
  }
  return { shape: selected.shape, pages, eventCursor: selected.eventCursor };
}

/** Whether an operation asks for this field of what a field answers with, where no directive leaves it out. */
export function asksFor(name: string, { schema, fragments, fieldNodes, returnType }: GraphQLResolveInfo): boolean {
  const selections = selectionsOf(fieldNodes);
  return new Fields(schema, fragments).below(getNamedType(returnType) as GraphQLObjectType, selections).has(name);
}

function select({ schema, fragments, fieldNodes, returnType }: GraphQLResolveInfo): Selected {
  const type = getNamedType(returnType) as GraphQLObjectType;
  const fields = new Fields(schema, fragments);
  const selections = selectionsOf(fieldNodes);
  const noun = nounOf(type);
  if (noun) return { ...fields.shape(noun, type, selections, 0), eventCursor: false };
  // A connection: its nodes are asked for under `nodes` and under the edges' `node`.
  const below = fields.below(type, selections);
  const edgeType = getNamedType(type.getFields()['edges']!.type) as GraphQLObjectType;
  const nodeType = getNamedType(type.getFields()['nodes']!.type) as GraphQLObjectType;
  const ofNodes = [
    ...selectionsOf(below.get('nodes')),
    ...selectionsOf(fields.below(edgeType, selectionsOf(below.get('edges'))).get('node')),
  ];
  return { ...fields.shape(nounOf(nodeType)!, nodeType, ofNodes, 0), eventCursor: below.has('eventCursor') };
}

const nounOf = ({ name }: { name: string }): Noun | undefined => nouns[name as NounName];

const selectionsOf = (nodes: readonly FieldNode[] | undefined): SelectionSetNode[] =>
  (nodes ?? []).flatMap((node) => node.selectionSet ?? []);

class Fields {
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: GraphQLResolveInfo['fragments'],
  ) {}

  /** The fields selected of a type, by name; whether a directive leaves one out is known only when it runs. */
  below(type: GraphQLObjectType, selections: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const found = new Map<string, FieldNode[]>();
    const collect = (set: SelectionSetNode): void => {
      for (const node of set.selections) {
        if (node.kind === 'Field') {
          const { value } = node.name;
          found.set(value, [...(found.get(value) ?? []), node]);
          continue;
        }
        const fragment = node.kind === 'InlineFragment' ? node : this.fragments[node.name.value]!;
        const condition = fragment.typeCondition && this.schema.getType(fragment.typeCondition.name.value);
        if (!isObjectType(condition) || condition === type) collect(fragment.selectionSet);
      }
    };
    selections.forEach(collect);
    return found;
  }

  shape(noun: Noun, type: GraphQLObjectType, selections: readonly SelectionSetNode[], depth: number): Selected {
    const fields = new Set<string>();
    const relations = new Map<string, Shape>();
    const pages: Selected['pages'] = [];
    for (const [name, nodes] of this.below(type, selections)) {
      if (name === '__typename') continue;
      const relation = noun.relations[name];
      // The same page twice, under two names, may have other arguments; and pages are brought of what is asked for itself.
      const isPage = relation?.kind === 'page';
      if (!relation || depth >= MAX_DEPTH || (isPage && (nodes.length > 1 || depth > 0))) {
        fields.add(name);
        continue;
      }
      if (isPage) pages.push({ name, type, node: nodes[0]! });
      relations.set(name, relation.kind === 'figures' ? NOTHING : this.#child(relation, type, name, nodes, depth));
    }
    return { shape: { fields, relations }, pages, eventCursor: false };
  }

  #child(
    relation: One | Many | Paged,
    type: GraphQLObjectType,
    name: string,
    nodes: FieldNode[],
    depth: number,
  ): Shape {
    const child = relation.noun();
    const childType = this.schema.getType(typeNameOf(child)) as GraphQLObjectType;
    const below = relation.kind === 'page' ? this.#nodes(type, name, nodes) : selectionsOf(nodes);
    return this.shape(child, childType, below, depth + 1).shape;
  }

  #nodes(type: GraphQLObjectType, name: string, nodes: readonly FieldNode[]): SelectionSetNode[] {
    const connection = getNamedType(type.getFields()[name]!.type) as GraphQLObjectType;
    const below = this.below(connection, selectionsOf(nodes));
    const edgeType = getNamedType(connection.getFields()['edges']!.type) as GraphQLObjectType;
    return [
      ...selectionsOf(below.get('nodes')),
      ...selectionsOf(this.below(edgeType, selectionsOf(below.get('edges'))).get('node')),
    ];
  }
}

const NOTHING: Shape = { fields: new Set(), relations: new Map() };

const names = new Map(Object.entries(nouns).map(([name, noun]) => [noun as Noun, name]));
const typeNameOf = (noun: Noun): string => names.get(noun)!;
