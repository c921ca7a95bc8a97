import { customerWrites } from '../support/operations.js';
import { MERGE_CONVERSATIONS, UNMERGE_CONVERSATIONS } from './details.js';
import type { IsolationRow } from './isolation-rows.js';
import { people, type RootField } from './outcomes.js';
import type { Scene, Stage } from './stage.js';

/** The second conversation of the customer of each scene, by the scene's. */
const seconds = new Map<string, string>();
const secondOf = ({ conversationId }: Scene): string => seconds.get(conversationId)!;

async function writesAgain({ conversationId, externalId, address }: Scene, { world }: Stage): Promise<void> {
  const again = await customerWrites(world, {
    contact: { externalId, address },
    conversationExternalId: `${externalId}-again`,
  });
  seconds.set(conversationId, again.conversationId);
}

/** Merging conversations, and taking them apart: who may change both. */
export const mergeRows: RootField[] = [
  {
    field: 'Mutation.mergeConversations',
    operation: MERGE_CONVERSATIONS,
    prepare: writesAgain,
    variables: (scene) => ({
      input: { conversationId: secondOf(scene), intoConversationId: scene.conversationId, reason: 'One question' },
    }),
    changes: (scene) => [scene.conversationId, secondOf(scene)],
    expected: people('conversation.merged_into conversation.merged', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.unmergeConversations',
    operation: UNMERGE_CONVERSATIONS,
    prepare: async (scene, stage) => {
      await writesAgain(scene, stage);
      const input = { conversationId: secondOf(scene), intoConversationId: scene.conversationId };
      await stage.world.withKey('all').ask(MERGE_CONVERSATIONS, { input });
    },
    variables: (scene) => ({ input: { conversationId: secondOf(scene), reason: 'Two questions' } }),
    changes: (scene) => [scene.conversationId, secondOf(scene)],
    expected: people('conversation.unmerged_from conversation.unmerged', 'admin supervisor agent keyAll', 'keyRead'),
  },
];

export const mergeIsolationRows: IsolationRow[] = [
  [
    'MergeConversationsInput.conversationId',
    MERGE_CONVERSATIONS,
    (at) => ({ input: { conversationId: at.there.conversationId, intoConversationId: at.ownConversation } }),
    'NOT_FOUND',
  ],
  [
    'MergeConversationsInput.intoConversationId',
    MERGE_CONVERSATIONS,
    (at) => ({ input: { conversationId: at.ownConversation, intoConversationId: at.there.conversationId } }),
    'NOT_FOUND',
  ],
  [
    'UnmergeConversationsInput.conversationId',
    UNMERGE_CONVERSATIONS,
    (at) => ({ input: { conversationId: at.there.conversationId } }),
    'NOT_FOUND',
  ],
];
