import { filesInMemory } from '../imports/source-files.js';
import { paper } from './paper.js';
import { picture } from './picture.js';
import { tone } from './tone.js';

/** One conversation in so many has a file. */
const ONE_IN = 12;
const SECONDS = 3;
const HERTZ = 440;

/** What is sent now and then, and by whom. */
const KINDS = [
  { by: 'customer', attachment: { file: 'picture.png', name: 'photo.png' } },
  { by: 'customer', attachment: { file: 'tone.wav', name: 'voice message.wav', durationSeconds: SECONDS } },
  { by: 'agent', attachment: { file: 'paper.pdf', name: 'document.pdf' } },
] as const;

/** The files of the demo's past, made when they are asked for. */
export const pastFiles = () =>
  filesInMemory(
    new Map([
      ['picture.png', picture().bytes],
      ['tone.wav', tone(SECONDS, HERTZ)],
      ['paper.pdf', paper('Thank you for your order')],
    ]),
  );

/**
 * Gives every twelfth conversation a file, each kind in turn, with the first message of whoever sends such.
 * @param at which conversation of its inbox it is
 */
export function withPastFile<Line extends { messages: { author: string }[] }>(at: number, line: Line): Line {
  if (at % ONE_IN !== 0) return line;
  const { by, attachment } = KINDS[(at / ONE_IN) % KINDS.length]!;
  const sender = line.messages.findIndex(({ author }) =>
    by === 'customer' ? author === 'contact' : author.includes('@'),
  );
  const messages = line.messages.map((message, index) =>
    index === sender ? { ...message, attachments: [attachment] } : message,
  );
  return { ...line, messages };
}
