import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { Assembler } from 'stream-json/core/assembler.js';
import { parser, type Token } from 'stream-json/parser.js';
import { MAX_DURATION_SECONDS } from '../../attachments/create-upload-link.js';
import { asFileName } from '../../attachments/file-name.js';
import { invalid } from '../../errors.js';
import { isStorable, MAX_REMARK } from '../../text.js';
import type { ConversationText } from '../import-line.js';
import { LineMaker, NO_TEXT, type Agents, type LeftOut, type MessageText, type SourceLine } from '../source.js';
import { momentOf } from '../../wall-time.js';

/** A message as Telegram Desktop writes it, as far as it is taken. */
interface TelegramMessage {
  id?: number;
  type?: string;
  date?: string;
  date_unixtime?: string;
  from?: string | null;
  from_id?: string;
  text?: string | (string | { text?: string })[];
  media_type?: string;
  sticker_emoji?: string;
  photo?: unknown;
  file?: unknown;
  file_name?: string;
  duration_seconds?: unknown;
  [other: string]: unknown;
}

/** What a message may have in place of a text, and what is said for it then. */
const IN_PLACE = ['photo', 'file', 'poll', 'location_information', 'contact_information', 'giveaway_information'];
/** Chats of two: whoever is no agent is the contact. In others who wrote stands before the text. */
const OF_TWO: ReadonlySet<string> = new Set(['personal_chat', 'bot_chat']);
/** Chats with nobody, and those where nobody answers. */
const NOT_TALKS: ReadonlySet<string> = new Set(['saved_messages', 'public_channel', 'private_channel']);

/** An object or array that the reading is in. */
interface Level {
  isArray: boolean;
  key: string | null;
  /** Of an object: its own texts and numbers, which in a chat stand before its messages. */
  facts: Map<string, string>;
  chat: Chat | null;
}

/**
 * The chats of an export of Telegram Desktop, `result.json`: of one chat, or of all. Read piece by piece, so that a chat of
 * any length takes little memory.
 * @throws AppError VALIDATION_FAILED where there is no chat in it.
 */
export async function* telegramLines(
  chunks: AsyncIterable<Uint8Array>,
  agents: Agents,
  timeZone: string,
  leftOut: LeftOut,
): AsyncGenerator<SourceLine> {
  const tokens = Readable.from(chunks).compose(parser.asStream({ packValues: true, streamValues: false }));
  const levels: Level[] = [];
  let message: Assembler<TelegramMessage> | null = null;
  let number = 0;
  let chats = 0;
  for await (const token of tokens as AsyncIterable<Token>) {
    if (message) {
      message.consume(token);
      if (!message.done) continue;
      number += 1;
      yield* levels.at(-1)!.chat!.take(number, message.current!);
      message = null;
      continue;
    }
    const top = levels.at(-1);
    switch (token.name) {
      case 'startObject':
        if (top?.isArray && top.chat) {
          message = new Assembler<TelegramMessage>();
          message.consume(token);
        } else levels.push({ isArray: false, key: null, facts: new Map(), chat: null });
        break;
      case 'startArray': {
        const isChat = top?.key === 'messages' && !top.isArray;
        if (isChat) chats += 1;
        const chat = isChat ? new Chat(top.facts, agents, timeZone, leftOut) : null;
        levels.push({ isArray: true, key: null, facts: new Map(), chat });
        break;
      }
      case 'endArray':
      case 'endObject':
        yield* levels.pop()?.chat?.end() ?? [];
        break;
      case 'keyValue':
        top!.key = token.value;
        break;
      case 'stringValue':
      case 'numberValue':
        if (top?.key) top.facts.set(top.key, token.value);
        break;
      default:
    }
  }
  if (chats === 0) throw invalid({ path: 'file', message: 'is not an export of Telegram Desktop: it has no messages' });
}

/** One chat, a conversation. */
class Chat {
  readonly #id: string;
  readonly #isTalk: boolean;
  /** Whoever wrote first and is nobody of us. */
  #contact: { name: string | null } | null = null;
  readonly #lines: LineMaker;

  constructor(
    private readonly facts: ReadonlyMap<string, string>,
    private readonly agents: Agents,
    private readonly timeZone: string,
    private readonly leftOut: LeftOut,
  ) {
    this.#id = facts.get('id') ?? facts.get('name') ?? 'unknown';
    this.#isTalk = !NOT_TALKS.has(facts.get('type') ?? '');
    this.#lines = new LineMaker(() => this.#head());
  }

