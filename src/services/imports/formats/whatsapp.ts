import { createHash } from 'node:crypto';
import { invalid } from '../../errors.js';
import { decodeLine, readByteLines } from '../../record/bundle/read-lines.js';
import { createReadStream } from 'node:fs';
import type { ImportInput } from '../import-input.js';
import { LineMaker, NO_TEXT, type Agents, type LeftOut, type MessageText, type SourceLine } from '../source.js';
import { fileIn } from './whatsapp-file.js';
import { momentOf, type WallTime } from '../../wall-time.js';
import { DateOrders, readHeader, wallTime, type DateOrder, type Header } from './whatsapp-header.js';

const LONGEST = 1024 * 1024;
const PHONE = /^\+[\d\s()\u00a0\u202f\u2011-]{6,}$/;
/** Days of messages that are remembered, to tell those of one minute apart; a clock that is put back repeats an hour. */
const DAYS = 2;

interface Line extends Partial<Header> {
  number: number;
  text: string;
}

/**
 * A chat that WhatsApp has exported as text. Its times have no zone, and their form is that of the telephone: which of day
 * and month comes first is told by the file where it can be.
 * @throws AppError VALIDATION_FAILED where it is no such file, or nobody can tell what its dates mean.
 */
export async function whatsappLines(
  input: ImportInput,
  agents: Agents,
  asked: { timeZone: string; dateOrder: DateOrder | undefined },
  leftOut: LeftOut,
): Promise<AsyncGenerator<SourceLine>> {
  const file = await input.plainFile();
  const orders = new DateOrders();
  let contact: string | null = null;
  for await (const { date, sender } of linesOf(file)) {
    if (date) orders.see(date);
    if (sender !== undefined && agents.authorOf(sender) === 'contact') contact ??= sender;
    if (contact !== null && (asked.dateOrder || orders.decided)) break;
  }
  const order = asked.dateOrder ?? orders.decide();
  if (contact === null) throw invalid({ path: 'file', message: 'is no chat of WhatsApp, or all who wrote are agents' });
  return messagesOf(file, agents, { ...asked, order, contact }, leftOut);
}

async function* messagesOf(
  file: string,
  agents: Agents,
  { timeZone, order, contact }: { timeZone: string; order: DateOrder; contact: string },
  leftOut: LeftOut,
): AsyncGenerator<SourceLine> {
  const chat = `whatsapp:${contact}`;
  const phone = PHONE.test(contact) ? contact.replaceAll(/[^\d+]/g, '') : null;
  const lines = new LineMaker(() => ({
    externalId: idOf(chat),
    channel: 'WHATSAPP',
    contact: { externalId: idOf(chat), name: contact, phone },
  }));
  const ordinals = new Ordinals();
  let open: { number: number; at: Date | null; wall: WallTime | null; sender: string; text: string[] } | null = null;
  let last = 0;
  const finish = function* (): Generator<SourceLine> {
    if (open === null) return;
    const { number, at, wall, sender, text } = open;
    open = null;
    if (!at || !wall) {
      yield {
        number,
        faults: ['the message: has a date that there is not'],
        content: { sender, text: text.join('\n') },
      };
      return;
    }
    const said = text.join('\n').trim();
    const author = agents.authorOf(sender);
    // In a group: all of them are one contact here, and who it was must not be lost.
    const speaker = author === 'contact' && sender !== contact ? `${sender}: ` : '';
    yield* lines.add(number, {
      externalId: idOf(`${chat}/${ordinals.of(wall, sender)}`),
      author,
      ...saidIn(said, speaker),
      at: at.toISOString(),
    });
  };
  for await (const line of linesOf(file)) {
    if (!line.date) {
      // What somebody wrote goes on; before the first message there is nobody.
      if (open) open.text.push(line.text);
      else leftOut.count += 1;
      continue;
    }
    yield* finish();
    if (line.sender === undefined) {
      leftOut.count += 1;
      continue;
    }
    const wall = wallTime(line as Header, order);
    const at = wall && momentOf(wall, timeZone, last);
    if (at) last = at.getTime();
    open = { number: line.number, at, wall, sender: line.sender, text: [line.text] };
  }
  yield* finish();
  yield* lines.end();
}

/** What a message says: with its file where that lies beside the chat, else as it is written. */
function saidIn(said: string, speaker: string): Pick<MessageText, 'text' | 'attachments' | 'textWithoutFiles'> {
  const text = speaker + (said || NO_TEXT);
  const found = fileIn(said);
  if (!found) return { text };
  return { text: (speaker + found.text).trim(), attachments: [{ file: found.file }], textWithoutFiles: text };
}

async function* linesOf(file: string): AsyncGenerator<Line> {
  let number = 0;
  for await (const { bytes } of readByteLines(createReadStream(file), LONGEST)) {
    number += 1;
    const text = bytes && decodeLine(bytes);
    if (text === null) throw invalid({ path: 'file', message: `line ${number} is not UTF-8, or longer than 1 MiB` });
    yield { number, ...readHeader(text.replace(/\r$/, '')) };
  }
}

/** Messages have no ids in these files: who, when by the clock on the wall, and which of those. */
class Ordinals {
  readonly #days = new Map<string, Map<string, number>>();

  of({ year, month, day, hour, minute, second }: WallTime, sender: string): string {
    const date = `${year}-${month}-${day}`;
    let seen = this.#days.get(date);
    if (!seen) {
      this.#days.set(date, (seen = new Map()));
      if (this.#days.size > DAYS) this.#days.delete(this.#days.keys().next().value!);
    }
    const who = `${date} ${hour}:${minute}:${second} ${sender}`;
    const ordinal = (seen.get(who) ?? 0) + 1;
    seen.set(who, ordinal);
    return `${who} ${ordinal}`;
  }
}

/** Short, and without the name or number that it is made from. */
const idOf = (text: string): string => `whatsapp:${createHash('sha256').update(text).digest('base64url')}`;
