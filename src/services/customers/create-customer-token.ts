import { Contact } from '../../entities/contact.js';
import { Inbox } from '../../entities/inbox.js';
import type { Call } from '../application.js';
import { conflict, forbidden, invalid, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { canIngest } from '../policy.js';
import { Faults, MAX_EXTERNAL_ID, MAX_REMARK } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { goneInto } from '../contacts/merged.js';
import { lockContacts } from '../contacts/contact-locks.js';
import { receivedContact } from '../conversations/received-contact.js';

/** How long a token holds, in seconds. */
export const TOKEN_SECONDS = { default: 900, min: 60, max: 3_600 };

export interface CreateCustomerTokenInput {
  inboxId: string;
  contactId?: string | null | undefined;
  contactExternalId?: string | null | undefined;
  name?: string | null | undefined;
  expiresInSeconds?: number | null | undefined;
}

export interface CustomerToken {
  token: string;
  expiresAt: Date;
  /** Who they are now. */
  contactId: string;
}

/**
 * Makes a token by which one contact chats in one web-chat inbox. A contact that nobody knows by this external id is made.
 * Whoever turned out to be another contact chats as that one, for as long as they are.
 * @throws AppError FORBIDDEN; NOT_FOUND (inbox, contact); VALIDATION_FAILED, also for an inbox that is no web chat;
 *   CONFLICT for an inbox that was deactivated, and a contact that was erased.
 */
export async function createCustomerToken(call: Call, input: CreateCustomerTokenInput): Promise<CustomerToken> {
  const seconds = input.expiresInSeconds ?? TOKEN_SECONDS.default;
  validate(input, seconds);
  const { workspaceId, apiKeyId } = call.principal;
  const { contactId, tokenContactId } = await withTransaction(call, async (tx) => {
    const inbox = isId(input.inboxId) ? await tx.em.findOne(Inbox, { workspaceId, id: input.inboxId }) : null;
    if (!inbox) throw notFound('inbox');
    if (!canIngest(tx.principal) || apiKeyId === null) {
      throw forbidden('Letting customers in needs an API key with the scope CHANNEL_INGEST.').recordedAs({
        attempted: 'customer_token.create',
        target: { type: 'inbox', id: inbox.id, label: inbox.name },
        inboxId: inbox.id,
      });
    }
    if (inbox.channel !== 'WEB_CHAT') throw invalid({ path: 'inboxId', message: 'is no web chat' });
    if (inbox.deactivatedAt) {
      const deactivatedAt = inbox.deactivatedAt.toISOString();
      throw conflict('This inbox takes nothing any more.', { inboxId: inbox.id, deactivatedAt });
    }
    const { contact, path } = await contactFor(tx, inbox, input);
    const expiresAt = new Date(tx.now.getTime() + seconds * 1000);
    tx.record({
      action: 'auth.customer_token_created',
      target: { type: 'contact', id: contact.id, label: contact.label() },
      contactId: contact.id,
      // As whom they were found, where that is somebody else.
      related: path.length > 1 ? [{ type: 'contact', id: path[0]! }] : [],
      inboxId: inbox.id,
      labels: { inbox: inbox.name },
      metadata: { expiresAt: expiresAt.toISOString() },
    });
    return { contactId: contact.id, tokenContactId: path[0]! };
  });
  // Of whom they were found as: should the two be taken apart again, they are no longer the other.
  const claims = { contactId: tokenContactId, workspaceId, inboxId: input.inboxId, apiKeyId: apiKeyId! };
  return { contactId, ...(await call.app.tokens.signCustomer(claims, seconds)) };
}

function validate({ contactId, contactExternalId, name }: CreateCustomerTokenInput, seconds: number): void {
  const faults = new Faults();
  if ((contactId == null) === (contactExternalId == null))
    faults.add('contactId', 'either this or contactExternalId must be given');
  if (contactExternalId != null) faults.text('contactExternalId', contactExternalId, MAX_EXTERNAL_ID);
  faults.optionalText('name', name, MAX_REMARK);
  if (name != null && contactId != null) faults.add('name', 'goes with contactExternalId: this contact is known');
  if (seconds < TOKEN_SECONDS.min || seconds > TOKEN_SECONDS.max)
    faults.add('expiresInSeconds', `must be ${TOKEN_SECONDS.min} to ${TOKEN_SECONDS.max}`);
  faults.refuse();
}

async function contactFor(
  tx: Tx,
  inbox: Inbox,
  { contactId, contactExternalId, name }: CreateCustomerTokenInput,
): Promise<{ contact: Contact; path: readonly string[] }> {
  if (contactExternalId != null) {
    await lockContacts(tx, tx.principal.workspaceId, [{ externalId: contactExternalId }]);
    const { contact, foundBy } = await receivedContact(tx, inbox, { externalId: contactExternalId, name });
    return { contact, path: foundBy.contactIds };
  }
  const id = contactId!;
  const contact = isId(id) ? await tx.em.findOne(Contact, { workspaceId: tx.principal.workspaceId, id }) : null;
  if (!contact) throw notFound('contact');
  if (contact.erasedAt) {
    throw conflict('This contact was erased.', { contactId: id, erasedAt: contact.erasedAt.toISOString() });
  }
  return goneInto(tx, contact);
}
