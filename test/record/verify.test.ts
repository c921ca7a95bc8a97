import { beforeEach, describe, expect, it } from 'vitest';
import { disclose, digestOf } from '../../src/services/record/disclosure.js';
import { bodyHash } from '../../src/services/record/envelope.js';
import { emptyRoot } from '../../src/services/record/merkle.js';
import { verifyLog, type LogRow } from '../../src/services/record/verify.js';
import { FIXED } from './make-golden-log.js';
import { BODY, LEAF, SampleLog, frontierAt } from './sample-log.js';

let log: SampleLog;

beforeEach(() => {
  log = new SampleLog(8);
});

describe('an untouched log', () => {
  it('is valid, and its report says how long it is, whose, and with which root', async () => {
    expect(await log.verify()).toEqual({
      workspaceId: FIXED.workspaceId,
      size: 8n,
      // Eight leaves are one perfect tree, so the frontier is the root.
      root: log.head.frontier[0]!.toString('base64'),
      findings: [],
      counts: { ALTERED: 0, MISSING: 0, GAP: 0, REORDERED: 0, FORKED: 0, REWOUND: 0 },
      erased: { events: 0, sequences: [] },
      pruned: { events: 0, sequences: [] },
      valid: true,
    });
  });

  it('is valid at every length, the empty one included', async () => {
    for (let length = 0; length <= 8; length++) {
      log = new SampleLog(length);
      expect(await log.findings()).toEqual([]);
    }
  });

  it('of no entries has the root of the empty tree', async () => {
    log = new SampleLog(0);
    expect(await log.verify()).toMatchObject({ size: 0n, root: emptyRoot().toString('base64'), valid: true });
  });

  it('does not depend on the order of disclosures, on other columns, or on having columns', async () => {
    log.update(2, { disclosures: log.row(2).disclosures!.toReversed() });
    log.update(3, { columns: { ...log.row(3).columns, searchText: 'anything' } });
    log.update(4, { columns: null });
    expect(await log.findings()).toEqual([]);
  });

  it('is read once and one row at a time', async () => {
    let open = 0;
    async function* counted(): AsyncGenerator<LogRow> {
      for (const row of log.rows) {
        open++;
        expect(open).toBe(1);
        yield row;
        open--;
      }
    }
    expect((await verifyLog(counted(), log.head)).valid).toBe(true);
  });

  it('that cannot be read to its end is no report at all', async () => {
    async function* broken(): AsyncGenerator<LogRow> {
      yield log.row(0);
      throw new Error('connection lost');
    }
    await expect(verifyLog(broken(), log.head)).rejects.toThrow('connection lost');
  });
});

describe('tampering with what an entry says', () => {
  it('finds an altered body', async () => {
    log.update(3, { body: log.row(3).body!.replace('email', 'phone') });
    expect(await log.findings()).toEqual([`ALTERED body 3: ${BODY}`]);
  });

  it('finds an altered body and the column that it no longer agrees with', async () => {
    log.update(3, { body: log.editedBody(3, (body) => (body['action'] = 'contact.viewed')) });
    expect(await log.findings()).toEqual([
      `ALTERED body 3: ${BODY}`,
      'ALTERED column 3: action is not what the body says',
    ]);
  });

  it('finds an altered body whose stored hash was altered with it', async () => {
    const body = log.editedBody(3, (each) => delete each['changes']);
    log.update(3, { body, bodyHash: bodyHash(body) });
    expect(await log.findings()).toEqual([`ALTERED leaf 3: ${LEAF}`, frontierAt(8)]);
  });

  it('finds an altered body whose hashes were all made to fit, by the frontier', async () => {
    log.update(3, { body: log.editedBody(3, (body) => delete body['changes']) });
    log.reseal(3);
    expect(await log.findings()).toEqual([frontierAt(8)]);
  });

  it('finds the bodies of two rows exchanged', async () => {
    const [third, fifth] = [log.row(3), log.row(5)];
    log.update(3, { body: fifth.body, disclosures: fifth.disclosures, columns: fifth.columns });
    log.update(5, { body: third.body, disclosures: third.disclosures, columns: third.columns });
    expect(await log.findings()).toEqual([`ALTERED body 3: ${BODY}`, `ALTERED body 5: ${BODY}`]);
  });

  it('finds the body that was deleted', async () => {
    log.update(3, { body: null, disclosures: null, columns: null });
    expect(await log.findings()).toEqual(['MISSING body 3: the body is not there']);
  });

  it.each<[string, (text: string) => string, string]>([
    ['is not JSON', (text) => text.slice(0, -1), 'not JSON'],
    ['has other spacing', (text) => text.replace(',', ', '), 'not canonical (RFC 8785)'],
    ['has a key twice', (text) => text.replace('{', '{"action":"contact.created",'), 'not canonical (RFC 8785)'],
    ['holds a fraction', (text) => text.replace('"v":1', '"v":1.5'), 'v: 1.5 is not an integer within ±(2^53−1)'],
    ['is of another format', (text) => text.replace('"v":1', '"v":2'), 'not an envelope of format version 1'],
    ['is only null', () => 'null', 'not an envelope of format version 1'],
    ['has no actor', (text) => text.replace(/"actor":\{[^}]*\},/, ''), 'not an envelope: actor or _sd malformed'],
    [
      'has digests that are none',
      (text) => text.replace(/"_sd":\[[^\]]*\]/, '"_sd":[1]'),
      'not an envelope: actor or _sd malformed',
    ],
  ])('finds a body that %s, even where its hashes were made to fit', async (_, edit, why) => {
    log.update(3, { body: edit(log.row(3).body!) });
    log.reseal(3);
    log.rehead();
    expect(await log.findings()).toEqual([`ALTERED body 3: the body is unreadable: ${why}`]);
  });

  it('finds a body of another workspace, even where its hashes were made to fit', async () => {
    log.update(3, { body: log.editedBody(3, (body) => (body['ws'] = FIXED.idOf('9', 9))) });
    log.reseal(3);
    log.rehead();
    expect(await log.findings()).toEqual(['ALTERED body 3: the body is of another workspace']);
  });

  it('finds every filter column that was altered, and names it without its value', async () => {
    for (const name of Object.keys(log.row(3).columns!)) {
      const untouched = log.row(3);
      for (const value of [null, 'zoe@example.com', undefined, ['agent:1'], 9]) {
        log.update(3, { columns: { ...untouched.columns, [name]: value } });
        expect(await log.findings()).toEqual([`ALTERED column 3: ${name} is not what the body says`]);
      }
      log.rows[3] = untouched;
    }
  });

  it('finds an audience with a key exchanged, missing or added, and one in another order', async () => {
    const audience = log.row(3).columns!['audience'] as string[];
    for (const altered of [
      [audience[0], 'inbox:1'],
      audience.toReversed(),
      audience.slice(1),
      [...audience, 'team:1'],
    ]) {
      log.update(3, { columns: { ...log.row(3).columns, audience: altered } });
      expect(await log.findings()).toEqual(['ALTERED column 3: audience is not what the body says']);
    }
  });
});

