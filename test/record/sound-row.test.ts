import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, type JsonValue } from '../../src/services/record/canonical.js';
import { bodyHashText, filterColumns, readBody } from '../../src/services/record/envelope.js';
import type { LogEntry } from '../../src/services/record/log-check.js';
import { Announcements } from '../../src/services/record/announcements.js';
import { Ledger } from '../../src/services/record/ledger.js';
import { PackedColumns } from '../../src/services/record/packed-columns.js';
import { checkBody, checkColumns, checkDisclosures } from '../../src/services/record/row-checks.js';
import { isSound } from '../../src/services/record/sound-row.js';
import { FIXED } from './make-golden-log.js';
import { SampleLog } from './sample-log.js';

const WORKSPACE = FIXED.workspaceId;
let entries: LogEntry[];
beforeAll(() => {
  entries = new SampleLog(8).rows.map((row) => ({
    ...row,
    bodyHash: row.bodyHash.toString('base64url'),
    leafHash: row.leafHash.toString('hex'),
    columns: packedFrom(row.columns!),
  }));
});

/** As PostgreSQL packs them: `array_to_json` of texts. */
function packedFrom({ audience, ...plain }: Record<string, unknown>): PackedColumns {
  const texts = Object.values(plain).map((value) => (value === null ? null : String(value)));
  return new PackedColumns(JSON.stringify(texts), audience === null ? null : JSON.stringify(audience));
}

/** What checking the parts one by one finds. */
function foundIn(entry: LogEntry): number {
  const ledger = new Ledger();
  const announced = new Announcements();
  const body = checkBody(entry, ledger, announced);
  if (body !== null) {
    if (body.ws !== WORKSPACE) return 1;
    checkDisclosures(entry, body, ledger);
    checkColumns(entry, body, ledger);
  }
  return ledger.close(announced).length;
}

/** With a hash that fits, as who knows how it is made would store it. */
const resealed = (entry: LogEntry, body: string): LogEntry => ({ ...entry, body, bodyHash: bodyHashText(body) });

describe('a row is passed over unread', () => {
  it('when nothing is wrong with it', () => {
    for (const entry of entries) expect([isSound(entry, WORKSPACE), foundIn(entry)]).toEqual([true, 0]);
  });

  it('never when checking it would find something, whatever was put into its body', () => {
    const pieces = fc.constantFrom(
      '',
      '"',
      'a',
      '1',
      'null',
      '[]',
      '{}',
      '["a"]',
      ',',
      '"v":2,',
      '"x":1,',
      '\\',
      '\u0001',
      'é',
    );
    const passed: unknown[] = [];
    let [sound, odd] = [0, 0];
    fc.assert(
      fc.property(fc.nat({ max: 7 }), fc.nat(), fc.nat({ max: 40 }), pieces, (index, at, removed, piece) => {
        const entry = entries[index]!;
        const body = entry.body!;
        const place = at % (body.length + 1);
        const changed = resealed(entry, body.slice(0, place) + piece + body.slice(place + removed));
        const found = foundIn(changed);
        if (isSound(changed, WORKSPACE)) sound += 1;
        else odd += 1;
        if (found > 0 && isSound(changed, WORKSPACE)) passed.push(changed.body);
      }),
      { numRuns: 30_000 },
    );
    expect(passed).toEqual([]);
    expect(sound).toBeGreaterThan(100);
    expect(odd).toBeGreaterThan(10_000);
  }, 60_000);

  it('never when a key of its body is of another kind, or gone, and the columns say what they said or the same', () => {
    const values: (JsonValue | undefined)[] = [
      undefined,
      null,
      5,
      true,
      '',
      'x',
      'a,b',
      'a"b',
      [],
      ['x'],
      [['x']],
      {},
      { id: 'x' },
    ];
    const passed: unknown[] = [];
    for (const key of Object.keys(readBody(entries[3]!.body!))) {
      for (const value of values) {
        const body = JSON.parse(entries[3]!.body!) as Record<string, JsonValue>;
        if (value === undefined) delete body[key];
        else body[key] = value;
        const changed = resealed(entries[3]!, canonicalJson(body));
        const agreeing = [changed];
        try {
          agreeing.push({ ...changed, columns: packedFrom(filterColumns(readBody(changed.body!)) as never) });
        } catch {
          // No envelope has such columns.
        }
        for (const each of agreeing) {
          if (foundIn(each) > 0 && isSound(each, WORKSPACE)) passed.push([key, value]);
        }
      }
    }
    expect(passed).toEqual([]);
  });

  it('never with another column, hash or disclosure', () => {
    const entry = entries[3]!;
    const columns = (entry.columns as PackedColumns).unpacked();
    expect(columns).toEqual(new SampleLog(8).rows[3]!.columns);
    for (const name of Object.keys(columns)) {
      for (const value of [null, 'x', '', 'a","b', 9]) {
        const changed = { ...columns, [name]: name === 'audience' && value !== null ? [String(value)] : value };
        expect([name, value, isSound({ ...entry, columns: packedFrom(changed) }, WORKSPACE)]).toEqual([
          name,
          value,
          false,
        ]);
      }
    }
    const [one, other] = entry.disclosures!;
    for (const disclosures of [null, [one!], [one!, one!], [one!, other!, one!], [one!, 'e30']]) {
      expect(isSound({ ...entry, disclosures }, WORKSPACE)).toBe(false);
    }
    expect(isSound({ ...entry, disclosures: [other!, one!] }, WORKSPACE)).toBe(true);
    expect(isSound({ ...entry, bodyHash: bodyHashText('another') }, WORKSPACE)).toBe(false);
    expect(isSound(entry, FIXED.idOf('9', 9))).toBe(false);
  });

  it('never when it announces what is to go, which has to be read', () => {
    for (const action of ['audit.pruned', 'audit.erased']) {
      const body = { ...(JSON.parse(entries[3]!.body!) as Record<string, JsonValue>), action };
      const columns = { ...(entries[3]!.columns as PackedColumns).unpacked(), action };
      const changed = { ...resealed(entries[3]!, canonicalJson(body)), columns: packedFrom(columns) };
      expect([foundIn(changed), isSound(changed, WORKSPACE)]).toEqual([0, false]);
    }
  });
});
