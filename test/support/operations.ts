import { randomUUID } from 'node:crypto';
import { ApiClient } from './client.js';
import type { World } from './world.js';

/** The operations that most tests begin with, by the name of what they do. */

/** A customer writes; the conversation that it is in. */
export async function customerWrites(
  world: World,
  input: Record<string, unknown> = {},
): Promise<{ conversationId: string; messageId: string; number: number; duplicate: boolean }> {
  const data = await world
    .withKey('all')
    .ask(
      `mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { duplicate message { id } conversation { id number } } }`,
      {
        input: {
          inboxId: world.ids.inbox,
          externalId: randomUUID(),
          contact: { address: `visitor-${randomUUID()}`, name: 'Asha' },
          text: 'My order is late',
          ...input,
        },
      },
    );
  const { message, conversation, duplicate } = data.receiveMessage;
  return { conversationId: conversation.id, number: conversation.number, messageId: message.id, duplicate };
}

export const CREATE_TOKEN =
  'mutation($input: CreateCustomerTokenInput!) { createCustomerToken(input: $input) { token expiresAt contactId } }';
const SAID =
  'message { id text author { kind displayName } sentAt editedAt deletedAt } conversation { id open createdAt lastMessageAt }';
export const START = `mutation($input: StartConversationInput!) { startConversation(input: $input) { ${SAID} } }`;
export const SAY = `mutation($input: SendCustomerMessageInput!) { sendCustomerMessage(input: $input) { ${SAID} } }`;
export const READ_OWN = `query($id: ID!, $last: Int, $before: String) { customerConversation(id: $id) { id open createdAt lastMessageAt
  messages(last: $last, before: $before) { eventCursor edges { cursor } pageInfo { hasPreviousPage startCursor }
    nodes { id text author { kind displayName } sentAt editedAt deletedAt } } } }`;
export const LIST_OWN =
  'query($first: Int, $after: String) { customerConversations(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }';
export const FOLLOW_OWN = `subscription($id: ID!, $at: String) { customerTranscriptChanges(conversationId: $id, afterEvent: $at) {
  changeType messageId message { id text author { kind displayName } sentAt editedAt deletedAt } cursor } }`;

/** A customer in the web chat, by a token of a channel's key. */
export async function asCustomer(world: World, input: Record<string, unknown>): Promise<ApiClient> {
  const channel = world.withKey('ingest');
  const { createCustomerToken } = await channel.ask(CREATE_TOKEN, { input: { inboxId: world.ids.inbox, ...input } });
  return new ApiClient(channel.url, createCustomerToken.token);
}

export const SEND =
  'mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id position text } } }';
export const ASSIGN =
  'mutation($input: AssignConversationInput!) { assignConversation(input: $input) { conversation { id assignee { id } team { id } botActive status } } }';
export const SET_STATUS =
  'mutation($input: SetConversationStatusInput!) { setConversationStatus(input: $input) { conversation { id status resolvedAt openHandover { id } } } }';
export const REQUEST =
  'mutation($input: RequestHandoverInput!) { requestHandover(input: $input) { handover { id status kind expiresAt } } }';
export const ACCEPT =
  'mutation($input: AcceptHandoverInput!) { acceptHandover(input: $input) { handover { id status acceptedBy { id } } } }';
export const DECLINE =
  'mutation($input: DeclineHandoverInput!) { declineHandover(input: $input) { handover { id status settlementReason } } }';
export const CANCEL =
  'mutation($input: CancelHandoverInput!) { cancelHandover(input: $input) { handover { id status settlementReason } } }';

/** Offers a conversation to a team or an agent; the handover's id. */
export async function offer(
  client: ApiClient,
  conversationId: string,
  target: Record<string, unknown>,
): Promise<string> {
  const data = await client.ask(REQUEST, { input: { conversationId, reason: 'NEEDS_EXPERTISE', ...target } });
  return data.requestHandover.handover.id;
}

/** The actions of the record after a sequence, in order, as an administrator reads them; comings and readings aside. */
export async function actionsAfter(admin: ApiClient, sequence: number): Promise<string[]> {
  const data = await admin.ask(
    '{ auditEvents(orderBy: RECORDED_DESC, first: 50) { nodes { sequence action category } } }',
  );
  return data.auditEvents.nodes
    .filter(
      (event: { sequence: number; category: string }) =>
        event.sequence > sequence && !['ACCESS', 'PRESENCE'].includes(event.category),
    )
    .map((event: { action: string }) => event.action)
    .toReversed();
}

/** The newest sequence of the record. */
export async function newestSequence(admin: ApiClient): Promise<number> {
  const data = await admin.ask('{ auditEvents(first: 1) { nodes { sequence } } }');
  return data.auditEvents.nodes[0].sequence;
}
