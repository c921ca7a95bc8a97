import {
  defaultFieldResolver,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isUnionType,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { invalid, type AppError } from '../services/errors.js';
import type { Revelation } from '../services/reveal.js';
import type { ApiContext } from './context.js';

const revelationOf = (field: GraphQLField<unknown, unknown> | null | undefined): Revelation | undefined =>
  field?.extensions['reveals'] as Revelation | undefined;

interface Source extends Record<string, unknown> {
  id?: string;
  conversationId?: string | null;
  /** What it tells every list tells as well, which is no reading. */
  isOfLists?: boolean;
}

/** Of whom a field tells: a message's words are its conversation's. */
function subjectOf(kind: Revelation, source: Source | undefined, field: string) {
  if (kind === 'transcript' && source?.conversationId) return { id: source.conversationId };
  return source?.id === undefined ? { id: field } : (source as Source & { id: string });
}

/** What a field that reveals answers with to who may not read it, where it must be a list: told from an empty one. */
export const NOT_SHOWN: never[] = [];

const OF_CONVERSATIONS = Symbol('of conversations');

/** Says of a page that is put together of several conversations which these are: reading it is reading them. */
export const ofConversations = <P extends object>(page: P, ids: readonly string[]): P =>
  Object.assign(page, { [OF_CONVERSATIONS]: [...new Set(ids)] });

/** Of whom an answer tells. */
function subjectsOf(kind: Revelation, source: Source | undefined, field: string, value: unknown) {
  const ids = (value as { [OF_CONVERSATIONS]?: readonly string[] } | null)?.[OF_CONVERSATIONS];
  return ids ? ids.map((id) => ({ id })) : [subjectOf(kind, source, field)];
}

/** undefined and NOT_SHOWN are withheld; null and other empty lists are answers, and so is that there is nothing. */
const isWithheld = (value: unknown): boolean => value === undefined || value === NOT_SHOWN;

/**
 * Makes every field that declares `reveals` say of whom it has answered; before the answer leaves, all of it is put onto
 * the record. What was refused is not read. Fields of the record itself have no object, they are told apart by their
 * name.
 */
export function noteRevelations(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const kind = revelationOf(field);
      if (!kind) continue;
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve = (source: Source | undefined, args, context: ApiContext, info) => {
        const answered = (value: unknown) => {
          if (isWithheld(value) || source?.isOfLists === true) return value;
          for (const subject of subjectsOf(kind, source, field.name, value)) context.revealed.add(kind, subject);
          return value;
        };
        const value: unknown = resolve(source, args, context, info);
        return value instanceof Promise ? value.then(answered) : answered(value);
      };
    }
  }
}

/**
 * What a stream shows is recorded once, when it is opened: the lines of one transcript, and the files of these. What else
 * reveals is read by a query.
 */
const RECORDED_AT_OPENING: ReadonlySet<string> = new Set([
  'transcriptChanges.entry',
  'transcriptChanges.entry.attachments',
]);

/**
 * Refuses a subscription that asks for fields that reveal, but those of what its opening records.
 * @throws AppError VALIDATION_FAILED
 */
export function refuseRevelations(schema: GraphQLSchema, document: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
  }
  const looked = new Set<string>();
  const look = ({ selections }: SelectionSetNode, type: GraphQLCompositeType, path: string): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) lookAtField(selection, type, path);
      else if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet, typeOf(selection, type), path);
      else {
        const spread = `${path} ${selection.name.value}`;
        const fragment = fragments.get(selection.name.value)!;
        if (looked.has(spread)) continue;
        looked.add(spread);
        look(fragment.selectionSet, typeOf(fragment, type), path);
      }
    }
  };
  const lookAtField = ({ name, selectionSet }: FieldNode, type: GraphQLCompositeType, path: string): void => {
    // A field of an interface is answered by any of the types behind it.
    const types = isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
    const fields = types.flatMap((one) => (isUnionType(one) ? [] : (one.getFields()[name.value] ?? [])));
    const reveals = fields.map(revelationOf).find((kind) => kind !== undefined);
    if (reveals && !RECORDED_AT_OPENING.has(path)) throw refused(name.value, reveals);
    const answer = fields[0] && getNamedType(fields[0].type);
    if (selectionSet && isCompositeType(answer)) look(selectionSet, answer, within(path, name.value));
  };
  const typeOf = ({ typeCondition }: InlineFragmentNode | FragmentDefinitionNode, type: GraphQLCompositeType) =>
    typeCondition ? (schema.getType(typeCondition.name.value) as GraphQLCompositeType) : type;
  for (const { operation, selectionSet } of operations) {
    if (operation === OperationTypeNode.SUBSCRIPTION) look(selectionSet, schema.getSubscriptionType()!, '');
  }
}

/** Where a field stands; beyond what counts that makes no difference, so that fragments are looked at once. */
const within = (path: string, field: string): string => {
  const place = path === '' ? field : `${path}.${field}`;
  return [...RECORDED_AT_OPENING].some((known) => `${known}.`.startsWith(`${place}.`)) ? place : '…';
};

const REVEALED: Record<Revelation, string> = {
  profile: 'a contact’s profile',
  record: 'what the record holds',
  transcript: 'what was said',
};

const refused = (field: string, kind: Revelation): AppError =>
  invalid({
    path: field,
    message: `reveals ${REVEALED[kind]} and cannot be asked for here inside a subscription; query it`,
  });
