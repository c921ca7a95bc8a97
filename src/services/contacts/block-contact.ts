import type { Call } from '../application.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction } from '../transaction.js';
import { accessContact, ofContact, refuseErased } from './access-contact.js';
import { refuseMerged } from './merged.js';

/**
 * Blocks a contact, or no longer. As it is already changes nothing.
 * @returns the contact's id.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one who was erased or merged.
 */
export async function setBlocked(
  call: Call,
  input: { contactId: string } & WithReason,
  blocked: boolean,
): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    const contact = await accessContact(tx, input.contactId, blocked ? 'contact.block' : 'contact.unblock');
    refuseErased(contact);
    refuseMerged(contact);
    if (Boolean(contact.blockedAt) === blocked) return contact.id;
    const reason = input.reason ?? null;
    contact.blockedAt = blocked ? tx.now : null;
    contact.blockReason = blocked ? reason : null;
    contact.updatedAt = tx.now;
    tx.record({
      ...ofContact(contact),
      action: blocked ? 'contact.blocked' : 'contact.unblocked',
      changes: [{ field: 'blocked', before: !blocked, after: blocked }],
      reason,
    });
    return contact.id;
  });
}
