import { countEntries, type CountedEntries, type ImportedConversation } from './import-line.js';
import type { Outcome } from './write-batch.js';

/** What an import has done so far. Of a dry run: what it would do, as far as can be told line by line. */
export interface ImportSummary {
  conversations: { created: number; extended: number; unchanged: number };
  messages: { created: number; unchanged: number };
  notes: { created: number; unchanged: number };
  handovers: { created: number; unchanged: number };
  contacts: { created: number };
  /** Those of messages; left out are those that their messages could do without. */
  files: { created: number; leftOut: number };
  /** Lines that were refused. */
  rejected: number;
  /** It was told to end before everything was read. */
  interrupted: boolean;
}

const COUNTED: readonly CountedEntries[] = ['messages', 'notes', 'handovers'];

/** Adds up what became of each line. */
export class Summary {
  readonly figures: ImportSummary = {
    conversations: { created: 0, extended: 0, unchanged: 0 },
    messages: { created: 0, unchanged: 0 },
    notes: { created: 0, unchanged: 0 },
    handovers: { created: 0, unchanged: 0 },
    contacts: { created: 0 },
    files: { created: 0, leftOut: 0 },
    rejected: 0,
    interrupted: false,
  };

  reject(): void {
    this.figures.rejected += 1;
  }

  interrupt(): void {
    this.figures.interrupted = true;
  }

  leaveOut(files: number): void {
    this.figures.files.leftOut += files;
  }

  /** Adds what became of the parts that one line was written in; a refused part is counted by `reject`. */
  add({ entries }: ImportedConversation, outcomes: readonly Outcome[]): void {
    const { conversations, contacts, files } = this.figures;
    const made = outcomes.flatMap((outcome) => ('faults' in outcome ? [] : [outcome]));
    const sum = (field: CountedEntries | 'contacts' | 'files') =>
      made.reduce((all, outcome) => all + outcome[field], 0);
    for (const field of COUNTED) this.figures[field].created += sum(field);
    contacts.created += sum('contacts');
    files.created += sum('files');
    const is = (state: string) => made.some(({ conversation }) => conversation === state);
    if (is('CREATED')) conversations.created += 1;
    else if (is('EXTENDED')) conversations.extended += 1;
    if (made.length < outcomes.length) return;
    if (!is('CREATED') && !is('EXTENDED')) conversations.unchanged += 1;
    const said = countEntries(entries);
    for (const field of COUNTED) this.figures[field].unchanged += said[field] - sum(field);
  }
}

/** The figures as the record keeps them. */
export const countsOf = ({ conversations, contacts, messages, notes, handovers, files, rejected }: ImportSummary) => ({
  conversations: conversations.created,
  extended: conversations.extended,
  contacts: contacts.created,
  messages: messages.created,
  notes: notes.created,
  handovers: handovers.created,
  files: files.created,
  rejected,
});
