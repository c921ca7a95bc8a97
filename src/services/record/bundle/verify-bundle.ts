import { createHash } from 'node:crypto';
import { Announcements } from '../announcements.js';
import type { RecordBody } from '../envelope.js';
import type { Checkpoint } from '../proofs/checkpoint.js';
import { checkEntry, type CheckedEntry } from './check-entry.js';
import { checkNote, reasonOf } from './check-note.js';
import {
  BundleFindings,
  removedEvents,
  type BundleFinding,
  type BundleFindingKind,
  type RemovedEvents,
} from './findings.js';
import {
  parseHash,
  parseLine,
  type BundleCounts,
  type EntryLine,
  type HashesLine,
  type ManifestLine,
} from './lines.js';
import { OlderCheckpoints } from './older-checkpoints.js';
import { cover, TreeFold } from './tree-fold.js';
import type { TrustPolicy } from './trust-policy.js';

/** What a bundle was found to be. */
export interface BundleReport {
  valid: boolean;
  /** As the bundle says: worth something only when it is valid. */
  manifest: ManifestLine | null;
  checkpoint: { origin: string; size: string; root: string } | null;
  /** Counted, whatever the manifest says. */
  counts: BundleCounts;
  /** Events that have lost disclosures, as events in the bundle announce. Not findings. */
  erased: RemovedEvents;
  /** Events whose bodies are gone, as events in the bundle announce. Not findings. */
  pruned: RemovedEvents;
  /** The first 10,000 in the order found. */
  findings: BundleFinding[];
  found: Record<BundleFindingKind, number>;
  /** Somebody whom the policy trusts has signed the checkpoint. */
  trusted: boolean;
  /** The log goes on from every older checkpoint that was given. */
  consistent: boolean;
}

/**
 * Verifies an evidence bundle line by line and reports everything that is wrong with it; never stops at a finding. It
 * needs nothing but the bundle and what the verifier brings: the keys they trust, and checkpoints they kept.
 * @param lines without their newlines; null for one that is too long or not text.
 * @param older signed checkpoints of the same log.
 */
export async function verifyBundle(
  lines: AsyncIterable<string | null>,
  policy: TrustPolicy,
  older: readonly string[] = [],
): Promise<BundleReport> {
  const verifier = new BundleVerifier(policy, older);
  for await (const line of lines) verifier.read(line);
  return verifier.close();
}

class BundleVerifier {
  readonly #findings = new BundleFindings();
  readonly #announced = new Announcements();
  readonly #fold = new TreeFold();
  readonly #lines = createHash('sha256');
  readonly #counts: BundleCounts = { events: 0, announcements: 0, texts: 0, gone: 0, withheld: 0 };
  readonly #pruned: number[] = [];
  readonly #erased: { sequence: number; places: number[] }[] = [];
  readonly #older: OlderCheckpoints;
  #line = 0;
  #manifest: { line: ManifestLine; digest: string } | null = null;
  #checkpoint: Checkpoint | null = null;
  #recorded: RecordBody[] = [];
  /** The sequence that comes next. */
  #next = 0;
  /** Every leaf so far is accounted for. */
  #complete = true;
  #before: { seq: number; t: string; leaf: Buffer } | null = null;

  constructor(
    private readonly policy: TrustPolicy,
    older: readonly string[],
  ) {
    this.#older = new OlderCheckpoints(older, policy, this.#findings);
  }

  read(text: string | null): void {
    const findings = this.#findings;
    findings.line = this.#line += 1;
    if (text === null) {
      this.#refuse('the line is too long, cut off or not UTF-8');
      return;
    }
    let line;
    try {
      line = parseLine(text);
    } catch (error) {
      this.#refuse(reasonOf(error));
      return;
    }
    const isInPlace = line.type === 'manifest' ? this.#line === 1 : (line.type === 'checkpoint') === (this.#line === 2);
    if (!isInPlace) findings.note('REORDERED', null, 'line', `a ${line.type} does not stand here`);
    if (line.type === 'manifest') this.#manifest ??= { line, digest: sha256(text) };
    else if (line.type === 'checkpoint') this.#checkpoint ??= checkNote(line.note, this.policy, findings);
    else if (line.type === 'hashes') this.#readHashes(line);
    else this.#readEntry(line, text);
  }

