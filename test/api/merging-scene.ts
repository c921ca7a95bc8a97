import { MERGE, UNMERGE } from '../security/contact-rows.js';
import { ADD_LABELS } from '../security/details.js';
import { customerWrites } from '../support/operations.js';
import type { World } from '../support/world.js';

const STATE = `id name email phone about externalId mergedInto { id } mergedContacts { id } labels { name }
  identities { channel address } conversations { nodes { id } }`;

/** Contacts who turn out to be one, and are taken apart again. */
export async function mergingScene(world: World) {
  const [admin, agent] = [await world.as('admin'), await world.as('agent')];
  const stateOf = async (id: string) => {
    const { contact } = await admin.ask(`query($id: ID!) { contact(id: $id) { ${STATE} } }`, { id });
    const texts = (rows: object[]) => rows.map((row) => Object.values(row).join(' ')).toSorted();
    return {
      ...contact,
      labels: texts(contact.labels),
      identities: texts(contact.identities),
      mergedContacts: texts(contact.mergedContacts),
      conversations: texts(contact.conversations.nodes),
    };
  };
  const idOf = async (conversationId: string): Promise<string> =>
    (await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: conversationId }))
      .conversation.contact.id;
  /** Somebody who has written; `asha` and `ben` differ in what is known of them. */
  const arrives = async (contact: object, input: object = {}) => {
    const { conversationId } = await customerWrites(world, { contact, ...input });
    return { conversationId, id: await idOf(conversationId) };
  };
  const asha = () =>
    arrives({ externalId: 'crm-a', address: 'visitor-a', name: 'Asha Rao', email: 'asha@example.test' });
  const ben = () => arrives({ externalId: 'crm-b', address: 'visitor-b', name: 'Ben Ito', phone: '+4930901820' });
  const merge = (contactId: string, intoContactId: string, reason = 'The same person') =>
    agent.ask(MERGE, { input: { contactId, intoContactId, reason } });
  const unmerge = (contactId: string) => agent.ask(UNMERGE, { input: { contactId, reason: 'They are two' } });
  const label = (contactId: string, ...labelIds: string[]) => agent.ask(ADD_LABELS, { input: { contactId, labelIds } });
  return { admin, agent, stateOf, idOf, arrives, asha, ben, merge, unmerge, label };
}
