import {
  defaultFieldResolver,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import { invalid } from '../services/errors.js';
import type { Revelation } from '../services/reveal.js';
import type { ApiContext } from './context.js';

/** Streams that tell of changes, not of content: what reveals is read by a query or the transcript's own stream. */
const NOT_WITHIN = new Set(['conversationChanges', 'handoverChanges', 'workspaceEvents']);

const revelationOf = (field: GraphQLField<unknown, unknown> | null | undefined): Revelation | undefined =>
  field?.extensions['reveals'] as Revelation | undefined;

interface Source extends Record<string, unknown> {
  id?: string;
  conversationId?: string | null;
}

/** Of whom a field tells: a message's words are its conversation's. */
function subjectOf(kind: Revelation, source: Source | undefined, field: string) {
  if (kind === 'transcript' && source?.conversationId) return { id: source.conversationId };
  return source?.id === undefined ? { id: field } : (source as Source & { id: string });
}

/** What a field that reveals answers with to who may not read it, where it must be a list: told from an empty one. */
export const NOT_SHOWN: never[] = [];

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
          if (!isWithheld(value)) context.revealed.add(kind, subjectOf(kind, source, field.name));
          return value;
        };
        const value: unknown = resolve(source, args, context, info);
        return value instanceof Promise ? value.then(answered) : answered(value);
      };
    }
  }
}

/** @throws AppError VALIDATION_FAILED for a stream of changes that asks for fields that reveal. */
export function refuseRevelations(schema: GraphQLSchema, document: DocumentNode): void {
  const typeInfo = new TypeInfo(schema);
  let stream: string | null = null;
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field: {
        enter(node) {
          const parent = typeInfo.getParentType();
          if (parent && parent === schema.getSubscriptionType()) stream = node.name.value;
          const reveals = revelationOf(typeInfo.getFieldDef());
          // In a fragment the stream is not known; it could be spread in any, so it is refused in all.
          if (reveals && (stream === null || NOT_WITHIN.has(stream))) {
            throw invalid({
              path: node.name.value,
              message: `reveals ${reveals === 'profile' ? 'a contact’s profile' : 'what was said'} and cannot be asked for inside a stream of changes; query it`,
            });
          }
        },
        leave(node) {
          if (typeInfo.getParentType() === schema.getSubscriptionType() && node.name.value === stream) stream = null;
        },
      },
    }),
  );
}