  close(): BundleReport {
    const findings = this.#findings;
    findings.line = null;
    this.#checkManifest();
    this.#checkTree();
    const older = this.#older.close(this.#checkpoint, this.#next);
    const isAnnounced = ({ sequence, places }: { sequence: number; places: number[] }) =>
      places.every((place) => this.#announced.erases(sequence, place));
    for (const sequence of this.#pruned) {
      if (!this.#announced.prunes(sequence)) findings.note('MISSING', sequence, 'body', 'the body is not there');
    }
    for (const { sequence, places } of this.#erased.filter((one) => !isAnnounced(one))) {
      findings.note('ALTERED', sequence, 'disclosure', `${places.length} disclosures are not there`);
    }
    const { origin, size, root } = this.#checkpoint ?? {};
    return {
      valid: findings.areNone,
      manifest: this.#manifest?.line ?? null,
      checkpoint: root ? { origin: origin!, size: size!.toString(), root: root.toString('base64') } : null,
      counts: this.#counts,
      erased: removedEvents(this.#erased.filter(isAnnounced).map(({ sequence }) => sequence)),
      pruned: removedEvents(this.#pruned.filter((sequence) => this.#announced.prunes(sequence))),
      findings: findings.kept,
      found: findings.counts,
      trusted: this.#checkpoint !== null && !findings.isAbout('signature'),
      consistent: older,
    };
  }

  #refuse(why: string): void {
    this.#complete = false;
    this.#findings.note('MALFORMED', null, 'line', why);
  }

  /** Whether what stands for these sequences comes next. What does not is left out of the tree. */
  #follows(from: number, leaf: Buffer | null): boolean {
    const findings = this.#findings;
    if (from === this.#next) return true;
    this.#complete = false;
    if (from > this.#next) {
      findings.note('GAP', this.#next, 'sequence', `up to ${from - 1} nothing stands for what was recorded`);
      this.#next = from;
    } else if (leaf !== null && this.#before?.seq === from && !this.#before.leaf.equals(leaf)) {
      findings.note('FORKED', from, 'sequence', 'two different entries have this sequence');
    } else {
      findings.note('REORDERED', from, 'sequence', 'the line comes late or a second time');
    }
    return false;
  }

  #readHashes({ from, to, hashes }: HashesLine): void {
    const findings = this.#findings;
    this.#follows(from, null);
    const asked = this.#manifest?.line.asked;
    if (asked?.kind === 'RANGE' && from <= asked.to && to >= asked.from) {
      findings.note('GAP', Math.max(from, asked.from), 'sequence', 'events that were asked for are left out');
    }
    const subtrees = to < from ? [] : cover({ start: BigInt(from), end: BigInt(to) + 1n });
    if (subtrees.length !== hashes.length || subtrees.length === 0) {
      this.#complete = false;
      findings.note('MALFORMED', from, 'tree', 'these are not the hashes over so many events');
    }
    try {
      const read = hashes.map(parseHash);
      if (this.#complete) for (const [at, { level }] of subtrees.entries()) this.#fold.add(level, read[at]!);
    } catch (error) {
      this.#complete = false;
      findings.note('MALFORMED', from, 'tree', reasonOf(error));
    }
    this.#went(to + 1);
  }

  #readEntry(line: EntryLine, text: string): void {
    const findings = this.#findings;
    if (line.as !== 'EXPORT') this.#lines.update(text).update('\n');
    const { seq, t, ws } = line.leaf;
    const checked = checkEntry(line, findings);
    const follows = this.#follows(seq, checked?.leaf ?? null);
    if (this.#before && seq > this.#before.seq && t <= this.#before.t) {
      findings.note('REORDERED', seq, 'time', 'recorded no later than the event before it');
    }
    if (!checked) this.#complete = false;
    else this.#before = { seq, t, leaf: checked.leaf };
    if (checked && this.#complete && follows) this.#fold.add(0, checked.leaf);
    this.#went(seq + 1);
    const manifest = this.#manifest?.line;
    if (manifest && ws !== manifest.workspace.id) {
      findings.note('ALTERED', seq, 'entry', 'the event is of another workspace');
    }
    if (checked) this.#take(line, checked);
  }

  /** What a sound event says to the rest of the bundle. */
  #take(line: EntryLine, { body, isPruned, erased, withheld, texts, gone }: CheckedEntry): void {
    const findings = this.#findings;
    const { seq } = line.leaf;
    this.#counts.texts += texts;
    this.#counts.gone += gone;
    if (line.as === 'ASKED') this.#counts.events += 1;
    if (line.as === 'ANNOUNCEMENT') this.#counts.announcements += 1;
    if (line.as === 'EXPORT') {
      if (line.withheld || line.says !== undefined) {
        findings.note('ALTERED', seq, 'entry', 'of the event that recorded the export nothing is withheld or told');
      }
      if (body) this.#recorded.push(body);
      else findings.note('MISSING', seq, 'body', 'the event that recorded the export has no body');
    } else {
      this.#counts.withheld += withheld;
      if (isPruned) this.#pruned.push(seq);
    }
    if (erased.length > 0) this.#erased.push({ sequence: seq, places: erased });
    if (body) this.#announced.note(seq, body);
    if (line.as === 'ANNOUNCEMENT' && body && !['audit.erased', 'audit.pruned'].includes(body.action)) {
      findings.note('ALTERED', seq, 'entry', 'the event announces nothing');
    }
    const asked = this.#manifest?.line.asked;
    if (line.as === 'ASKED' && asked && (body || isPruned) && !isOf(asked, seq, body)) {
      findings.note('ALTERED', seq, 'entry', 'the event is not of what was asked for');
    }
  }

  #went(next: number): void {
    this.#next = Math.max(this.#next, next);
    if (this.#complete) this.#older.pass(this.#fold);
  }

  #checkManifest(): void {
    const findings = this.#findings;
    if (!this.#manifest) {
      findings.note('MISSING', null, 'manifest', 'there is no manifest');
      return;
    }
    const { line, digest } = this.#manifest;
    const { counts, lines, origin, epoch, asked } = line;
    if (this.#lines.digest('base64url') !== lines) {
      findings.note('ALTERED', null, 'manifest', 'the lines of the events are not those that were written');
    }
    for (const [name, count] of Object.entries(this.#counts)) {
      if (counts[name as keyof BundleCounts] !== count) {
        findings.note('ALTERED', null, 'manifest', `it does not count ${name} as they are`);
      }
    }
    if (this.#checkpoint && this.#checkpoint.origin !== origin) {
      findings.note('ALTERED', null, 'manifest', 'the checkpoint is of another log');
    }
    if (!origin.endsWith(`/${line.workspace.id}/e${epoch}`)) {
      findings.note('ALTERED', null, 'manifest', 'its log is not of its workspace and epoch');
    }
    if (asked.kind === 'RANGE' && this.#counts.events !== asked.to - asked.from + 1) {
      findings.note('GAP', asked.from, 'sequence', `of the events up to ${asked.to} not all are there once`);
    }
    const [recorded, ...others] = this.#recorded;
    if (!recorded) findings.note('MISSING', null, 'manifest', 'the event that recorded the export is not there');
    else if (
      others.length > 0 ||
      recorded.action !== 'audit.exported' ||
      recorded.outcome !== 'SUCCESS' ||
      recorded.metadata?.['manifest'] !== digest
    ) {
      findings.note('ALTERED', null, 'manifest', 'it is not the one that was recorded when the bundle was made');
    }
  }

  #checkTree(): void {
    const findings = this.#findings;
    if (!this.#checkpoint) {
      findings.note('MISSING', null, 'signature', 'there is no checkpoint that can be read');
      return;
    }
    const { size, root } = this.#checkpoint;
    const end = BigInt(this.#next);
    if (end < size) findings.note('GAP', this.#next, 'sequence', `the checkpoint is over ${size} events`);
    else if (end > size) {
      findings.note('REWOUND', Number(size), 'sequence', `the checkpoint is over ${size} events, and here are more`);
    } else if (this.#complete && !this.#fold.root().equals(root)) {
      findings.note('NOT_INCLUDED', null, 'tree', 'the events and hashes do not make the root that was signed');
    }
  }
}

/** Whether an event is one of those asked for, as its body says. */
function isOf(asked: ManifestLine['asked'], sequence: number, body: RecordBody | null): boolean {
  if (asked.kind === 'RANGE') return sequence >= asked.from && sequence <= asked.to;
  return (asked.kind === 'CONVERSATION' ? body?.conversation : body?.contact) === asked.id;
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('base64url');
