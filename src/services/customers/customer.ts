import type { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import { forbidden, notFound, type Denial } from '../errors.js';
import type { Principal } from '../principal.js';

/** A customer in a web chat. */
export interface Customer {
  contactId: string;
  /** Whom their token names: the contact, or one who turned out to be them. */
  tokenContactId: string;
  inboxId: string;
}

/** @throws AppError FORBIDDEN for every other caller. */
export function customerOf({ kind, id, customerInboxId, tokenContactId }: Principal): Customer {
  if (kind === 'CONTACT' && id !== null && customerInboxId !== undefined)
    return { contactId: id, inboxId: customerInboxId, tokenContactId: tokenContactId ?? id };
  throw forbidden('Only a customer may do this, by a token of createCustomerToken.');
}

/** Whether a conversation is a customer's own: theirs, in the web chat that they came in by. */
export const isOwn = (
  { contactId, inboxId }: Pick<Customer, 'contactId' | 'inboxId'>,
  conversation: Pick<RowOf<Conversation>, 'contactId' | 'inboxId'>,
): boolean => conversation.contactId === contactId && conversation.inboxId === inboxId;

/** Refuses a conversation that is not a customer's own, as one that is not there; that they tried is on the record. */
export function refuseForeign(
  customer: Customer,
  conversation: Pick<RowOf<Conversation>, 'id' | 'number' | 'contactId' | 'inboxId' | 'teamId'>,
  attempted: string,
): void {
  if (isOwn(customer, conversation)) return;
  const { id, number, inboxId, teamId } = conversation;
  const denial: Denial = {
    attempted,
    target: { type: 'conversation', id, label: `#${number}` },
    conversationId: id,
    // Who tried: erasing them reaches it.
    contactId: customer.contactId,
    inboxId,
    ...(teamId ? { teamId } : {}),
  };
  throw notFound('conversation').recordedAs(denial);
}
