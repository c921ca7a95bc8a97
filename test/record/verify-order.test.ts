import { beforeEach, describe, expect, it } from 'vitest';
import { bodyHash } from '../../src/services/record/envelope.js';
import { leafHash } from '../../src/services/record/merkle.js';
import { verifyLog, type LogRow } from '../../src/services/record/verify.js';
import { FIXED } from './make-golden-log.js';
import { BODY, LAST_TIME, LEAF, SampleLog, frontierAt, resealed, stream } from './sample-log.js';

let log: SampleLog;

beforeEach(() => {
  log = new SampleLog(8);
});

describe('tampering with entries', () => {
  it('finds an altered time', async () => {
    log.update(3, { recordedAt: '2026-01-02T03:04:08.123458Z' });
    expect(await log.findings()).toEqual([`ALTERED leaf 3: ${LEAF}`, frontierAt(8)]);
  });

  it('finds an altered time that is also not after the one before it', async () => {
    log.update(3, { recordedAt: log.row(2).recordedAt });
    log.reseal(3);
    log.rehead();
    expect(await log.findings()).toEqual(['REORDERED time 3: recorded no later than the entry before it']);
  });

  it('finds an altered time of the last entry in the head too', async () => {
    log.update(7, { recordedAt: '2026-01-02T03:05:00.000000Z' });
    expect(await log.findings()).toEqual([`ALTERED leaf 7: ${LEAF}`, frontierAt(8), LAST_TIME]);
  });

  it('finds an altered stored body hash', async () => {
    log.update(3, { bodyHash: bodyHash('something else') });
    expect(await log.findings()).toEqual([`ALTERED body 3: ${BODY}`, `ALTERED leaf 3: ${LEAF}`, frontierAt(8)]);
  });

  it('finds an altered leaf hash, while the root still speaks for the entries', async () => {
    const { root } = await log.verify();
    log.update(3, { leafHash: leafHash('something else') });
    expect(await log.findings()).toEqual([`ALTERED leaf 3: ${LEAF}`]);
    expect((await log.verify()).root).toBe(root);
  });

  it.each<[string, Partial<LogRow>, string]>([
    [
      'a time without microseconds',
      { recordedAt: '2026-01-02T03:04:08.123Z' },
      'recorded at: ISO 8601 in UTC with six fraction digits',
    ],
    [
      'a time of another zone',
      { recordedAt: '2026-01-02T03:04:08.123459+00' },
      'recorded at: ISO 8601 in UTC with six fraction digits',
    ],
    ['a body hash cut short', { bodyHash: Buffer.alloc(31) }, 'body hash: 32 bytes'],
  ])('finds %s, which has no leaf data', async (_, change, why) => {
    log.update(3, change);
    expect(await log.findings()).toContain(`ALTERED entry 3: the entry is malformed: ${why}`);
  });

  it('finds two rows that exchanged their sequences', async () => {
    const [third, fifth] = [log.row(3), log.row(5)];
    log.rows[3] = { ...fifth, sequence: 3n };
    log.rows[5] = { ...third, sequence: 5n };
    expect(await log.findings()).toEqual([
      `ALTERED leaf 3: ${LEAF}`,
      'REORDERED time 4: recorded no later than the entry before it',
      'REORDERED time 5: recorded no later than the entry before it',
      `ALTERED leaf 5: ${LEAF}`,
      frontierAt(8),
    ]);
  });
});

