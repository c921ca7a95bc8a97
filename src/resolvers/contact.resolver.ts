import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Contact } from '../entities/contact.js';
import type { RowOf } from '../entities/row.js';
import { ContactIdentityType, ContactType } from '../schema/contact.type.js';
import { contactLabel } from '../services/lookups.js';
import type { ApiContext } from './context.js';

@Resolver(() => ContactType)
export class ContactResolver {
  @FieldResolver(() => String, { description: 'What people call them.' })
  displayName(@Root() contact: RowOf<Contact>): string {
    return contactLabel(contact);
  }

  @FieldResolver(() => [ContactIdentityType])
  identities(@Root() contact: RowOf<Contact>, @Ctx() { loaders }: ApiContext) {
    return loaders.contactIdentities.load(contact.id);
  }
}
