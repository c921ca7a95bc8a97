import { Label } from '../../entities/label.js';
import type { Tx } from '../commit.js';
import { newId } from '../ids.js';
import { Faults, MAX_REMARK } from '../text.js';

const COLOR = /^#[0-9a-f]{6}$/;

/** Creates a label. Checks no rights: its callers do. @throws AppError VALIDATION_FAILED */
export async function addLabel(
  tx: Tx,
  input: { name: string; color: string; description?: string | null | undefined },
): Promise<string> {
  const faults = new Faults();
  faults.text('name', input.name, MAX_REMARK);
  faults.optionalText('description', input.description, MAX_REMARK);
  if (!COLOR.test(input.color)) faults.add('color', 'must be #rrggbb in lower case');
  faults.refuse();
  const label = tx.em.create(Label, {
    workspaceId: tx.principal.workspaceId,
    id: newId(),
    name: input.name.trim(),
    color: input.color,
    description: input.description ?? null,
    createdAt: tx.now,
  });
  tx.em.persist(label);
  await tx.em.flush();
  tx.record({ action: 'label.created', target: { type: 'label', id: label.id, label: label.name } });
  return label.id;
}