describe('tampering with the sequence', () => {
  it('finds a row deleted in the middle', async () => {
    log.rows.splice(3, 1);
    expect(await log.findings()).toEqual(['GAP sequence 3: sequence 3 is not in its place']);
  });

  it('finds each range of deleted rows once', async () => {
    log.rows = log.rows.filter((row) => ![0n, 3n, 4n, 5n].includes(row.sequence));
    expect(await log.findings()).toEqual([
      'GAP sequence 0: sequence 0 is not in its place',
      'GAP sequence 3: sequences 3 to 5 are not in their place',
    ]);
  });

  it('finds the last rows deleted', async () => {
    log.rows.splice(6, 2);
    expect(await log.findings()).toEqual(['GAP sequence 6: sequences 6 to 7 are not in their place']);
  });

  it('finds all rows deleted', async () => {
    log.rows = [];
    expect(await log.findings()).toEqual(['GAP sequence 0: sequences 0 to 7 are not in their place']);
  });

  it('finds the last row deleted and the head set back, by the frontier and the last time', async () => {
    log.rows.pop();
    log.head = { ...log.head, size: 7n };
    expect(await log.findings()).toEqual([frontierAt(7), LAST_TIME]);
  });

  it('finds a row deleted and those after it renumbered', async () => {
    log.rows.splice(5, 1);
    log.rows = log.rows.map((row, index) => ({ ...row, sequence: BigInt(index) }));
    expect(await log.findings()).toEqual([
      `ALTERED leaf 5: ${LEAF}`,
      `ALTERED leaf 6: ${LEAF}`,
      'GAP sequence 7: sequence 7 is not in its place',
    ]);
  });

  it('finds a renumbered row', async () => {
    const [row] = log.rows.splice(3, 1);
    log.rows.push({ ...row!, sequence: 12n });
    expect(await log.findings()).toEqual([
      'GAP sequence 3: sequence 3 is not in its place',
      'GAP sequence 8: sequences 8 to 11 are not in their place',
      'REORDERED time 12: recorded no later than the entry before it',
      `ALTERED leaf 12: ${LEAF}`,
      'REWOUND head 8: the head counts 8 entries, but there are rows up to 12',
    ]);
  });

  it('finds a row inserted in the middle, with those after it renumbered and every hash made to fit', async () => {
    log.rows.splice(4, 0, { ...log.row(3), recordedAt: '2026-01-02T03:04:08.999999Z' });
    log.rows = log.rows.map((row, index) => resealed({ ...row, sequence: BigInt(index) }));
    expect(await log.findings()).toEqual([
      frontierAt(8),
      LAST_TIME,
      'REWOUND head 8: the head counts 8 entries, but there are rows up to 8',
    ]);
  });

  it('finds a row inserted after the last', async () => {
    log.rows.push(resealed({ ...log.row(7), sequence: 8n, recordedAt: '2026-01-02T03:05:00.000000Z' }));
    expect(await log.findings()).toEqual(['REWOUND head 8: the head counts 8 entries, but there are rows up to 8']);
  });

  it('finds a second, different entry for one sequence', async () => {
    log.rows.splice(4, 0, resealed({ ...log.row(3), recordedAt: '2026-01-02T03:04:08.999999Z' }));
    expect(await log.findings()).toEqual(['FORKED sequence 3: two different entries have this sequence']);
  });

  it('finds the same entry twice', async () => {
    log.rows.splice(4, 0, log.row(3));
    expect(await log.findings()).toEqual(['REORDERED sequence 3: the entry comes late or a second time']);
  });

  it('finds rows out of order', async () => {
    log.rows.splice(3, 2, log.row(4), log.row(3));
    expect(await log.findings()).toEqual([
      'GAP sequence 3: sequence 3 is not in its place',
      'REORDERED sequence 3: the entry comes late or a second time',
    ]);
  });

  it('finds a sequence that no log can have', async () => {
    log.rows.unshift({ ...log.row(0), sequence: -1n });
    expect(await log.findings()).toEqual([
      'REORDERED sequence -1: the entry comes late or a second time',
      'ALTERED entry -1: the entry is malformed: sequence: from 0 to 2^53−1',
      'REORDERED time 0: recorded no later than the entry before it',
    ]);
  });
});

describe('tampering with the head', () => {
  it('finds that it is gone, and names the workspace of the first body', async () => {
    const report = await verifyLog(stream(log.rows), null);
    expect(report.findings).toEqual([{ kind: 'MISSING', sequence: null, part: 'head', detail: 'the log has no head' }]);
    expect(report).toMatchObject({ workspaceId: FIXED.workspaceId, size: 8n, valid: false });
    expect(await verifyLog(stream([]), null)).toMatchObject({ workspaceId: null, size: 0n, valid: false });
  });

  it('finds a rewritten frontier', async () => {
    log.head = { ...log.head, frontier: [leafHash('something else')] };
    expect(await log.findings()).toEqual([frontierAt(8)]);
  });

  it('finds a frontier of the wrong shape, even where rows are missing too', async () => {
    log.rows.splice(3, 1);
    for (const frontier of [[], [Buffer.alloc(31)], [...log.head.frontier, ...log.head.frontier]]) {
      log.head = { ...log.head, frontier };
      expect(await log.findings()).toEqual([
        'GAP sequence 3: sequence 3 is not in its place',
        "ALTERED frontier -: the head's frontier is not that of any log of 8 entries",
      ]);
    }
  });

  it('finds its size set back', async () => {
    log.head = { ...log.head, size: 5n };
    expect(await log.findings()).toEqual([
      frontierAt(5),
      LAST_TIME,
      'REWOUND head 5: the head counts 5 entries, but there are rows up to 7',
    ]);
  });

  it('finds it put back whole to what it was at five entries, and that it fits those', async () => {
    log.head = new SampleLog(5).head;
    expect(await log.findings()).toEqual(['REWOUND head 5: the head counts 5 entries, but there are rows up to 7']);
  });

  it('finds its size set to nothing', async () => {
    log.head = { ...log.head, size: 0n, frontier: [], lastRecordedAt: null };
    expect(await log.findings()).toEqual(['REWOUND head 0: the head counts 0 entries, but there are rows up to 7']);
  });

  it('finds a size beyond the last row', async () => {
    log.head = { ...log.head, size: 9n };
    expect(await log.findings()).toEqual([
      'GAP sequence 8: sequence 8 is not in its place',
      "ALTERED frontier -: the head's frontier is not that of any log of 9 entries",
    ]);
  });

  it('finds the head of another workspace', async () => {
    log.head = { ...log.head, workspaceId: FIXED.idOf('9', 9) };
    const report = await log.verify();
    expect(report.counts.ALTERED).toBe(17);
    expect(report.findings.slice(0, 2).map(({ part, detail }) => [part, detail])).toEqual([
      ['body', 'the body is of another workspace'],
      ['leaf', LEAF],
    ]);
  });
});
