import type { World } from '../support/world.js';
import type { IsolationRow } from './isolation-rows.js';
import type { RootField } from './outcomes.js';

export const UPSERT =
  'mutation($input: UpsertContactInput!) { upsertContact(input: $input) { result contact { id name } } }';
export const ADD_IDENTITY =
  'mutation($input: AddContactIdentityInput!) { addContactIdentity(input: $input) { contact { id } } }';
export const REMOVE_IDENTITY =
  'mutation($input: RemoveContactIdentityInput!) { removeContactIdentity(input: $input) { contact { id } } }';
export const BLOCK =
  'mutation($input: BlockContactInput!) { blockContact(input: $input) { contact { id blockedAt blockReason } } }';
export const UNBLOCK =
  'mutation($input: UnblockContactInput!) { unblockContact(input: $input) { contact { id blockedAt blockReason } } }';
export const MERGE = 'mutation($input: MergeContactsInput!) { mergeContacts(input: $input) { contact { id } kept } }';
export const UNMERGE =
  'mutation($input: UnmergeContactsInput!) { unmergeContacts(input: $input) { contact { id } from { id } } }';

const REASON = 'As they said';

/** A contact who has never written. */
const somebody = async (world: World): Promise<string> =>
  (await world.withKey('all').ask(UPSERT, { input: { name: 'Asha' } })).upsertContact.contact.id;

/** Changing a contact: every agent may, whatever their teams; who may not read contacts hears that there is none. */
const writers = (action: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [`OK ${action}`]: 'admin supervisor agent outsider keyAll',
  'NOT_FOUND auth.access_denied': 'auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
  NOT_FOUND: 'foreignAdmin',
});

export const contactRows: RootField[] = [
  {
    field: 'Mutation.upsertContact',
    operation: UPSERT,
    variables: ({ contactId }) => ({ input: { id: contactId, name: 'Asha Rao', reason: REASON } }),
    expected: writers('contact.updated'),
  },
  {
    field: 'Mutation.addContactIdentity',
    operation: ADD_IDENTITY,
    variables: ({ contactId, address }) => ({
      input: { contactId, channel: 'EMAIL', address: `${address}@example.test`, reason: REASON },
    }),
    expected: writers('contact.identity_added'),
  },
  {
    field: 'Mutation.removeContactIdentity',
    operation: REMOVE_IDENTITY,
    variables: async ({ contactId }, { world }) => {
      const { contact } = await world
        .withKey('all')
        .ask('query($id: ID!) { contact(id: $id) { identities { id } } }', { id: contactId });
      return { input: { identityId: contact.identities[0].id, reason: REASON } };
    },
    expected: writers('contact.identity_removed'),
  },
  {
    field: 'Mutation.blockContact',
    operation: BLOCK,
    variables: ({ contactId }) => ({ input: { contactId, reason: REASON } }),
    expected: writers('contact.blocked'),
  },
  {
    field: 'Mutation.unblockContact',
    operation: UNBLOCK,
    prepare: ({ contactId }, { world }) => world.withKey('all').ask(BLOCK, { input: { contactId } }),
    variables: ({ contactId }) => ({ input: { contactId, reason: REASON } }),
    expected: writers('contact.unblocked'),
  },
  {
    field: 'Mutation.mergeContacts',
    operation: MERGE,
    variables: async ({ contactId }, { world }) => ({
      input: { contactId: await somebody(world), intoContactId: contactId, reason: REASON },
    }),
    expected: writers('contact.merged'),
  },
  {
    field: 'Mutation.unmergeContacts',
    operation: UNMERGE,
    prepare: async ({ contactId }, { world }) => {
      const input = { contactId: await somebody(world), intoContactId: contactId };
      await world.withKey('all').ask(MERGE, { input });
    },
    variables: async ({ contactId }, { world }) => {
      const { contact } = await world
        .withKey('all')
        .ask('query($id: ID!) { contact(id: $id) { mergedContacts { id } } }', { id: contactId });
      return { input: { contactId: contact.mergedContacts[0].id, reason: REASON } };
    },
    expected: writers('contact.unmerged'),
  },
];

export const contactIsolationRows: IsolationRow[] = [
  ['UpsertContactInput.id', UPSERT, (at) => ({ input: { id: at.there.contactId, name: 'Eve' } }), 'NOT_FOUND'],
  [
    'AddContactIdentityInput.contactId',
    ADD_IDENTITY,
    (at) => ({ input: { contactId: at.there.contactId, channel: 'EMAIL', address: 'eve@example.test' } }),
    'NOT_FOUND',
  ],
  [
    'RemoveContactIdentityInput.identityId',
    REMOVE_IDENTITY,
    (at) => ({ input: { identityId: at.identityId } }),
    'NOT_FOUND',
  ],
  ['BlockContactInput.contactId', BLOCK, (at) => ({ input: { contactId: at.there.contactId } }), 'NOT_FOUND'],
  ['UnblockContactInput.contactId', UNBLOCK, (at) => ({ input: { contactId: at.there.contactId } }), 'NOT_FOUND'],
  [
    'MergeContactsInput.contactId',
    MERGE,
    (at) => ({ input: { contactId: at.there.contactId, intoContactId: at.ownContactId } }),
    'NOT_FOUND',
  ],
  [
    'MergeContactsInput.intoContactId',
    MERGE,
    (at) => ({ input: { contactId: at.ownContactId, intoContactId: at.there.contactId } }),
    'NOT_FOUND',
  ],
  ['UnmergeContactsInput.contactId', UNMERGE, (at) => ({ input: { contactId: at.there.contactId } }), 'NOT_FOUND'],
];
