import type { ApiClient } from '../support/client.js';

/** What became of one of several conversations. */
export interface Result {
  conversationId: string;
  changed: boolean;
  error: { code: string; message: string } | null;
  conversation: { id: string } | null;
}

const CHANGE = `mutation($input: ChangeConversationsInput!) { changeConversations(input: $input) {
  batchId results { conversationId changed error { code message } conversation { id } } } }`;

/** Changes several conversations. */
export async function change(
  client: ApiClient,
  conversationIds: string[],
  changes: object,
): Promise<{ batchId: string; results: Result[] }> {
  return (await client.ask(CHANGE, { input: { conversationIds, ...changes } })).changeConversations;
}

export const changed = (conversationId: string, yes = true): Result => ({
  conversationId,
  changed: yes,
  error: null,
  conversation: { id: conversationId },
});
export const refused = (conversationId: string, code: string, message: string): Result => ({
  conversationId,
  changed: false,
  error: { code, message },
  conversation: null,
});
export const noSuch = (conversationId: string) =>
  refused(conversationId, 'NOT_FOUND', 'There is no such conversation.');