describe('tampering with disclosures', () => {
  function digests(): string[] {
    return log.bodyOf(3)._sd!;
  }

  it('finds a disclosure that was exchanged: one the body does not know, and one that is gone', async () => {
    const other = disclose('changes.0.before', 'else@example.com', FIXED.saltOf(9));
    const [before, after] = log.row(3).disclosures!;
    log.update(3, { disclosures: [other.encoded, after!] });
    const gone = digests().find((digest) => digest !== digestOf(after!))!;
    expect(before).not.toBe(other.encoded);
    expect(await log.findings()).toEqual([
      `ALTERED disclosure 3: the body does not commit to the disclosure with digest ${other.digest}`,
      `ALTERED disclosure 3: the disclosure with digest ${gone} is not there`,
    ]);
  });

  it('finds disclosures that were deleted', async () => {
    log.update(3, { disclosures: null });
    expect(await log.findings()).toEqual(
      digests().map((digest) => `ALTERED disclosure 3: the disclosure with digest ${digest} is not there`),
    );
  });

  it('finds one that was added, and one that stands there twice', async () => {
    const [before, after] = log.row(3).disclosures!;
    log.update(3, { disclosures: [before!, after!, before!] });
    expect(await log.findings()).toEqual([
      `ALTERED disclosure 3: the body does not commit to the disclosure with digest ${digestOf(before!)}`,
    ]);
  });

  it('finds a digest that was taken out of the body', async () => {
    log.update(3, { body: log.editedBody(3, (body) => (body['_sd'] = ['A'.repeat(43)])) });
    const report = await log.verify();
    expect(report.counts).toEqual({ ALTERED: 4, MISSING: 0, GAP: 0, REORDERED: 0, FORKED: 0, REWOUND: 0 });
    expect(report.findings.map((finding) => finding.part)).toEqual(['body', 'disclosure', 'disclosure', 'disclosure']);
  });
});

describe('the report', () => {
  it('never stops at the first finding', async () => {
    log.update(1, { body: null });
    log.update(2, { columns: { ...log.row(2).columns, outcome: 'DENIED' } });
    log.update(4, { leafHash: Buffer.alloc(0) });
    log.rows.splice(6, 1);
    expect(await log.findings()).toEqual([
      'MISSING body 1: the body is not there',
      'ALTERED column 2: outcome is not what the body says',
      `ALTERED leaf 4: ${LEAF}`,
      'GAP sequence 6: sequence 6 is not in its place',
    ]);
  });

  it('keeps the first ten thousand findings and counts all', async () => {
    async function* bare(): AsyncGenerator<LogRow> {
      for (let n = 0n; n < 10_050n; n++) yield { ...log.row(0), sequence: n * 2n + 1n, body: null };
    }
    const report = await verifyLog(bare(), log.head);
    expect(report.findings).toHaveLength(10_000);
    expect(report.counts).toMatchObject({ GAP: 10_050, MISSING: 10_050, REORDERED: 10_049, REWOUND: 1 });
    expect(report.valid).toBe(false);
  });

  it('cannot tell a log rewritten whole from a true one, except by its root, which a checkpoint keeps', async () => {
    const { root } = await log.verify();
    log.update(3, { body: log.editedBody(3, (body) => (body['changes'] = [{ field: 'phone' }])) });
    log.reseal(3);
    log.rehead();
    expect(await log.findings()).toEqual([]);
    expect((await log.verify()).root).not.toBe(root);
  });
});
