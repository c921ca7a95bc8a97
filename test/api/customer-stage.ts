import { randomUUID } from 'node:crypto';
import type { ApiClient } from '../support/client.js';
import { START } from '../support/operations.js';

/** What a customer says, under a key of its own. */
export const said = (text: string, more: object = {}) => ({ input: { text, idempotencyKey: randomUUID(), ...more } });

/** Begins a conversation; its id. */
export async function started(by: ApiClient, text = 'My order is late'): Promise<string> {
  return (await by.ask(START, said(text))).startConversation.conversation.id;
}

/** What comes with a refusal. */
export const refusal = async (client: ApiClient, operation: string, variables: Record<string, unknown>) =>
  (await client.refused(operation, variables)).extensions;