  *take(number: number, message: TelegramMessage): Generator<SourceLine> {
    if (!this.#isTalk || message.type !== 'message') {
      this.leftOut.count += 1;
      return;
    }
    const at = this.#momentOf(message);
    if (message.id === undefined || at === null) {
      yield { number, faults: [`the message: has no ${at === null ? 'date' : 'id'}`], content: message };
      return;
    }
    const author = this.agents.authorOf(message.from, message.from_id);
    if (author === 'contact') this.#contact ??= { name: message.from ?? null };
    const isNamed = author === 'contact' && message.from && !OF_TWO.has(this.facts.get('type') ?? '');
    yield* this.#lines.add(number, {
      externalId: `telegram:${this.#id}/${message.id}`,
      author,
      ...saidIn(message, isNamed ? `${message.from}: ` : ''),
      at: at.toISOString(),
    });
  }

  end(): Generator<SourceLine> {
    return this.#lines.end();
  }

  #head(): Omit<ConversationText, 'messages'> {
    const name = this.facts.get('name') ?? this.#contact?.name ?? null;
    return {
      externalId: `telegram:${this.#id}`,
      channel: 'TELEGRAM',
      // In a chat of two its id is that of the other, which is also how the channel reaches them.
      contact: { externalId: `telegram:${this.#id}`, address: this.#id, name },
    };
  }

  /** Older exports have the local time alone. */
  #momentOf({ date, date_unixtime: seconds }: TelegramMessage): Date | null {
    if (seconds !== undefined && /^\d{1,11}$/.test(seconds)) return new Date(Number(seconds) * 1000);
    const [, year, month, day, hour, minute, second] =
      /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(String(date)) ?? [];
    if (second === undefined) return null;
    const time = { year, month, day, hour, minute, second };
    const wall = Object.fromEntries(Object.entries(time).map(([part, value]) => [part, Number(value)]));
    return momentOf(wall as never, this.timeZone);
  }
}

/** What a message says: its text, or what there is in its place. */
function saidIn(
  message: TelegramMessage,
  speaker: string,
): Pick<MessageText, 'text' | 'attachments' | 'textWithoutFiles'> {
  const file = fileOf(message);
  const text = speaker + textOf(message);
  if (!file) return { text };
  // What a sticker means is not in its picture for everybody.
  const isClear = message.sticker_emoji === undefined;
  return { text: isClear ? (speaker + spokenIn(message)).trim() : text, attachments: [file], textWithoutFiles: text };
}

/** The file of a message, below the folder of the export. In parentheses stands why it was not exported. */
function fileOf(message: TelegramMessage): NonNullable<MessageText['attachments']>[number] | null {
  const path = message.photo ?? message.file;
  if (typeof path !== 'string' || path.trim() === '' || /^\(.*\)$/s.test(path)) return null;
  // No name of a file that was exported; as one it would have the whole line refused.
  if (path.length > MAX_REMARK || !isStorable(path)) return null;
  const seconds = message.duration_seconds;
  const isDuration = typeof seconds === 'number' && seconds >= 0 && seconds <= MAX_DURATION_SECONDS;
  return {
    file: path,
    name: asFileName(message.file_name, asFileName(basename(path), 'file')),
    ...(isDuration ? { durationSeconds: seconds } : {}),
  };
}

/** The text, which is in parts where some of it is bold, a link or a name. */
function spokenIn({ text }: TelegramMessage): string {
  const parts = Array.isArray(text) ? text : [text ?? ''];
  return parts.map((part) => (typeof part === 'string' ? part : (part.text ?? ''))).join('');
}

/** The text, and before it what else there is. */
function textOf(message: TelegramMessage): string {
  const text = spokenIn(message);
  const inPlace =
    message.media_type ?? IN_PLACE.find((name) => message[name] !== undefined)?.replace(/_information$/, '');
  if (!inPlace) return text.trim() === '' ? NO_TEXT : text;
  const more = message.sticker_emoji ?? message.file_name;
  const mark = `[${inPlace.replaceAll('_', ' ')}${more ? `: ${more}` : ''}]`;
  return text.trim() === '' ? mark : `${mark}\n${text}`;
}
