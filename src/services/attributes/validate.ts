import { z } from 'zod';
import { AttributeDefinition } from '../../entities/attribute-definition.js';
import type { AttributeNoun } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import type { NewEvent } from '../record/event.js';
import { sql } from '../sql.js';
import { Faults, isStorable, MAX_REMARK } from '../text.js';
import type { Tx } from '../transaction.js';

/** A value of an attribute. */
export type AttributeValue = string | number | boolean;
/** The attributes of a conversation or a contact, by key. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One attribute that was set, changed or taken away. */
export interface AttributeChange {
  definition: Pick<RowOf<AttributeDefinition>, 'id' | 'key' | 'name'>;
  /** undefined = it was not there. */
  before: AttributeValue | undefined;
  after: AttributeValue | undefined;
}

/** What keys look like: they are names in programs. */
export const ATTRIBUTE_KEY = /^[a-z][a-z0-9_]{0,49}$/;
/** Attributes that one request changes at the most. */
export const MAX_ATTRIBUTES_AT_ONCE = 50;

type Definition = RowOf<AttributeDefinition>;

const text = z
  .string('must be a text')
  .min(1, 'must not be empty; null takes it away')
  .max(MAX_REMARK, `must have at most ${MAX_REMARK} characters`)
  .refine(isStorable, 'must not contain NUL or a lone surrogate');

const shapes = {
  TEXT: text,
  NUMBER: z.number('must be a number'),
  BOOLEAN: z.boolean('must be true or false'),
  DATE: z.iso.date('must be a day as 2026-01-31'),
  LIST: text,
  URL: text.pipe(z.url({ protocol: /^https?$/, error: 'must be an http or https address' })),
} as const satisfies Record<Definition['type'], z.ZodType<AttributeValue>>;

/** What is wrong with a value, if anything is. */
export function faultOfValue({ type, choices }: Pick<Definition, 'type' | 'choices'>, value: unknown): string | null {
  const found = shapes[type].safeParse(value);
  if (!found.success) return found.error.issues[0]!.message;
  return type === 'LIST' && !choices.includes(String(value)) ? `must be one of ${choices.join(', ')}` : null;
}

/**
 * Applies what is given to the attributes there are, for a row whose lock is held: what is absent stays, null takes away.
 * What an attribute has already changes nothing, also one that was deactivated, so that a program may send back what it read.
 * @param given as it came: an object by key
 * @returns all attributes from now on, and what changed, in the order it was given; the caller stores and records both.
 * @throws AppError VALIDATION_FAILED, naming every value at fault.
 */
export async function changeAttributes(
  tx: Tx,
  noun: AttributeNoun,
  current: Attributes,
  given: unknown,
  path = 'attributes',
): Promise<{ attributes: Attributes; changes: AttributeChange[] }> {
  const faults = new Faults();
  if (typeof given !== 'object' || given === null || Array.isArray(given)) faults.add(path, 'must be an object by key');
  const entries = Object.entries((given ?? {}) as Record<string, unknown>);
  if (entries.length > MAX_ATTRIBUTES_AT_ONCE) faults.add(path, `must be at most ${MAX_ATTRIBUTES_AT_ONCE}`);
  faults.refuse();
  const definitions = await definitionsOf(
    tx,
    noun,
    entries.map(([key]) => key),
  );
  const attributes = new Map(Object.entries(current));
  const changes = entries.flatMap(([key, value]): AttributeChange[] => {
    const at = `${path}.${key.slice(0, 50)}`;
    const definition = definitions.get(key);
    const before = attributes.get(key);
    if (!definition) faults.add(at, 'there is no such attribute');
    if (!definition || value === (before ?? null)) return [];
    if (value === null) {
      attributes.delete(key);
      return [{ definition, before, after: undefined }];
    }
    const fault = definition.deactivatedAt ? 'this attribute was deactivated' : faultOfValue(definition, value);
    if (fault !== null) faults.add(at, fault);
    attributes.set(key, value as AttributeValue);
    return [{ definition, before, after: value as AttributeValue }];
  });
  faults.refuse();
  return { attributes: Object.fromEntries(attributes), changes };
}

/** The definitions of keys, of each the one in use, else the newest; they stay as they are until this is done. */
export async function definitionsOf(
  tx: Tx,
  noun: AttributeNoun,
  keys: readonly string[],
): Promise<Map<string, Definition>> {
  const { workspaceId } = tx.principal;
  const known = keys.filter((key) => ATTRIBUTE_KEY.test(key));
  if (known.length === 0) return new Map();
  const rows = await tx.rows<Definition>(sql`
    select ${tx.call.app.db.columns(AttributeDefinition, 't')} from attribute_definition t
    where t.workspace_id = ${workspaceId} and t.noun = ${noun} and t.key = any(${known}::text[])
    order by t.deactivated_at nulls last, t.id for share`);
  return new Map(rows.map((row) => [row.key, row]));
}

/** What the event of a changed attribute says, whose action commits to `value`. */
export const attributeEvent = ({
  definition,
  before,
  after,
}: AttributeChange): Required<Pick<NewEvent, 'metadata' | 'labels' | 'changes'>> => ({
  metadata: { definitionId: definition.id, key: definition.key },
  labels: { attribute: definition.name },
  changes: [{ field: 'value', before: recordable(before), after: recordable(after) }],
});

/** The record has no fractions: they stand in it as texts. */
const recordable = (value: AttributeValue | undefined): AttributeValue | undefined =>
  typeof value === 'number' && !Number.isSafeInteger(value) ? String(value) : value;
