import { LockMode } from '@mikro-orm/core';
import { AttributeDefinition } from '../../entities/attribute-definition.js';
import type { AttributeNoun, AttributeType } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { conflict, notFound } from '../errors.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { isId, newId } from '../ids.js';
import type { FieldChange } from '../record/event.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { refuseBeyond, refuseInactive } from '../workspaces/places.js';
import { ATTRIBUTE_KEY } from './validate.js';

/** Attributes in use of conversations, and as many of contacts. */
const MAX_DEFINITIONS = 50;
const MAX_NAME = 100;
const MAX_CHOICES = 100;
const MAX_CHOICE = 200;

export interface CreateAttributeDefinitionInput extends WithReason {
  noun: AttributeNoun;
  key: string;
  name: string;
  description?: string | null | undefined;
  type: AttributeType;
  /** Of a LIST, and only of one. */
  choices?: readonly string[] | null | undefined;
}

export interface UpdateAttributeDefinitionInput extends WithReason {
  attributeDefinitionId: string;
  name?: string | null | undefined;
  /** null takes it away, undefined leaves it as it is. */
  description?: string | null | undefined;
  choices?: readonly string[] | null | undefined;
}

type Said = Pick<AttributeDefinition, 'name' | 'choices'> & { description: string | null };

/** @throws AppError VALIDATION_FAILED */
function check({ name, description, choices }: Said, type: AttributeType, faults: Faults): void {
  faults.text('name', name, MAX_NAME);
  faults.optionalText('description', description, MAX_REMARK);
  choices.forEach((choice, index) => faults.text(`choices.${index}`, choice, MAX_CHOICE));
  if (type !== 'LIST' && choices.length > 0) faults.add('choices', 'goes with LIST alone');
  if (type === 'LIST' && (choices.length === 0 || choices.length > MAX_CHOICES))
    faults.add('choices', `must be 1 to ${MAX_CHOICES}`);
  if (new Set(choices).size < choices.length) faults.add('choices', 'must be different');
  faults.refuse();
}

const trimmed = (choices: readonly string[] | null | undefined) => (choices ?? []).map((choice) => choice.trim());

/**
 * Gives conversations or contacts one more attribute.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED; CONFLICT for a key that is in use, or that had another type before;
 *   LIMIT_EXCEEDED at 50 in use.
 */
export async function createAttributeDefinition(call: Call, input: CreateAttributeDefinitionInput): Promise<string> {
  const { noun, key, type } = input;
  const said = {
    name: input.name.trim(),
    description: input.description ?? null,
    choices: trimmed(input.choices),
  };
  const faults = new Faults();
  if (!ATTRIBUTE_KEY.test(key))
    faults.add('key', 'must be lower-case letters, digits and _, 50 at most, and begin with a letter');
  faults.optionalText('reason', input.reason, MAX_REASON);
  check(said, type, faults);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'attribute_definition.create');
    const { workspaceId } = tx.principal;
    await refuseKnown(tx, input);
    await refuseBeyond(tx, {
      limit: noun === 'CONTACT' ? 'attributesOfContacts' : 'attributesOfConversations',
      value: MAX_DEFINITIONS,
      there: sql`from attribute_definition t
        where t.workspace_id = ${workspaceId} and t.noun = ${noun} and t.deactivated_at is null`,
    });
    const id = newId();
    const made = await tx.rows(sql`
      insert into attribute_definition (workspace_id, id, noun, key, name, description, type, choices, created_at)
      values (${workspaceId}, ${id}, ${noun}, ${key}, ${said.name}, ${said.description}, ${type}, ${said.choices}::text[], ${tx.now})
      on conflict do nothing returning 1 as done`);
    // Somebody else has defined it since.
    if (made.length === 0) throw inUse(key);
    tx.record({
      action: 'attribute_definition.created',
      target: { type: 'attribute_definition', id, label: said.name },
      changes: [
        { field: 'noun', after: noun },
        { field: 'type', after: type },
        { field: 'key', after: key },
        ...changesOf(null, said),
      ],
      reason: input.reason ?? null,
    });
    return id;
  });
}

/** Values outlive their definition: under one key they stay of one type. */
async function refuseKnown(tx: Tx, { noun, key, type }: CreateAttributeDefinitionInput): Promise<void> {
  const known = await tx.em.find(AttributeDefinition, { workspaceId: tx.principal.workspaceId, noun, key });
  const used = known.find(({ deactivatedAt }) => !deactivatedAt);
  if (used) throw inUse(key, used.id);
  const other = known.find((one) => one.type !== type);
  if (other) {
    throw conflict(`Values of this key are of type ${other.type}.`, {
      key,
      type: other.type,
      attributeDefinitionId: other.id,
    });
  }
}

const inUse = (key: string, id?: string) =>
  conflict('There is an attribute with this key.', { key, ...(id ? { attributeDefinitionId: id } : {}) });

/**
 * Changes what an attribute is called and what may be chosen; what is not given stays. Values that are there stay, also
 * those that can no longer be chosen.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for one that was deactivated.
 */
export async function updateAttributeDefinition(call: Call, input: UpdateAttributeDefinitionInput): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'attribute_definition.update');
    const definition = await locked(tx, input.attributeDefinitionId);
    refuseInactive(definition, 'attribute definition');
    const { name, choices } = definition;
    const before = { name, choices, description: definition.description ?? null };
    const after = {
      name: input.name?.trim() ?? before.name,
      description: input.description === undefined ? before.description : input.description,
      choices: input.choices ? trimmed(input.choices) : before.choices,
    };
    check(after, definition.type, new Faults());
    const changes = changesOf(before, after);
    if (changes.length === 0) return definition.id;
    tx.em.assign(definition, after);
    tx.record({
      action: 'attribute_definition.updated',
      target: { type: 'attribute_definition', id: definition.id, label: after.name },
      metadata: { noun: definition.noun, key: definition.key },
      changes,
      reason: input.reason ?? null,
    });
    return definition.id;
  });
}

/**
 * Lets no value of an attribute be set any more. Those that are there stay, and can be taken away.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function deactivateAttributeDefinition(
  call: Call,
  input: { attributeDefinitionId: string } & WithReason,
): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'attribute_definition.deactivate');
    const definition = await locked(tx, input.attributeDefinitionId);
    if (definition.deactivatedAt) return definition.id;
    definition.deactivatedAt = tx.now;
    tx.record({
      action: 'attribute_definition.deactivated',
      target: { type: 'attribute_definition', id: definition.id, label: definition.name },
      metadata: { noun: definition.noun, key: definition.key },
      changes: [{ field: 'active', before: true, after: false }],
      reason: input.reason ?? null,
    });
    return definition.id;
  });
}

/** @throws AppError NOT_FOUND */
async function locked(tx: Tx, id: string): Promise<AttributeDefinition> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const found = isId(id) ? await tx.em.findOne(AttributeDefinition, { workspaceId, id }, lock) : null;
  if (!found) throw notFound('attribute definition');
  return found;
}

function changesOf(before: Said | null, after: Said): FieldChange[] {
  const shown = (said: Said | null) => ({
    name: said?.name,
    description: said?.description ?? undefined,
    choices: said && said.choices.length > 0 ? JSON.stringify(said.choices) : undefined,
  });
  const [was, is] = [shown(before), shown(after)];
  return (['name', 'description', 'choices'] as const)
    .filter((field) => was[field] !== is[field])
    .map((field) => ({ field, before: was[field], after: is[field] }));
}
