import { Label } from '../../entities/label.js';
import type { Tx } from '../commit.js';
import { newId } from '../ids.js';
import { Faults, MAX_REMARK, type WithReason } from '../text.js';

const COLOR = /^#[0-9a-f]{6}$/;

/** What is said of a label. */
export interface LabelSaid {
  name: string;
  color: string;
  description?: string | null | undefined;
}

/** @throws AppError VALIDATION_FAILED, also for what is wrong already. */
export function checkLabel({ name, color, description }: LabelSaid, faults: Faults): void {
  faults.text('name', name, MAX_REMARK);
  faults.optionalText('description', description, MAX_REMARK);
  if (!COLOR.test(color)) faults.add('color', 'must be #rrggbb in lower case');
  faults.refuse();
}

/** Creates a label. Checks no rights: its callers do. @throws AppError VALIDATION_FAILED */
export async function addLabel(tx: Tx, input: LabelSaid & WithReason): Promise<string> {
  checkLabel(input, new Faults());
  const label = tx.em.create(Label, {
    workspaceId: tx.principal.workspaceId,
    id: newId(),
    name: input.name.trim(),
    color: input.color,
    description: input.description ?? null,
    createdAt: tx.now,
    deactivatedAt: null,
  });
  tx.em.persist(label);
  await tx.em.flush();
  tx.record({
    action: 'label.created',
    target: { type: 'label', id: label.id, label: label.name },
    changes: [
      { field: 'name', after: label.name },
      { field: 'color', after: label.color },
      ...(label.description ? [{ field: 'description', after: label.description }] : []),
    ],
    reason: input.reason ?? null,
  });
  return label.id;
}
