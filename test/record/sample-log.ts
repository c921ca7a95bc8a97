import { expect } from 'vitest';
import { canonicalJson, type JsonValue } from '../../src/services/record/canonical.js';
import { bodyHash, entryText, type RecordBody } from '../../src/services/record/envelope.js';
import { appendLeaf, leafHash } from '../../src/services/record/merkle.js';
import { verifyLog, type LogHead, type LogRow, type VerifyReport } from '../../src/services/record/verify.js';
import { FIXED, seal, type Draft } from './make-golden-log.js';

/** A sound log in memory, to be tampered with. */
export class SampleLog {
  rows: LogRow[];
  head: LogHead;

  constructor(length: number) {
    ({ rows: this.rows, head: this.head } = seal(
      Array.from({ length }, (_, n) => draft(n)),
      FIXED,
    ));
  }

  verify(): Promise<VerifyReport> {
    return verifyLog(stream(this.rows), this.head);
  }

  /** The findings as `KIND part sequence: detail`, short enough to state a whole report. */
  async findings(): Promise<string[]> {
    const report = await this.verify();
    expect(report.valid).toBe(report.findings.length === 0);
    expect(Object.values(report.counts).reduce((sum, count) => sum + count, 0)).toBe(report.findings.length);
    return report.findings.map(({ kind, part, sequence, detail }) => `${kind} ${part} ${sequence ?? '-'}: ${detail}`);
  }

  row(index: number): LogRow {
    const row = this.rows[index];
    if (row === undefined) throw new Error(`no row ${index}`);
    return row;
  }

  /** Changes one row as UPDATE would. */
  update(index: number, change: Partial<LogRow>): void {
    this.rows[index] = { ...this.row(index), ...change };
  }

  /** Makes the row's hashes fit it again, as someone would who knows how they are made. */
  reseal(index: number): void {
    this.rows[index] = resealed(this.row(index));
  }

  /** Makes the head's frontier fit the leaves again. */
  rehead(): void {
    const fold = (frontier: Buffer[], row: LogRow, index: number) => appendLeaf(frontier, BigInt(index), row.leafHash);
    this.head = { ...this.head, frontier: this.rows.reduce<Buffer[]>(fold, []) };
  }

  bodyOf(index: number): RecordBody {
    return JSON.parse(this.row(index).body ?? 'null') as RecordBody;
  }

  editedBody(index: number, edit: (body: Record<string, JsonValue>) => void): string {
    const body = this.bodyOf(index) as unknown as Record<string, JsonValue>;
    edit(body);
    return canonicalJson(body);
  }
}

export async function* stream(rows: readonly LogRow[]): AsyncGenerator<LogRow> {
  yield* rows;
}

export function resealed(row: LogRow): LogRow {
  const hash = row.body === null ? row.bodyHash : bodyHash(row.body);
  const text = entryText({ ...row, bodyHash: hash, workspaceId: FIXED.workspaceId });
  return { ...row, bodyHash: hash, leafHash: leafHash(text) };
}

export const BODY = 'the body does not have the stored hash';
export const LEAF = 'the leaf hash is not that of body hash, sequence, time and workspace';
export const LAST_TIME = "ALTERED head -: the head's last time is not that of its last entry";

export function frontierAt(size: number): string {
  return `ALTERED frontier -: the head's frontier is not that of the first ${size} entries`;
}

/** An event in which every filter column has a value. */
function draft(n: number): Draft {
  const body: RecordBody = {
    v: 1,
    id: FIXED.idOf('0', n),
    ws: FIXED.workspaceId,
    action: 'contact.updated',
    category: 'CONTACT',
    severity: 'NOTICE',
    outcome: 'SUCCESS',
    actor: { kind: 'AGENT', id: FIXED.idOf('a', n) },
    obo: { kind: 'CONTACT', id: FIXED.idOf('b', n) },
    auth: { method: 'SESSION', session: FIXED.idOf('c', n) },
    target: { type: 'contact', id: FIXED.idOf('d', n) },
    conversation: FIXED.idOf('e', n),
    contact: FIXED.idOf('d', n),
    team: FIXED.idOf('f', n),
    inbox: FIXED.idOf('1', n),
    request: FIXED.idOf('2', n),
    causation: FIXED.idOf('3', n),
    occurred: FIXED.occurred(n),
    changes: [{ field: 'email' }],
    audience: [`agent:${FIXED.idOf('a', n)}`, `inbox:${FIXED.idOf('1', n)}`],
    salt: FIXED.saltOf(n),
  };
  return { body, disclosed: { 'changes.0.before': `old${n}@example.com`, 'changes.0.after': `new${n}@example.com` } };
}
