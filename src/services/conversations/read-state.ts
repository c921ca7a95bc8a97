import { ConversationViewer } from '../../entities/conversation-viewer.js';
import { Agent } from '../../entities/agent.js';
import type { Conversation } from '../../entities/conversation.js';
import { accessConversation } from '../access.js';
import type { Call } from '../application.js';
import type { Tx } from '../commit.js';
import { sql } from '../database.js';
import { withTransaction } from '../transaction.js';
import { recordOfConversation } from './transcript-entries.js';

/** How one viewer stands to a conversation. */
export interface ViewerState {
  unreadCount: number;
  lastReadPosition: number | null;
  starred: boolean;
}

/**
 * Marks everything up to a position as read by the calling agent, or everything there is. Never goes back; where
 * nothing is new nothing is recorded.
 * @throws AppError NOT_FOUND; FORBIDDEN for keys and bots, who have no reading state.
 */
export async function markConversationRead(
  call: Call,
  input: { conversationId: string; position?: number | null | undefined },
): Promise<string> {
  return withTransaction(call, async (tx) => {
    const accessed = await accessConversation(tx, input.conversationId, 'conversation.mark_read');
    const { conversation } = accessed;
    const position = Math.min(Math.max(input.position ?? conversation.lastPosition, 0), conversation.lastPosition);
    const viewer = await viewerOf(tx, conversation);
    if (
      viewer.lastReadPosition !== null &&
      viewer.lastReadPosition !== undefined &&
      viewer.lastReadPosition >= position
    ) {
      return conversation.id;
    }
    const [unseen] = await tx.em.execute<{ count: number }[]>(
      `select count(*)::int as count from message
       where workspace_id = ? and conversation_id = ? and direction = 'INBOUND' and counted and position > ?`,
      [tx.principal.workspaceId, conversation.id, position],
    );
    viewer.lastReadPosition = position;
    viewer.seenCount = conversation.inboundCount - unseen!.count;
    recordOfConversation(tx, accessed, { action: 'conversation.marked_read', metadata: { position } });
    return conversation.id;
  });
}

/** Puts the calling agent's own star on a conversation, or takes it away. @throws AppError NOT_FOUND, FORBIDDEN */
export async function setStarred(call: Call, input: { conversationId: string }, starred: boolean): Promise<string> {
  return withTransaction(call, async (tx) => {
    const accessed = await accessConversation(tx, input.conversationId, 'conversation.mark_read');
    const viewer = await viewerOf(tx, accessed.conversation);
    if (viewer.starred === starred) return accessed.conversation.id;
    viewer.starred = starred;
    recordOfConversation(tx, accessed, { action: starred ? 'conversation.starred' : 'conversation.unstarred' });
    return accessed.conversation.id;
  });
}

/** The caller's state of each of these conversations; keys and bots have read everything and star nothing. */
export async function viewerStates(
  { app, principal }: Call,
  conversationIds: readonly string[],
): Promise<Map<string, ViewerState>> {
  if (principal.kind !== 'AGENT') {
    return new Map(conversationIds.map((id) => [id, { unreadCount: 0, lastReadPosition: null, starred: false }]));
  }
  const rows = await app.db.rows<ViewerState & { id: string }>(sql`
    select c.id, greatest(c.inbound_count - coalesce(v.seen_count, 0), 0) as "unreadCount",
      v.last_read_position as "lastReadPosition", coalesce(v.starred, false) as starred
    from conversation c
    left join conversation_viewer v
      on v.workspace_id = c.workspace_id and v.conversation_id = c.id and v.agent_id = ${principal.id}
    where c.workspace_id = ${principal.workspaceId} and c.id = any(${conversationIds}::uuid[])`);
  return new Map(rows.map(({ id, ...state }) => [id, state]));
}

async function viewerOf({ em, principal }: Tx, conversation: Conversation): Promise<ConversationViewer> {
  const { workspaceId } = principal;
  const key = { conversation: [workspaceId, conversation.id], agent: [workspaceId, principal.id!] } as const;
  const known = await em.findOne(ConversationViewer, { workspaceId, ...key } as never);
  if (known) return known as ConversationViewer;
  const viewer = em.create(ConversationViewer, {
    workspaceId,
    conversation,
    agent: em.getReference(Agent, [workspaceId, principal.id!]),
    seenCount: 0,
    lastReadPosition: null,
    starred: false,
  });
  em.persist(viewer);
  return viewer;
}
