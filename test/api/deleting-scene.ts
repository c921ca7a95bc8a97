import { DELETE_CONVERSATION, RESTORE_CONVERSATION } from '../security/details.js';
import { CONVERSATION } from '../support/live-view.js';
import type { ApiClient } from '../support/client.js';
import type { World } from '../support/world.js';

/**
 * An administrator who deletes conversations, and what they and others see of them.
 * @param by who that is; the one who is signed in unless given.
 */
export async function deletingScene(world: World, by?: ApiClient) {
  const admin = by ?? (await world.as('admin'));
  const remove = async (conversationId: string, more: object = {}) =>
    (await admin.ask(DELETE_CONVERSATION, { input: { conversationId, reason: 'Sent by mistake', ...more } }))
      .deleteConversation.deletedConversation;
  const restore = async (conversationId: string, more: object = {}) =>
    (await admin.ask(RESTORE_CONVERSATION, { input: { conversationId, ...more } })).restoreConversation.conversation;
  const listed = async (client = admin): Promise<string[]> =>
    (await client.ask('{ conversations { nodes { id } } }')).conversations.nodes.map(({ id }: { id: string }) => id);
  const wholeOf = async (id: string) =>
    (
      await admin.ask(
        `query($id: ID!) { conversation(id: $id) { ${CONVERSATION} notes { nodes { text } } messages { nodes { text } } } }`,
        { id },
      )
    ).conversation;
  const tombstones = async () =>
    (
      await world
        .withKey('all')
        .ask(
          '{ conversationTombstones { nodes { conversationId number createdAt deletedAt deletedBy { id } purgedAt } } }',
        )
    ).conversationTombstones.nodes;
  return { admin, agent: await world.as('agent'), remove, restore, listed, wholeOf, tombstones };
}
