import { z } from 'zod';
import { Channel } from '../../entities/enums.js';
import { normalEmail } from '../accounts/sign-in.js';
import { isStorable, MAX_EXTERNAL_ID, MAX_REMARK, MAX_TEXT } from '../text.js';
import { refuseSilence, saidShape, saidWithFiles, type SaidWithFiles } from './attachment-line.js';

/** Statuses that a conversation can arrive with: those that nobody and nothing has to wake or accept. */
const STATUSES = ['RESOLVED', 'PENDING', 'OPEN'] as const;
/** Most labels of one conversation. */
const MAX_LABELS = 25;

const text = (max: number) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((value) => value.trim() !== '', 'must not be empty')
    .refine(isStorable, 'must not contain NUL or a lone surrogate');
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);
const moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2024-01-31T12:00:00Z, with its time zone' })
  .transform((value) => new Date(value))
  .refine((value) => value.getTime() >= 0, 'must not be before 1970');

const shape = z.strictObject({
  externalId: text(MAX_EXTERNAL_ID),
  channel: optional(z.enum(Channel, `must be one of ${Object.keys(Channel).join(', ')}`)),
  contact: z.strictObject({
    externalId: optional(text(MAX_EXTERNAL_ID)),
    address: optional(text(MAX_EXTERNAL_ID)),
    name: optional(text(MAX_REMARK)),
    email: optional(text(MAX_EXTERNAL_ID)),
    phone: optional(text(MAX_EXTERNAL_ID)),
  }),
  subject: optional(text(MAX_REMARK)),
  status: z.enum(STATUSES, `must be one of ${STATUSES.join(', ')}`).default('RESOLVED'),
  labels: z.array(text(MAX_REMARK)).max(MAX_LABELS, `must be ${MAX_LABELS} at most`).default([]),
  startedAt: optional(moment),
  messages: z
    .array(
      z
        .strictObject({
          externalId: text(MAX_EXTERNAL_ID),
          author: text(MAX_EXTERNAL_ID),
          ...saidShape,
          at: moment,
        })
        .check(refuseSilence),
    )
    .default([]),
  notes: z.array(z.strictObject({ author: text(MAX_EXTERNAL_ID), text: text(MAX_TEXT), at: moment })).default([]),
});

/** One conversation as a line of the import format says it, before it is checked. */
export type ConversationText = z.input<typeof shape>;

/** Who wrote: the customer, the bot, or the agent with this e-mail. */
export type Author = 'contact' | 'bot' | { email: string };

/** A message or a note of a conversation that is imported. */
export interface ImportedEntry extends SaidWithFiles {
  kind: 'MESSAGE' | 'NOTE';
  /** Where it stands in the line. */
  path: string;
  /** What it is known by: a message's external id; a note has none, so who, when and which of those. */
  key: string;
  author: Author;
  at: Date;
}

/** One conversation to be imported, checked as far as that goes without the database. */
export interface ImportedConversation extends Omit<z.output<typeof shape>, 'messages' | 'notes' | 'startedAt'> {
  startedAt: Date;
  /** Messages and notes by their times; those of one time as they stood, messages first. */
  entries: ImportedEntry[];
}

/**
 * Checks what one line says.
 * @returns the conversation, or what is wrong with it, each with where.
 */
export function checkConversation(value: unknown, now: Date): { found: ImportedConversation } | { faults: string[] } {
  const parsed = shape.safeParse(value);
  if (!parsed.success) return { faults: parsed.error.issues.map(faultOf) };
  const { messages, notes, startedAt, ...conversation } = parsed.data;
  const faults = new Set<string>();
  const entries: ImportedEntry[] = messages.map((message, index) => ({
    kind: 'MESSAGE',
    path: `messages.${index}`,
    key: message.externalId,
    author: authorOf(message.author),
    ...saidWithFiles(message, `messages.${index}`),
    at: message.at,
  }));
  if (new Set(entries.map(({ key }) => key)).size < entries.length) {
    faults.add('messages: two have the same externalId');
  }
  const noted = new Map<string, number>();
  for (const [index, note] of notes.entries()) {
    const author = authorOf(note.author);
    if (typeof author === 'string') {
      faults.add(`notes.${index}.author: must be an agent’s e-mail`);
      continue;
    }
    const who = `${author.email}\n${note.at.toISOString()}`;
    noted.set(who, (noted.get(who) ?? 0) + 1);
    // Without its text: the key outlives the note, and must not tell what was in it.
    const key = `${conversation.externalId}\n${who}\n${noted.get(who)}`;
    entries.push({ kind: 'NOTE', path: `notes.${index}`, key, author, text: note.text, at: note.at });
  }
  for (const { path, at } of entries) if (at > now) faults.add(`${path}.at: is in the future`);
  const sorted = entries.toSorted((one, other) => one.at.getTime() - other.at.getTime());
  // Other systems set it when they have stored the first message, which is a little later than it was sent.
  const first = sorted[0]?.at;
  const began = startedAt && first && first < startedAt ? first : (startedAt ?? first);
  if (!began) faults.add('startedAt: must be there where there are no messages');
  if (startedAt && startedAt > now) faults.add('startedAt: is in the future');
  if (faults.size > 0) return { faults: [...faults] };
  const labels = [...new Set(conversation.labels.map((name) => name.trim()))];
  return { found: { ...conversation, labels, startedAt: began!, entries: sorted } };
}

const authorOf = (author: string): Author =>
  author === 'contact' || author === 'bot' ? author : { email: normalEmail(author) };

function faultOf({ path, message, code, ...issue }: z.core.$ZodIssue): string {
  const at = path.join('.') || 'the line';
  if (code === 'unrecognized_keys') {
    return `${at}: has what is not known here: ${(issue as { keys?: string[] }).keys?.join(', ')}`;
  }
  return `${at}: ${message.replace(/^Invalid input: expected (\w+), received undefined$/, 'must be there').replace(/^Invalid input: expected/, 'must be')}`;
}
