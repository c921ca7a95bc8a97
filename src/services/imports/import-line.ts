import { z } from 'zod';
import { Channel } from '../../entities/enums.js';
import { MAX_EXTERNAL_ID, MAX_REMARK, MAX_TEXT } from '../text.js';
import { refuseSilence, saidShape, saidWithFiles, type SaidWithFiles } from './attachment-line.js';
import { authorOf, type Author } from './author.js';
import { checkHandover, handoverShape, type SaidHandover } from './handover-line.js';
import { moment, optional, text } from './line-values.js';

/** Statuses that a conversation can arrive with: those that nobody and nothing has to wake or accept. */
const STATUSES = ['RESOLVED', 'PENDING', 'OPEN'] as const;
/** Most labels of one conversation. */
const MAX_LABELS = 25;

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
  handovers: z.array(handoverShape).default([]),
});

/** One conversation as a line of the import format says it, before it is checked. */
export type ConversationText = z.input<typeof shape>;

/** A message, a note or a handover of a conversation that is imported. */
export interface ImportedEntry extends SaidWithFiles {
  kind: 'MESSAGE' | 'NOTE' | 'HANDOVER';
  /** Where it stands in the line. */
  path: string;
  /** What it is known by: a message's external id; others have none, so who, when and which of those. */
  key: string;
  author: Author;
  at: Date;
  /** Of a handover. */
  handover?: SaidHandover;
}

/** One conversation to be imported, checked as far as that goes without the database. */
export interface ImportedConversation extends Omit<
  z.output<typeof shape>,
  'messages' | 'notes' | 'handovers' | 'startedAt'
> {
  startedAt: Date;
  /** Messages, notes and handovers by their times; those of one time in this order, and as they stood. */
  entries: ImportedEntry[];
}

/** What entries are counted as. */
export type CountedEntries = 'messages' | 'notes' | 'handovers';

/** How many of each kind there are among these. */
export function countEntries(entries: readonly ImportedEntry[]): Record<CountedEntries, number> {
  const of = (wanted: ImportedEntry['kind']) => entries.filter(({ kind }) => kind === wanted).length;
  return { messages: of('MESSAGE'), notes: of('NOTE'), handovers: of('HANDOVER') };
}

/**
 * Checks what one line says.
 * @returns the conversation, or what is wrong with it, each with where.
 */
export function checkConversation(value: unknown, now: Date): { found: ImportedConversation } | { faults: string[] } {
  const parsed = shape.safeParse(value);
  if (!parsed.success) return { faults: parsed.error.issues.map(faultOf) };
  const { messages, notes, handovers, startedAt, ...conversation } = parsed.data;
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
  const keyOf = keysWithin(conversation.externalId);
  for (const [index, note] of notes.entries()) {
    const author = authorOf(note.author);
    if (typeof author === 'string') {
      faults.add(`notes.${index}.author: must be an agent’s e-mail`);
      continue;
    }
    const { text: said, at } = note;
    entries.push({ kind: 'NOTE', path: `notes.${index}`, key: keyOf('NOTE', author, at), author, text: said, at });
  }
  for (const [index, handover] of handovers.entries()) {
    const path = `handovers.${index}`;
    const checked = checkHandover(handover, path, now);
    if ('faults' in checked) for (const fault of checked.faults) faults.add(fault);
    else {
      const { author, said } = checked;
      const key = keyOf('HANDOVER', author, handover.at);
      entries.push({ kind: 'HANDOVER', path, key, author, text: '', at: handover.at, handover: said });
    }
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

/**
 * Keys of what has no id of its own: who, when, and which of those. Without what it says: the key outlives it, and must
 * not tell what was in it.
 */
function keysWithin(externalId: string) {
  const counts = new Map<string, number>();
  return (kind: string, author: Author, at: Date): string => {
    const who = `${typeof author === 'object' ? author.email : author}\n${at.toISOString()}`;
    const count = (counts.get(`${kind} ${who}`) ?? 0) + 1;
    counts.set(`${kind} ${who}`, count);
    return `${externalId}\n${who}\n${count}`;
  };
}

function faultOf({ path, message, code, ...issue }: z.core.$ZodIssue): string {
  const at = path.join('.') || 'the line';
  if (code === 'unrecognized_keys') {
    return `${at}: has what is not known here: ${(issue as { keys?: string[] }).keys?.join(', ')}`;
  }
  return `${at}: ${message.replace(/^Invalid input: expected (\w+), received undefined$/, 'must be there').replace(/^Invalid input: expected/, 'must be')}`;
}
