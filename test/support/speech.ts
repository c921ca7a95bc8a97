import type { ApiClient } from './client.js';
import { SET_SPEECH } from '../security/details.js';

/** What is said in a file, as a selection of it. */
export const SPEECH = 'speech { speaker startSeconds endSeconds text }';
/** A message with what is said in its files. */
export const HEARD = `text attachments { id ${SPEECH} }`;

/** What Asha says in a second or so. */
export const segment = (text: string, startSeconds = 0, endSeconds = startSeconds + 1.25) => ({
  speaker: 'Asha',
  startSeconds,
  endSeconds,
  text,
});

/** Writes down what is said in a recording. */
export const setSpeech = (by: ApiClient, attachmentId: string, segments: object[]) =>
  by.ask(SET_SPEECH, { input: { attachmentId, segments } });

/** What is said in the files of a conversation, file by file. */
export async function speechIn(reader: ApiClient, conversationId: string): Promise<unknown[]> {
  const query = `query($id: ID!) { conversation(id: $id) { messages { nodes { attachments { ${SPEECH} } } } } }`;
  const { messages } = (await reader.ask(query, { id: conversationId })).conversation;
  return messages.nodes.flatMap((message: { attachments: { speech: unknown[] }[] }) =>
    message.attachments.map(({ speech }) => speech),
  );
}
