import { LockMode } from '@mikro-orm/core';
import { Label } from '../../entities/label.js';
import type { Call } from '../application.js';
import { isUniqueViolation } from '../database-errors.js';
import { LIST_CAP } from '../directory.js';
import { conflict, notFound } from '../errors.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { isId } from '../ids.js';
import type { FieldChange } from '../record/event.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { addLabel, checkLabel, type LabelSaid } from '../workspaces/add-label.js';
import { refuseBeyond, refuseInactive } from '../workspaces/places.js';

export type CreateLabelInput = LabelSaid & WithReason;

export interface UpdateLabelInput extends WithReason {
  labelId: string;
  name?: string | null | undefined;
  color?: string | null | undefined;
  /** null takes it away, undefined leaves it as it is. */
  description?: string | null | undefined;
}

/**
 * Creates a label.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED; CONFLICT for a name in use; LIMIT_EXCEEDED at 250 in use.
 */
export async function createLabel(call: Call, input: CreateLabelInput): Promise<string> {
  return naming(input.name.trim(), () =>
    withTransaction(call, async (tx) => {
      refuseUnlessAdministrator(tx, 'label.create');
      checkReason(input);
      checkLabel(input, new Faults());
      await refuseName(tx, input.name.trim());
      await refuseBeyond(tx, {
        limit: 'labels',
        value: LIST_CAP,
        there: sql`from label t where t.workspace_id = ${tx.principal.workspaceId} and t.deactivated_at is null`,
      });
      return addLabel(tx, input);
    }),
  );
}

/**
 * Changes a label; what is not given stays. It is changed wherever it is carried.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for a name in use, or a label that was deactivated.
 */
export async function updateLabel(call: Call, input: UpdateLabelInput): Promise<string> {
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REASON);
  return naming(input.name?.trim() ?? '', () =>
    withTransaction(call, async (tx) => {
      refuseUnlessAdministrator(tx, 'label.update');
      const label = await lockedLabel(tx, input.labelId);
      refuseInactive(label, 'label');
      const before = { name: label.name, color: label.color, description: label.description ?? null };
      const after = {
        name: input.name?.trim() ?? before.name,
        color: input.color ?? before.color,
        description: input.description === undefined ? before.description : input.description,
      };
      checkLabel(after, faults);
      const changes = (['name', 'color', 'description'] as const)
        .filter((field) => before[field] !== after[field])
        .map((field): FieldChange => ({ field, before: before[field] ?? undefined, after: after[field] ?? undefined }));
      if (changes.length === 0) return label.id;
      if (after.name !== before.name) await refuseName(tx, after.name);
      tx.em.assign(label, after);
      tx.record({
        action: 'label.updated',
        target: { type: 'label', id: label.id, label: after.name },
        changes,
        reason: input.reason ?? null,
      });
      return label.id;
    }),
  );
}

/**
 * Lets a label be added to nothing any more. What carries it keeps it, is found by it, and can be rid of it.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function deactivateLabel(call: Call, input: { labelId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'label.deactivate');
    const label = await lockedLabel(tx, input.labelId);
    if (label.deactivatedAt) return label.id;
    label.deactivatedAt = tx.now;
    tx.record({
      action: 'label.deactivated',
      target: { type: 'label', id: label.id, label: label.name },
      changes: [{ field: 'active', before: true, after: false }],
      reason: input.reason ?? null,
    });
    return label.id;
  });
}

/** @throws AppError NOT_FOUND */
async function lockedLabel(tx: Tx, id: string): Promise<Label> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const found = isId(id) ? await tx.em.findOne(Label, { workspaceId, id }, lock) : null;
  if (!found) throw notFound('label');
  return found;
}

/** @throws AppError CONFLICT */
async function refuseName(tx: Tx, name: string): Promise<void> {
  const there = await tx.em.findOne(Label, { workspaceId: tx.principal.workspaceId, name, deactivatedAt: null });
  if (there) throw taken(name, there.id);
}

const taken = (name: string, labelId?: string) =>
  conflict('There is a label with this name.', { name, ...(labelId ? { labelId } : {}) });

/** Two who take one name at once: whoever comes second is told so by the database. */
async function naming<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(name);
    throw error;
  }
}
