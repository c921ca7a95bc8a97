import { beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, type JsonValue } from '../../src/services/record/canonical.js';
import { leafHash } from '../../src/services/record/merkle.js';
import { formatCheckpoint } from '../../src/services/record/proofs/checkpoint.js';
import { signNote } from '../../src/services/record/proofs/signed-note.js';
import { rootAt, subtreesOfLeaves } from '../../src/services/record/proofs/subtrees.js';
import { FIXED } from './make-golden-log.js';
import {
  conversationBundle,
  conversationEvents,
  findingsOf,
  keyOf,
  makeBundle,
  ORIGIN,
  rangeBundle,
  signingKey,
  verifierOf,
  verify,
  type SampleBundle,
} from './sample-bundle.js';

type Json = { [key: string]: JsonValue };

let conversation: SampleBundle;
let range: SampleBundle;
beforeAll(async () => {
  conversation = await conversationBundle();
  range = await rangeBundle();
});

const parsed = (line: string): Json => JSON.parse(line) as Json;
/** The place of the nth line of a type. */
const placeOf = ({ lines }: SampleBundle, type: string, n = 0): number =>
  lines.flatMap((line, at) => (parsed(line)['type'] === type ? [at] : []))[n]!;
const edited = ({ lines }: SampleBundle, at: number, edit: (line: Json) => void): string[] => {
  const line = parsed(lines[at]!);
  edit(line);
  return lines.with(at, canonicalJson(line));
};
const noteOf = (leaves: Buffer[], size: number, key = signingKey, origin = ORIGIN): Promise<string> =>
  rootAt(subtreesOfLeaves(leaves), BigInt(size)).then((root) =>
    signNote(formatCheckpoint({ origin, size: BigInt(size), root }), verifierOf(key, origin), key),
  );

describe('an untouched bundle', () => {
  it('of a conversation is valid, and what was erased by announcement is told', async () => {
    const report = await verify(conversation.lines);
    expect(report).toMatchObject({
      valid: true,
      trusted: true,
      consistent: true,
      findings: [],
      counts: { events: 5, announcements: 1, texts: 2, gone: 1, withheld: 1 },
      erased: { events: 1, sequences: ['6'] },
      pruned: { events: 0, sequences: [] },
      checkpoint: { origin: ORIGIN, size: '15' },
    });
  });

  it('of a range is valid, and what was pruned by announcement is told', async () => {
    const report = await verify(range.lines);
    expect(report).toMatchObject({ valid: true, findings: [] });
    expect(report.counts).toEqual({ events: 6, announcements: 2, texts: 3, gone: 0, withheld: 1 });
    expect([report.erased.sequences, report.pruned.sequences]).toEqual([['6'], ['3']]);
  });

  it('is valid wherever in the log its events stand', async () => {
    const asked = { kind: 'RANGE', from: 9, to: 9 } as const;
    for (let after = 0; after < 40; after++) {
      const { lines } = await makeBundle(asked, conversationEvents(), { after });
      expect(findingsOf(await verify(lines))).toEqual([]);
    }
  });

  it('says what it proves and what it cannot', () => {
    expect(conversation.manifest.report).toContain(
      'That there is no other event of this conversation is not proven: of the events between those that are here only hashes are known. A bundle of the whole range would show them all.',
    );
    expect(range.manifest.report).toContain('Every event from 1 to 6 is here: that none of them is missing is proven.');
  });
});

describe('a finding names what is wrong and where', () => {
  const entry = (n: number) => placeOf(conversation, 'entry', n);
  const findings = async (lines: string[]) => findingsOf(await verify(lines));
  const WRITTEN = 'ALTERED manifest -';

  it('an altered body, text, disclosure or place', async () => {
    expect(
      await findings(edited(conversation, entry(1), (line) => ((line['body'] as Json)['action'] = 'message.sent'))),
    ).toEqual(['ALTERED body 2', WRITTEN, WRITTEN]);
    expect(
      await findings(
        edited(conversation, entry(1), (line) => ((line['texts'] as Json[])[0]!['text'] = 'Where is your order?')),
      ),
    ).toEqual(['ALTERED text 2', WRITTEN]);
    expect(
      await findings(edited(conversation, entry(1), (line) => ((line['texts'] as Json[])[0]!['salt'] = 'c2FsdA'))),
    ).toEqual(['ALTERED text 2', WRITTEN]);
    expect(await findings(edited(conversation, entry(1), (line) => delete line['disclosures']))).toEqual([
      WRITTEN,
      'ALTERED disclosure 2',
    ]);
    expect(
      await findings(
        edited(conversation, entry(1), (line) => ((line['leaf'] as Json)['t'] = '2026-01-02T03:04:07.000000Z')),
      ),
    ).toEqual([WRITTEN, 'NOT_INCLUDED tree -']);
    expect(await findings(edited(conversation, entry(1), (line) => (line['says'] = 'All was well.')))).toEqual([
      WRITTEN,
    ]);
  });

  it('an event that is gone, comes late, or exists twice', async () => {
    const { lines } = conversation;
    expect((await findings(lines.toSpliced(entry(2), 1)))[0]).toBe('GAP sequence 5');
    expect((await findings(lines.toSpliced(entry(2), 0, lines[entry(2)]!)))[0]).toBe('REORDERED sequence 5');
    const forked = canonicalJson({
      ...parsed(lines[entry(2)]!),
      leaf: { ...(parsed(lines[entry(2)]!)['leaf'] as Json), t: '2026-01-02T03:04:10.999999Z' },
    });
    expect((await findings(lines.toSpliced(entry(2) + 1, 0, forked)))[0]).toBe('FORKED sequence 5');
    expect((await findings(lines.slice(0, -1))).at(-1)).toBe('GAP sequence 12');
  });

  it('a body or a value that is gone without being announced', async () => {
    const at = placeOf(range, 'entry', 1);
    const without = edited(range, at, (line) => {
      for (const key of ['body', 'disclosures', 'texts']) delete line[key];
    });
    expect(findingsOf(await verify(without))).toContain('MISSING body 2');
  });

  it('all of them, also where the first is on the first line', async () => {
    const { lines } = conversation;
    const broken = lines
      .with(0, '{}')
      .with(entry(1), '{}')
      .with(entry(4), lines[entry(4)]!.replace('gone":true', 'gone":false'));
    const found = await findings(broken);
    expect(found.filter((one) => one === 'MALFORMED line -')).toHaveLength(3);
    expect(found).toContain('MISSING manifest -');
  });

  it('events of a range that are replaced by their hashes', async () => {
    const at = placeOf(range, 'entry', 0);
    const { seq } = parsed(range.lines[at]!)['leaf'] as { seq: number };
    const hashes = canonicalJson({
      type: 'hashes',
      from: seq,
      to: seq,
      hashes: [range.leaves[seq]!.toString('base64')],
    });
    expect(await findings(range.lines.with(at, hashes))).toContain(`GAP sequence ${seq}`);
  });

  it('events that are not of the conversation, or of another workspace', async () => {
    const foreign = await makeBundle({ kind: 'RANGE', from: 1, to: 4 }, conversationEvents());
    const asked = { kind: 'CONVERSATION', id: FIXED.idOf('e', 1), label: '#1001' };
    expect(await findings(edited(foreign, 0, (line) => (line['asked'] = asked)))).toEqual(
      expect.arrayContaining(['ALTERED entry 3', 'ALTERED entry 4']),
    );
    const other = FIXED.workspaceId.replace(/1$/, '2');
    expect(await findings(edited(conversation, 0, (line) => ((line['workspace'] as Json)['id'] = other)))).toEqual(
      expect.arrayContaining(['ALTERED entry 1', 'ALTERED entry 11']),
    );
  });
});

