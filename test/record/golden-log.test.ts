import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDisclosure } from '../../src/services/record/disclosure.js';
import { readBody } from '../../src/services/record/envelope.js';
import { verifyLog, type LogHead, type LogRow } from '../../src/services/record/verify.js';
import { FIXED, goldenText } from './make-golden-log.js';
import { stream } from './sample-log.js';

type StoredRow = Record<'sequence' | 'recordedAt' | 'bodyHash' | 'leafHash' | 'body', string> & {
  disclosures: string[];
  columns: Record<string, unknown>;
};
type StoredLog = {
  _about: string[];
  head: { workspaceId: string; epoch: number; size: string; frontier: string[]; lastRecordedAt: string };
  rows: StoredRow[];
};

const text = readFileSync(new URL('golden-log.json', import.meta.url), 'utf8');
const stored = JSON.parse(text) as StoredLog;

function rowOf(row: StoredRow): LogRow {
  const [hash, leaf] = [Buffer.from(row.bodyHash, 'hex'), Buffer.from(row.leafHash, 'hex')];
  return { ...row, sequence: BigInt(row.sequence), bodyHash: hash, leafHash: leaf };
}

function headOf(head: StoredLog['head']): LogHead {
  return { ...head, size: BigInt(head.size), frontier: head.frontier.map((hash) => Buffer.from(hash, 'hex')) };
}

const rows = stored.rows.map(rowOf);
const head = headOf(stored.head);

/** Every text that differs from the given one in exactly one character. */
function* flips(original: string): Generator<string> {
  for (let at = 0; at < original.length; at++) {
    const flipped = String.fromCharCode(original.charCodeAt(at) ^ 1);
    yield original.slice(0, at) + flipped + original.slice(at + 1);
  }
}

/** Verifies the log with one row changed, and says whether that row was named. */
async function isFoundAt(index: number, change: Partial<StoredRow>): Promise<boolean> {
  const changed = rows.with(index, rowOf({ ...stored.rows[index]!, ...change }));
  const report = await verifyLog(stream(changed), head);
  return !report.valid && report.findings.some((finding) => finding.sequence === String(index));
}

describe('the golden log of format version 1', () => {
  it('verifies as it stands, with the root it had when it was written', async () => {
    expect(await verifyLog(stream(rows), head)).toEqual({
      workspaceId: '01936d5e-7a00-7000-8000-000000000001',
      size: 12n,
      root: '5fixFUHlOg8C3Xq/ImpKxz1miUuBCdgxfNPeTJ156eA=',
      findings: [],
      counts: { ALTERED: 0, MISSING: 0, GAP: 0, REORDERED: 0, FORKED: 0, REWOUND: 0 },
      erased: { events: 0, sequences: [] },
      pruned: { events: 0, sequences: [] },
      valid: true,
    });
  });

  it('says of itself that it is never regenerated', () => {
    expect(stored._about[0]).toBe(
      'A log of format version 1, written once and kept for ever. Never regenerate or edit this file.',
    );
  });

  it('is what the code of today would still write', () => {
    expect(JSON.parse(goldenText(FIXED))).toEqual(stored);
  });

  it('uses every key of the envelope, and text beyond ASCII', () => {
    const keys = new Set(rows.flatMap((row) => Object.keys(readBody(row.body!))));
    expect([...keys].toSorted()).toEqual(
      // prettier-ignore
      [
        '_sd', 'action', 'actor', 'audience', 'auth', 'category', 'causation', 'changes', 'contact', 'content',
        'conversation', 'id', 'idempotency', 'inbox', 'metadata', 'net', 'obo', 'occurred', 'outcome', 'related', 'request',
        'salt', 'severity', 'target', 'team', 'v', 'ws',
      ],
    );
    // Otherwise a writer that hashed Latin-1 or UTF-16 would pass.
    expect(rows.some((row) => /[^\u0000-\u007f]/.test(row.body!))).toBe(true); // oxlint-disable-line no-control-regex
  });

  it('has committed and plain changes side by side in one event', () => {
    expect(readBody(rows[7]!.body!).changes).toEqual([
      { field: 'email' },
      { field: 'name' },
      { field: 'vip', before: 0, after: 1 },
    ]);
    expect(rows[7]!.disclosures!.map(readDisclosure).map(({ name, value }) => [name, value])).toEqual([
      ['changes.0.before', null],
      ['changes.0.after', 'zoë@example.com'],
      ['changes.1.before', 'Zoe'],
      ['changes.1.after', 'Zoë Ångström'],
      ['target.label', 'Zoe'],
    ]);
  });
});

describe('one changed character in the golden log is found at its row', () => {
  it.each(['body', 'recordedAt', 'bodyHash', 'leafHash'] as const)(
    'wherever it stands in a %s',
    async (part) => {
      const missed: string[] = [];
      let tried = 0;
      for (const [index, row] of stored.rows.entries()) {
        for (const flipped of flips(row[part])) {
          tried++;
          if (!(await isFoundAt(index, { [part]: flipped }))) missed.push(flipped);
        }
      }
      expect(missed).toEqual([]);
      expect(tried).toBe(stored.rows.reduce((sum, row) => sum + row[part].length, 0));
    },
    60_000,
  );

  it('wherever it stands in a disclosure', async () => {
    const missed: string[] = [];
    for (const [index, row] of stored.rows.entries()) {
      for (const [which, disclosure] of row.disclosures.entries()) {
        for (const flipped of flips(disclosure)) {
          if (!(await isFoundAt(index, { disclosures: row.disclosures.with(which, flipped) }))) missed.push(flipped);
        }
      }
    }
    expect(missed).toEqual([]);
  }, 60_000);

  it('wherever it stands in the head', async () => {
    const { workspaceId, lastRecordedAt, frontier } = stored.head;
    const changes: Partial<StoredLog['head']>[] = [
      ...[...flips(workspaceId)].map((flipped) => ({ workspaceId: flipped })),
      ...[...flips(lastRecordedAt)].map((flipped) => ({ lastRecordedAt: flipped })),
      ...frontier.flatMap((hash, at) => [...flips(hash)].map((flipped) => ({ frontier: frontier.with(at, flipped) }))),
      ...['02', '13', '11', '1', '120'].map((size) => ({ size })),
    ];
    for (const change of changes) {
      expect((await verifyLog(stream(rows), headOf({ ...stored.head, ...change }))).valid).toBe(false);
    }
  });
});
