import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { CREATE_UPLOAD_LINK } from '../security/details.js';
import type { ApiClient } from './client.js';
import { SEND } from './operations.js';

/** What a file is announced as. */
export const announced = (contents: Buffer, fileName = 'invoice.pdf') => ({
  fileName,
  byteSize: contents.length,
  sha256: createHash('sha256').update(contents).digest('hex'),
});

/** Puts a file where a link leads. */
export const put = (url: string, contents: Buffer): Promise<Response> =>
  fetch(url, { method: 'PUT', body: new Uint8Array(contents), headers: { 'content-type': 'text/html' } });

/** Begins to put so many bytes where a link leads. */
export function openPut(url: string, length: number) {
  const sending = request(url, { method: 'PUT', headers: { 'content-length': length } });
  const status = new Promise<number>((resolve, reject) => {
    sending.once('error', reject).once('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    });
  });
  // Of one that is cut off nobody asks for the answer.
  status.catch(() => {});
  return {
    write: (part: Buffer) => void sending.write(part),
    end: (part: Buffer) => void sending.end(part),
    destroy: () => void sending.destroy(),
    status,
  };
}

/** Uploads a file that waits to be sent; its id. */
export async function uploaded(client: ApiClient, input: object, contents: Buffer): Promise<string> {
  const { createUploadLink } = await client.ask(CREATE_UPLOAD_LINK, { input: { ...announced(contents), ...input } });
  const answer = await put(createUploadLink.url, contents);
  if (answer.status !== 201) throw new Error(`the upload was answered with ${answer.status}: ${await answer.text()}`);
  return createUploadLink.attachmentId;
}

/** The beginning of a sound, as its first bytes tell it. */
export const WAV = Buffer.concat([Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt ', 'latin1'), Buffer.alloc(28)]);

/** Sends a recording in a conversation. */
export async function sentRecording(
  client: ApiClient,
  conversationId: string,
  announcedAs: object = { recording: true },
  contents = WAV,
): Promise<{ attachmentId: string; messageId: string }> {
  const attachmentId = await uploaded(client, { conversationId, ...announcedAs }, contents);
  const { sendMessage } = await client.ask(SEND, { input: { conversationId, attachmentIds: [attachmentId] } });
  return { attachmentId, messageId: sendMessage.message.id };
}
