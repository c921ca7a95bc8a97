import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { expect, it } from 'vitest';
import { textFrame } from '../../src/resolvers/transport/websocket-frame.js';

// Exported, but not among the package's types.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** What a receiver that nobody here wrote takes these bytes for. */
async function received(bytes: Buffer): Promise<string[]> {
  const messages: string[] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on('message', (data: Buffer, isBinary: boolean) => messages.push(`${isBinary}:${data.toString()}`));
  await new Promise<void>((taken, failed) =>
    receiver.write(bytes, (error?: Error | null) => (error ? failed(error) : taken())),
  );
  return messages;
}

// On both sides of where the length takes another form: 125 and 126, 65,535 and 65,536 bytes.
it.each([2, 13, 124, 125, 126, 127, 65_534, 65_535, 65_536, 300_000])(
  'is a text frame of %i bytes, and what comes behind it is another one',
  async (size) => {
    const beginning = '{"ü€😀';
    const length = Buffer.byteLength(beginning);
    const rest = size >= length ? 'x'.repeat(size - length) : '';
    const [own, ownLength] = size >= length ? [beginning, length] : ['{}', 2];
    const frame = textFrame(own, ownLength, Buffer.from(rest));
    const next = textFrame('{"id":"1"', 9, Buffer.from('}'));
    expect(await received(Buffer.concat([frame, next]))).toEqual([`false:${own}${rest}`, 'false:{"id":"1"}']);
  },
);
