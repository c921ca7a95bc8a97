import { setTimeout as delay } from 'node:timers/promises';
import type { Application, Call } from '../application.js';
import { commit } from '../commit.js';
import { isUniqueViolation } from '../database-errors.js';
import { AppError, isUnavailable } from '../errors.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { sql } from '../sql.js';
import { decide } from './decide.js';
import { FilesGone } from './file-rows.js';
import { ImportFiles } from './import-files.js';
import { checkConversation, countEntries, type ImportedConversation } from './import-line.js';
import { KeyTaken } from './import-rows.js';
import { countsOf, Summary, type ImportSummary } from './import-summary.js';
import type { ImportTarget } from './import-target.js';
import { claimKeyOf, claimName, readKnown } from './known.js';
import { ENTRIES, inParts } from './parts.js';
import type { SourceLine } from './source.js';
import { noFiles, type SourceFiles } from './source-files.js';
import { writeBatch, type Outcome } from './write-batch.js';
import { Writing } from './writing.js';

/** Lines that are looked up together, and characters of what they say. */
const LINES = 250;
const CHARACTERS = 4_000_000;
/** Transactions under way at once: one appends while others insert. */
const WRITERS = 3;
/** Attempts of one transaction, and the pause after the first that failed; it doubles. */
const ATTEMPTS = 8;
const PAUSE_MS = 50;

export interface ImportOptions {
  /** As the command names it. */
  format: string;
  /** Where the files are that lines name; nowhere unless given. */
  files?: SourceFiles;
  /** Only says what would be done. */
  dryRun?: boolean;
  /** Told after each batch. */
  onProgress?: (summary: ImportSummary) => void;
  /** Told of each line that is refused, in no strict order; waited for. */
  onRejected?: (rejected: { line: number; reasons: string[]; content: unknown }) => Promise<void>;
  /** Ends the import after what is under way. */
  signal?: AbortSignal;
}

interface Read {
  source: SourceLine;
  said: ImportedConversation;
}

/**
 * Brings past conversations into an inbox. What is there already is passed over, so an import that was broken off is
 * simply done again. Each batch is one transaction with its events, and begin and end are on the record.
 * @returns what is new; `interrupted` where the signal came before the end.
 * @throws AppError UNAVAILABLE; whatever reading the source throws. The record says so then, too.
 */
export async function runImport(
  app: Application,
  target: ImportTarget,
  source: AsyncIterable<SourceLine>,
  options: ImportOptions,
): Promise<ImportSummary> {
  const run = new Run(app, target, options);
  if (options.dryRun) return run.readAll(source);
  await run.record('import.started', {});
  try {
    const summary = await run.readAll(source);
    const counts = countsOf(summary);
    if (summary.interrupted) await run.record('import.failed', { fault: 'INTERRUPTED', ...counts });
    else await run.record('import.completed', counts);
    return summary;
  } catch (error) {
    const fault = error instanceof AppError ? error.code : 'FAULT';
    // What broke it off is what the caller hears, also where the database does not even take this.
    await run.record('import.failed', { fault, ...countsOf(run.summary) }).catch(() => {});
    throw error;
  }
}

class Run {
  readonly #call: Call;
  readonly #summary = new Summary();
  readonly #files: ImportFiles;

  constructor(
    private readonly app: Application,
    private readonly target: ImportTarget,
    private readonly options: ImportOptions,
  ) {
    // One request for all of it: the record finds its events by that.
    const request = { id: newId(), ipAddress: null, userAgent: null };
    this.#call = { app, principal: systemPrincipal(target.workspaceId), request };
    this.#files = new ImportFiles(this.#call, target, options.files ?? noFiles);
  }

  get summary(): ImportSummary {
    return this.#summary.figures;
  }