describe('whoever has no key that is trusted', () => {
  const signedAnew = (key: ReturnType<typeof keyOf>, origin?: string) =>
    noteOf(conversation.leaves, conversation.leaves.length, key, origin).then((note) =>
      edited(conversation, 1, (line) => (line['note'] = note)),
    );

  it('cannot make up a log, nor sign one', async () => {
    const stranger = await verify(await signedAnew(keyOf('a stranger')));
    expect(findingsOf(stranger)).toEqual(['UNKNOWN_KEY signature -']);
    expect(stranger.trusted).toBe(false);
    const elsewhere = await verify(await signedAnew(keyOf('a stranger'), 'elsewhere.example/ws/x/e1'));
    expect(findingsOf(elsewhere)).toEqual(['UNKNOWN_KEY signature -', 'ALTERED manifest -']);
    // Everything fits together, but for what was signed.
    const events = conversationEvents();
    events[2]!.draft.body.severity = 'CRITICAL';
    const forged = await makeBundle(conversation.manifest.asked, events);
    expect(findingsOf(await verify(forged.lines.with(1, conversation.lines[1]!)))).toEqual(['NOT_INCLUDED tree -']);
  });

  it('cannot pass another text off as signed', async () => {
    const [text, signature] = conversation.note.split('\n\n') as [string, string];
    const note = `${text.replace('\n15\n', '\n16\n')}\n\n${signature}`;
    const report = await verify(edited(conversation, 1, (line) => (line['note'] = note)));
    expect(findingsOf(report)).toEqual(['BAD_SIGNATURE signature -', 'GAP sequence 15']);
  });

  it('may sign beside one who has', async () => {
    const stranger = verifierOf(keyOf('a witness'), 'witness.example');
    const theirs = signNote(conversation.note.split('\n\n')[0]! + '\n', stranger, keyOf('a witness'));
    const note = conversation.note + theirs.split('\n\n')[1]!;
    expect(await verify(edited(conversation, 1, (line) => (line['note'] = note)))).toMatchObject({ valid: true });
  });
});

describe('held against an older checkpoint', () => {
  it('of any size at which it can be compared, a bundle of the same log is consistent', async () => {
    const comparable = [1, 4, 9, 13, 14];
    const bundle = await conversationBundle({ comparable });
    for (const size of [...comparable, 15]) {
      const report = await verify(bundle.lines, [await noteOf(bundle.leaves, size)]);
      expect([size, report.valid, report.consistent]).toEqual([size, true, true]);
    }
  });

  it('of another history it is forked', async () => {
    const leaves = conversation.leaves.with(0, leafHash('something else'));
    for (const size of [1, 2, 15]) {
      const report = await verify(conversation.lines, [await noteOf(leaves, size)]);
      expect(findingsOf(report)).toEqual(['FORKED checkpoint -']);
      expect(report).toMatchObject({ valid: false, trusted: true, consistent: false });
    }
  });

  it('of more events it is rewound, and what cannot be compared is not passed over', async () => {
    const longer = [...conversation.leaves, leafHash('one more')];
    expect(findingsOf(await verify(conversation.lines, [await noteOf(longer, 16)]))).toEqual(['REWOUND checkpoint -']);
    expect(findingsOf(await verify(conversation.lines, [await noteOf(conversation.leaves, 13)]))).toEqual([
      'NOT_CONSISTENT checkpoint -',
    ]);
    expect(findingsOf(await verify(conversation.lines, [await noteOf([], 0)]))).toContain(
      'NOT_CONSISTENT checkpoint -',
    );
    const forged = await noteOf(conversation.leaves, 2, keyOf('a stranger'));
    expect(await verify(conversation.lines, [forged])).toMatchObject({ valid: false, trusted: false });
  });
});
