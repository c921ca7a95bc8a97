import { afterAll, beforeAll, expect, it } from 'vitest';
import { MERGE, UNMERGE, UPSERT } from '../security/contact-rows.js';
import { conversation, ImportStage, message, PATIENCE } from './stage.js';

let stage: ImportStage;
beforeAll(async () => {
  stage = await ImportStage.open();
}, PATIENCE);
afterAll(() => stage.close());

it('brings what is of who was merged to who goes on, and it goes back with them', { timeout: PATIENCE }, async () => {
  const crm = stage.world.withKey('all');
  const upsert = async (input: object) => (await crm.ask(UPSERT, { input })).upsertContact.contact.id;
  const known = [{ channel: 'WEB_CHAT', address: 'visitor-a' }];
  const [one, two] = [await upsert({ externalId: 'crm-a', identities: known }), await upsert({ externalId: 'crm-b' })];
  await crm.ask(MERGE, { input: { contactId: one, intoContactId: two } });
  const said = (id: string, contact: object) => conversation(id, { contact, messages: [message(`${id}-1`, 1)] });
  const file = await stage.file('merged.ndjson', [
    said('by-id', { externalId: 'crm-a', address: 'visitor-new', name: 'Asha', email: 'asha@example.com' }),
    said('by-address', { address: 'visitor-a', phone: '+49 30 901820' }),
    said('by-what-was-brought', { address: 'visitor-new' }),
    said('of-the-other', { externalId: 'crm-b', name: 'Ben' }),
  ]);
  expect(await stage.summary(file)).toMatchObject({
    code: 0,
    conversations: { created: 4 },
    contacts: { created: 0 },
  });
  const stateOf = async (id: string) => {
    const { contact } = await crm.ask(
      `query($id: ID!) { contact(id: $id) { name email phone identities { address } conversations { nodes { externalId } } } }`,
      { id },
    );
    const { identities, conversations, ...profile } = contact;
    return {
      ...profile,
      identities: identities.map(({ address }: { address: string }) => address).toSorted(),
      conversations: conversations.nodes.map(({ externalId }: { externalId: string }) => externalId).toSorted(),
    };
  };
  const nothing = { name: null, email: null, phone: null, identities: [], conversations: [] };
  expect(await stateOf(one)).toEqual(nothing);
  expect(await stateOf(two)).toEqual({
    ...nothing,
    name: 'Ben',
    identities: ['visitor-a', 'visitor-new'],
    conversations: ['by-address', 'by-id', 'by-what-was-brought', 'of-the-other'],
  });
  await crm.ask(UNMERGE, { input: { contactId: one } });
  expect(await stateOf(one)).toEqual({
    ...nothing,
    identities: ['visitor-a', 'visitor-new'],
    conversations: ['by-address', 'by-id', 'by-what-was-brought'],
  });
  expect(await stateOf(two)).toEqual({ ...nothing, name: 'Ben', conversations: ['of-the-other'] });
  // And once more: all of it is there.
  expect(await stage.summary(file)).toMatchObject({ code: 0, conversations: { created: 0, unchanged: 4 } });
});