  async record(
    action: 'import.started' | 'import.completed' | 'import.failed',
    metadata: Record<string, string | number>,
  ): Promise<void> {
    const { id, name } = this.target.inbox;
    await commit(this.#call, async (tx) => {
      tx.record({
        action,
        target: { type: 'inbox', id, label: name },
        inboxId: id,
        metadata: { format: this.options.format, ...metadata },
      });
    });
  }

  async readAll(source: AsyncIterable<SourceLine>): Promise<ImportSummary> {
    let batch: Read[] = [];
    let size = { entries: 0, characters: 0 };
    // What comes next is read and looked up while this is written.
    const writing = new Writing(WRITERS);
    const pass = async (): Promise<void> => {
      const ready = await this.#look(batch);
      batch = [];
      size = { entries: 0, characters: 0 };
      const names = ready.map(({ said }) => said.externalId);
      if (ready.length > 0) await writing.start(names, () => this.#write(ready));
    };
    try {
      for await (const line of source) {
        if (this.options.signal?.aborted) {
          this.#summary.interrupt();
          break;
        }
        const said = await this.#check(line);
        if (!said) continue;
        batch.push({ source: line, said });
        size.entries += said.entries.length;
        size.characters += said.entries.reduce((sum, { text }) => sum + text.length, 0);
        if (size.entries >= ENTRIES || size.characters >= CHARACTERS || batch.length >= LINES) await pass();
      }
      if (batch.length > 0 && !this.#summary.figures.interrupted) await pass();
    } finally {
      // Also where reading fails: what is under way is counted, and nothing is written behind the end.
      await writing.end();
    }
    return this.summary;
  }

  async #check(line: SourceLine): Promise<ImportedConversation | null> {
    const checked = line.faults ? { faults: line.faults } : checkConversation(line.value, this.app.now());
    if ('found' in checked) return checked.found;
    await this.#reject(line, checked.faults);
    return null;
  }

  async #reject({ number, value, content }: SourceLine, reasons: string[]): Promise<void> {
    this.#summary.reject();
    await this.options.onRejected?.({ line: number, reasons, content: content === undefined ? value : content });
  }

  /** Holds a batch against what is there, without any lock. @returns what seems to be new of it, for each line. */
  async #look(batch: readonly Read[]): Promise<(Read & { isNew: boolean })[]> {
    const { app, target } = this;
    const said = batch.map((line) => line.said);
    const known = await app.db.inWorkspace(target.workspaceId, (transaction) =>
      readKnown(transaction.rowsAnew.bind(transaction), app.db, target, said, { locked: false }),
    );
    const ready: (Read & { isNew: boolean })[] = [];
    for (const line of batch) {
      const decision = decide(line.said, target, known);
      if ('faults' in decision) {
        await this.#reject(line.source, decision.faults);
        continue;
      }
      const { conversation, fresh } = decision;
      const { faults, files, leftOut } = await this.#files.look(fresh);
      this.#summary.leaveOut(leftOut);
      if (faults.length > 0) {
        await this.#reject(line.source, faults);
        continue;
      }
      if (this.options.dryRun || (conversation && fresh.length === 0)) {
        const state = conversation ? (fresh.length > 0 ? 'EXTENDED' : 'UNCHANGED') : 'CREATED';
        this.#summary.add(line.said, [{ conversation: state, contacts: 0, files, ...countEntries(fresh) }]);
      } else {
        const isNew = !known.claimed.has(claimName('CONVERSATION', claimKeyOf(target, line.said.externalId)));
        ready.push({ ...line, isNew });
      }
    }
    if (ready.length === 0) this.options.onProgress?.(this.summary);
    return ready;
  }

  async #write(lines: readonly (Read & { isNew: boolean })[]): Promise<void> {
    const numbers = await this.#numbers(lines.filter(({ isNew }) => isNew).length);
    const outcomes = new Map<Read, Outcome[]>(lines.map((line) => [line, []]));
    for (const parts of inParts(lines, (entry) => this.#files.bytesOf(entry))) {
      const made = await this.#commit(
        parts.map(({ said }) => said),
        numbers,
      );
      for (const [index, outcome] of made.entries()) outcomes.get(parts[index]!.line)!.push(outcome);
    }
    for (const [line, made] of outcomes) {
      this.#summary.add(line.said, made);
      const faults = made.flatMap((outcome) => ('faults' in outcome ? outcome.faults : []));
      if (faults.length > 0) await this.#reject(line.source, [...new Set(faults)]);
    }
    this.options.onProgress?.(this.summary);
  }

  /** From a statement of its own, before the transaction: nobody who opens a conversation waits for an import. */
  async #numbers(count: number): Promise<number[]> {
    if (count === 0) return [];
    const rows = await this.app.db.asApplication<{ number: number }>(
      sql`select next_conversation_number(${this.target.workspaceId}) as number from generate_series(1, ${count}::int)`,
    );
    return rows.map(({ number }) => number);
  }

  async #commit(said: readonly ImportedConversation[], numbers: number[]): Promise<Outcome[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(said, numbers);
      } catch (error) {
        const passes =
          error instanceof KeyTaken || error instanceof FilesGone || isUniqueViolation(error) || isUnavailable(error);
        if (!passes || attempt === ATTEMPTS) throw error;
        if (error instanceof FilesGone) await this.#files.leave(said, 0);
        await delay(PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }

  /** Files first: what is written of them is true then. Those that are stored already are not stored again. */
  async #attempt(said: readonly ImportedConversation[], numbers: number[]): Promise<Outcome[]> {
    const refused = await this.#files.store(said);
    const taken = said.filter((one) => !refused.has(one));
    const left = [...numbers];
    const outcomes = await commit(this.#call, (tx) => writeBatch(tx, this.target, taken, left, this.#files));
    numbers.splice(0, numbers.length - left.length);
    const tied = outcomes.reduce((sum, outcome) => sum + ('files' in outcome ? (outcome.files ?? 0) : 0), 0);
    await this.#files.leave(said, tied);
    const made = outcomes.values();
    return said.map((one) => {
      const faults = refused.get(one);
      return faults ? { faults } : made.next().value!;
    });
  }
}
