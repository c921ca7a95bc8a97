import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, ID, Info, Query, Resolver, Root } from 'type-graphql';
import type { Contact } from '../entities/contact.js';
import type { TranscriptEntryKind as KindValue } from '../entities/enums.js';
import type { RowOf } from '../entities/row.js';
import { PageBothWays, PageForwards } from '../schema/connection.type.js';
import { ContactFilterInput } from '../schema/contact.input.js';
import { ContactConnection, ContactIdentityType, ContactType } from '../schema/contact.type.js';
import { ConversationConnection } from '../schema/conversation.type.js';
import { TranscriptEntryKind } from '../schema/enums.js';
import { LabelType } from '../schema/label.type.js';
import { Json } from '../schema/scalars.js';
import { TranscriptConnection } from '../schema/transcript.type.js';
import { listContacts, readContact, readContactByExternalId } from '../services/contacts/read-contacts.js';
import { listConversations } from '../services/conversations/read-conversations.js';
import { contactLabel } from '../services/lookups.js';
import { canReadContacts } from '../services/policy.js';
import type { ApiContext } from './context.js';
import { askedOf } from './selection.js';
import { NOT_SHOWN, ofConversations } from './revealing.js';
import { transcriptConnection } from './transcript.resolver.js';

const NOT_FOUND = 'Errors: NOT_FOUND, also where the caller may not read contacts.';

@Resolver(() => ContactType)
export class ContactResolver {
  @FieldResolver(() => String, { description: 'What people call them.' })
  displayName(@Root() contact: RowOf<Contact>, @Ctx() { call }: ApiContext): string {
    // An address in the name's place is an address all the same.
    return contactLabel(canReadContacts(call.principal) ? contact : { name: contact.name });
  }

  @Query(() => ContactConnection, {
    description: 'The contacts, latest changed first. Errors: FORBIDDEN, VALIDATION_FAILED.',
  })
  contacts(
    @Arg('filter', () => ContactFilterInput, { nullable: true, description: 'Which contacts.' })
    filter: ContactFilterInput | null,
    @Args(() => PageForwards) page: PageForwards,
    @Ctx() context: ApiContext,
  ) {
    return listContacts(context.call, filter ?? {}, page);
  }

  @Query(() => ContactType, { nullable: true, description: `One contact. ${NOT_FOUND}` })
  contact(@Arg('id', () => ID, { description: 'Their id.' }) id: string, @Ctx() context: ApiContext) {
    return readContact(context.call, id);
  }

  @Query(() => ContactType, {
    nullable: true,
    description: `The contact that another system knows under this id. ${NOT_FOUND}`,
  })
  contactByExternalId(
    @Arg('externalId', () => String, { description: 'Their external id.' }) externalId: string,
    @Ctx() context: ApiContext,
  ) {
    return readContactByExternalId(context.call, externalId);
  }

  @FieldResolver(() => [LabelType])
  labels(@Root() contact: RowOf<Contact>, @Ctx() { loaders }: ApiContext) {
    return loaders.contactLabels.load(contact.id);
  }

  @FieldResolver(() => ConversationConnection)
  conversations(
    @Root() contact: RowOf<Contact>,
    @Args(() => PageForwards) page: PageForwards,
    @Ctx() { call }: ApiContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return listConversations(
      call,
      { contactId: contact.id, spam: 'either', merged: 'either' },
      'LAST_ACTIVITY_DESC',
      page,
      askedOf(info),
    );
  }

  @FieldResolver(() => TranscriptConnection)
  async timeline(
    @Root() contact: RowOf<Contact>,
    @Arg('kinds', () => [TranscriptEntryKind], { nullable: true, description: 'Only these kinds of lines.' })
    kinds: KindValue[] | null,
    @Args(() => PageBothWays) page: PageBothWays,
    @Ctx() { loaders }: ApiContext,
  ) {
    const lines = await loaders.contactTimelines.load({ id: contact.id, asked: { ...page, kinds } });
    const shown = lines.nodes.map(({ conversationId }) => conversationId);
    return ofConversations(await transcriptConnection(lines, loaders), shown);
  }

  /** Who else somebody turned out to be is for who may read contacts: their conversations may be nobody else's to see. */
  @FieldResolver(() => ContactType, { nullable: true })
  mergedInto(@Root() { mergedIntoId }: RowOf<Contact>, @Ctx() { call, loaders }: ApiContext) {
    return mergedIntoId && canReadContacts(call.principal) ? loaders.contact.load(mergedIntoId) : null;
  }

  @FieldResolver(() => [ContactType])
  mergedContacts(@Root() contact: RowOf<Contact>, @Ctx() { call, loaders }: ApiContext) {
    return canReadContacts(call.principal) ? loaders.mergedContacts.load(contact.id) : NOT_SHOWN;
  }

  /** How a contact can be reached is for who may read contacts, also where a conversation shows the contact. */
  @FieldResolver(() => String, { nullable: true })
  email(@Root() contact: RowOf<Contact>, @Ctx() { call }: ApiContext): string | null | undefined {
    return canReadContacts(call.principal) ? contact.email : undefined;
  }

  @FieldResolver(() => String, { nullable: true })
  phone(@Root() contact: RowOf<Contact>, @Ctx() { call }: ApiContext): string | null | undefined {
    return canReadContacts(call.principal) ? contact.phone : undefined;
  }

  @FieldResolver(() => String, { nullable: true })
  about(@Root() contact: RowOf<Contact>, @Ctx() { call }: ApiContext): string | null | undefined {
    return canReadContacts(call.principal) ? contact.about : undefined;
  }

  @FieldResolver(() => Json, { nullable: true })
  attributes(@Root() contact: RowOf<Contact>, @Ctx() { call }: ApiContext) {
    return canReadContacts(call.principal) ? contact.attributes : undefined;
  }

  @FieldResolver(() => String, { nullable: true })
  blockReason(@Root() contact: RowOf<Contact>, @Ctx() { call }: ApiContext): string | null {
    return canReadContacts(call.principal) ? contact.blockReason : null;
  }

  @FieldResolver(() => [ContactIdentityType])
  identities(@Root() contact: RowOf<Contact>, @Ctx() { call, loaders }: ApiContext) {
    return canReadContacts(call.principal) ? loaders.contactIdentities.load(contact.id) : NOT_SHOWN;
  }
}
