import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import {
  AddContactIdentityPayload,
  BlockContactPayload,
  RemoveContactIdentityPayload,
  UnblockContactPayload,
  UpsertContactPayload,
} from '../schema/contact-changes.type.js';
import {
  AddContactIdentityInputType,
  BlockContactInputType,
  RemoveContactIdentityInputType,
  UnblockContactInputType,
  UpsertContactInputType,
} from '../schema/contact.input.js';
import { setBlocked } from '../services/contacts/block-contact.js';
import { addContactIdentity, removeContactIdentity } from '../services/contacts/change-identities.js';
import { upsertContact } from '../services/contacts/upsert-contact.js';
import type { ApiContext } from './context.js';

@Resolver()
export class ContactChangesResolver {
  @Mutation(() => UpsertContactPayload, {
    description:
      'Makes a contact, or changes what is known of them. Errors: FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for an id or address of another contact, and for one who was erased; LIMIT_EXCEEDED at 250 addresses.',
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
      'Says that a contact is reached at one more address. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for an address of another contact, and for one who was erased; LIMIT_EXCEEDED at 250 addresses.',
  })
  async addContactIdentity(
    @Arg('input', () => AddContactIdentityInputType) input: AddContactIdentityInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { contact: await loaders.contact.load(await addContactIdentity(call, input)) };
  }

  @Mutation(() => RemoveContactIdentityPayload, {
    description:
      'Says that an address is not a contact’s any more; what was written from there stays. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one who was erased.',
  })
  async removeContactIdentity(
    @Arg('input', () => RemoveContactIdentityInputType) input: RemoveContactIdentityInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { contact: await loaders.contact.load(await removeContactIdentity(call, input)) };
  }

  @Mutation(() => BlockContactPayload, {
    description:
      'Blocks a contact: what they write is kept, and waits for nobody. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one who was erased.',
  })
  async blockContact(
    @Arg('input', () => BlockContactInputType) input: BlockContactInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { contact: await loaders.contact.load(await setBlocked(call, input, true)) };
  }

  @Mutation(() => UnblockContactPayload, {
    description:
      'Blocks a contact no longer. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one who was erased.',
  })
  async unblockContact(
    @Arg('input', () => UnblockContactInputType) input: UnblockContactInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { contact: await loaders.contact.load(await setBlocked(call, input, false)) };
  }
}
