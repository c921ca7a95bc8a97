import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  AddContactIdentityPayload,
  BlockContactPayload,
  MergeContactsPayload,
  RemoveContactIdentityPayload,
  UnblockContactPayload,
  UnmergeContactsPayload,
  UpsertContactPayload,
} from '../schema/contact-changes.type.js';
import {
  AddContactIdentityInputType,
  BlockContactInputType,
  MergeContactsInputType,
  RemoveContactIdentityInputType,
  UnblockContactInputType,
  UnmergeContactsInputType,
  UpsertContactInputType,
} from '../schema/contact.input.js';
import { setBlocked } from '../services/contacts/block-contact.js';
import { addContactIdentity, removeContactIdentity } from '../services/contacts/change-identities.js';
import { mergeContacts } from '../services/contacts/merge-contacts.js';
import { unmergeContacts } from '../services/contacts/unmerge-contacts.js';
import { upsertContact } from '../services/contacts/upsert-contact.js';
import type { ApiContext } from './context.js';

@Resolver()
export class ContactChangesResolver {
  @Mutation(() => UpsertContactPayload, {
    description:
      'Makes a contact, or changes what is known of them. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for an id or address of another contact, and for one who was erased or merged; LIMIT_EXCEEDED at 250 addresses.',
  })
  async upsertContact(
    @Arg('input', () => UpsertContactInputType) input: UpsertContactInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { contactId, result } = await upsertContact(call, input);
    return { contact: await loaders.contact.load(contactId), result };
  }

  @Mutation(() => AddContactIdentityPayload, {
    description:
      'Says that a contact is reached at one more address. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for an address of another contact, and for one who was erased or merged; LIMIT_EXCEEDED at 250 addresses.',
  })
  async addContactIdentity(
    @Arg('input', () => AddContactIdentityInputType) input: AddContactIdentityInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { contact: await loaders.contact.load(await addContactIdentity(call, input)) };
  }

  @Mutation(() => RemoveContactIdentityPayload, {
    description:
      'Says that an address is not a contact’s any more; what was written from there stays. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one who was erased or merged.',
  })
  async removeContactIdentity(
    @Arg('input', () => RemoveContactIdentityInputType) input: RemoveContactIdentityInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { contact: await loaders.contact.load(await removeContactIdentity(call, input)) };
  }

  @Mutation(() => BlockContactPayload, {
    description:
      'Blocks a contact: what they write is kept, and waits for nobody. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one who was erased or merged.',
  })
  async blockContact(
    @Arg('input', () => BlockContactInputType) input: BlockContactInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { contact: await loaders.contact.load(await setBlocked(call, input, true)) };
  }

  @Mutation(() => UnblockContactPayload, {
    description:
      'Blocks a contact no longer. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one who was erased or merged.',
  })
  async unblockContact(
    @Arg('input', () => UnblockContactInputType) input: UnblockContactInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { contact: await loaders.contact.load(await setBlocked(call, input, false)) };
  }

  @Mutation(() => MergeContactsPayload, {
    description:
      'Makes one contact of two, so that it can be undone. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for who was erased or merged elsewhere, and where only one of them is blocked; LIMIT_EXCEEDED over 250 addresses or 1,000 conversations; UNAVAILABLE while something arrives from an address that was just added.',
  })
  async mergeContacts(
    @Arg('input', () => MergeContactsInputType) input: MergeContactsInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { contactId, kept } = await mergeContacts(call, input);
    return { contact: await loaders.contact.load(contactId), kept };
  }

  @Mutation(() => UnmergeContactsPayload, {
    description:
      'Takes a contact out of the one that they were merged into, with all that is theirs alone. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for who is not merged or was erased, while the other one is merged into a third, and while a conversation of one goes on in one of the other; LIMIT_EXCEEDED over 1,000 conversations; UNAVAILABLE as for merging.',
  })
  async unmergeContacts(
    @Arg('input', () => UnmergeContactsInputType) input: UnmergeContactsInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    const { contactId, fromContactId } = await unmergeContacts(call, input);
    return { contact: await loaders.contact.load(contactId), from: await loaders.contact.load(fromContactId) };
  }
}
