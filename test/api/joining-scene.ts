import { ADD_LABELS, MERGE_CONVERSATIONS, PRIORITY, UNMERGE_CONVERSATIONS, UPDATE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites, newestSequence } from '../support/operations.js';
import { CREATE_ATTRIBUTE, DEACTIVATE_ATTRIBUTE } from '../security/setting-rows.js';
import type { World } from '../support/world.js';

const STATE = `number subject status priority spam labels { name } attributes waitingSince snoozedUntil resolvedAt firstResponseSeconds
  assignee { id } team { id } contact { id } botActive externalId handoverCount mergedInto { id } mergedConversations { id }
  lastMessage { createdAt }`;
const COUNTS = `query($filter: ConversationFilter) { conversationCounts(filter: $filter) {
  open inProgress pending snoozed resolved unassigned mine unread } }`;
const PAGE = `query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { conversation(id: $id) {
  timeline(kinds: [MESSAGE], first: $first, after: $after, last: $last, before: $before) {
    nodes { ... on Message { text } } pageInfo { hasNextPage endCursor hasPreviousPage startCursor } } } }`;

/** Conversations of one customer that turn out to be about one thing, and are taken apart again. */
export async function joiningScene(world: World) {
  const definitions = new Map<string, string>();
  const [admin, agent] = [await world.as('admin'), await world.as('agent')];
  /** The customer writes to a conversation as the channel names it; where it is said. */
  const writes = async (conversationExternalId: string, text = 'My order is late', more: object = {}) =>
    (await customerWrites(world, { contact: { externalId: 'asha' }, conversationExternalId, text, ...more }))
      .conversationId;
  const stateOf = async (id: string) =>
    (await admin.ask(`query($id: ID!) { conversation(id: $id) { ${STATE} } }`, { id })).conversation;
  const counts = async (client: ApiClient, filter: object = {}) =>
    (await client.ask(COUNTS, { filter })).conversationCounts;
  const listed = async (client: ApiClient, filter: object = {}): Promise<string[]> =>
    (
      await client.ask('query($filter: ConversationFilter) { conversations(filter: $filter) { nodes { id } } }', {
        filter,
      })
    ).conversations.nodes.map(({ id }: { id: string }) => id);
  const merge = (conversationId: string, intoConversationId: string, reason?: string) =>
    agent.ask(MERGE_CONVERSATIONS, { input: { conversationId, intoConversationId, reason } });
  const unmerge = (conversationId: string) => agent.ask(UNMERGE_CONVERSATIONS, { input: { conversationId } });
  const refused = async (what: 'merge' | 'unmerge', conversationId: string, intoConversationId?: string) => {
    const operation = what === 'merge' ? MERGE_CONVERSATIONS : UNMERGE_CONVERSATIONS;
    return (await agent.refused(operation, { input: { conversationId, intoConversationId } })).extensions;
  };
  const label = (conversationId: string, ...labelIds: string[]) =>
    agent.ask(ADD_LABELS, { input: { conversationId, labelIds } });
  const describe = async (conversationId: string, { priority, ...others }: Record<string, unknown>) => {
    if (priority) await agent.ask(PRIORITY, { input: { conversationId, priority } });
    await agent.ask(UPDATE, { input: { conversationId, ...others } });
  };
  /** Attributes that the workspace gives to conversations, and one that it no longer does. */
  const defines = async (...keys: string[]) => {
    for (const key of keys) {
      const input = { noun: 'CONVERSATION', key, name: key, type: 'TEXT' };
      const { createAttributeDefinition } = await admin.ask(CREATE_ATTRIBUTE, { input });
      definitions.set(key, createAttributeDefinition.attributeDefinition.id);
    }
  };
  const ends = (key: string) =>
    admin.ask(DEACTIVATE_ATTRIBUTE, { input: { attributeDefinitionId: definitions.get(key) } });
  const texts = (page: { nodes: { text: string }[] }) => page.nodes.map(({ text }) => text);
  const timeline = async (client: ApiClient, id: string): Promise<string[]> =>
    texts((await client.ask(PAGE, { id })).conversation.timeline);
  /** The whole timeline, in pages of a size. */
  const paged = async (id: string, size: number, way: 'forwards' | 'backwards'): Promise<string[]> => {
    const said: string[] = [];
    for (let cursor: string | null = null, more = true; more;) {
      const asked: object = way === 'forwards' ? { first: size, after: cursor } : { last: size, before: cursor };
      const page = (await admin.ask(PAGE, { id, ...asked })).conversation.timeline;
      if (way === 'forwards') said.push(...texts(page));
      else said.unshift(...texts(page));
      more = way === 'forwards' ? page.pageInfo.hasNextPage : page.pageInfo.hasPreviousPage;
      cursor = way === 'forwards' ? page.pageInfo.endCursor : page.pageInfo.startCursor;
    }
    return said;
  };
  /** The conversations whose reading something put onto the record. */
  const readings = async (act: () => Promise<unknown>): Promise<{ events: string[] }> => {
    const before = await newestSequence(admin);
    await act();
    const { auditEvents } = await admin.ask(
      '{ auditEvents(filter: { actions: ["transcript.viewed"] }) { nodes { sequence target { id } } } }',
    );
    const read = auditEvents.nodes.filter(({ sequence }: { sequence: number }) => sequence > before);
    return { events: read.map(({ target }: { target: { id: string } }) => target.id) };
  };
  return {
    MERGE: MERGE_CONVERSATIONS,
    admin,
    agent,
    writes,
    stateOf,
    counts,
    listed,
    merge,
    unmerge,
    refused,
    label,
    describe,
    defines,
    ends,
    timeline,
    paged,
    readings,
  };
}
