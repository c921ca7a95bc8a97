import type { Contact } from '../../entities/contact.js';
import type { Label } from '../../entities/label.js';
import type { WithReason } from '../text.js';
import type { Tx } from '../transaction.js';
import { ofContact } from './access-contact.js';

/** Records that a contact got a label or lost it. */
export function recordLabel(
  tx: Tx,
  contact: Contact,
  { id, name }: Pick<Label, 'id' | 'name'>,
  { present, reason }: WithReason & { present: boolean },
): void {
  tx.record({
    action: present ? 'contact.label_added' : 'contact.label_removed',
    ...ofContact(contact),
    labels: { label: name },
    metadata: { labelId: id },
    reason: reason ?? null,
  });
}
