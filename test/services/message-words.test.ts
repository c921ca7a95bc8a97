import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hitsOf, snippetOf } from '../../src/services/message-search/snippet.js';
import { folded, markedQuery, readQuery, searchedWords } from '../../src/services/message-search/words.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const SAMPLES = [
  'Zoë’s order no. A-1234/7 is LATE!!',
  'Straße, ŒUVRE, Łódź, İstanbul, ısı, smørrebrød, þú, Đặng Thị Bích',
  'ΟΔΟΣ οδός, Ёлка, йод, Київ',
  'السَّلامُ عليكم، أهلاً ٢٠٢٦؛ שָׁלוֹם עולם',
  '我要退款。東京都に住んでいます、カタカナｶﾀｶﾅ ％ １２３',
  '학교에서 환불을 요청했습니다 한국',
  'ฉันต้องการคืนเงิน ກະລຸນາ ខ្ញុំ မြန်မာ',
  'मुझे धनवापसी चाहिए। আমি টাকা',
  'iPhone充電器 user@example.com 👍🏽👨‍👩‍👧 x\u00adyz ﬁne ℌello Ⅷ ½',
  // Of Unicode 17: one of the two may know them already.
  '\ua7ce\ua7cf \ua7d2\u0301x \ua7d4 \ua7f1S \u{16ea0}\u{16ebb}Äb\u{16eb8}',
  'x'.repeat(150),
  '',
  ' … — ',
];
/** With words that are cut, and as many characters as words are kept, or one more. */
const LONG = [
  `${'x'.repeat(100)} ${'y'.repeat(101)} zoë ${'z'.repeat(102)}`,
  `${'ab '.repeat(3_333)}c`,
  `${'ab '.repeat(3_333)}cd`,
  Array.from({ length: 10_050 }, (_, at) => at.toString(36)).join(' - '),
];

const WORKSPACE = '01890000-0000-7000-8000-00000012beef';
const MARK = WORKSPACE.slice(-6);

async function stored(text: string): Promise<{ fold: string; words: string[]; kept: string[] }> {
  const { rows } = await client.query(
    `select search_folded($1) as fold, search_words($1) as words,
       coalesce(tsvector_to_array(search_vector($2, $1, '{}')), '{}') as kept`,
    [text, WORKSPACE],
  );
  return rows[0];
}

/** The words of a text as an index holds them: marked, in no order of ours. */
const marked = (words: readonly string[]): Set<string> => new Set(words.map((word) => MARK + word));

it('tells words apart as the database does', async () => {
  for (const text of [...SAMPLES, ...LONG]) {
    const { fold, words, kept } = await stored(text);
    expect(folded(text)).toBe(fold);
    expect(searchedWords(text), `${text}`).toEqual(words);
    expect(new Set(kept), `${text}`).toEqual(marked(words));
  }
});

it('puts no more than 30 marks in a row in order, which takes the square of their number', async () => {
  const left = 'a' + '\u1ab0\u1ab5'.repeat(15);
  for (const many of [
    left + '\u1ab0\u1ab5'.repeat(24_000),
    `a${'\u0301'.repeat(24_000)}${left.slice(1)}${'\u1ab0'.repeat(24_000)}`,
  ]) {
    const { fold, words } = await stored(many);
    expect([fold, folded(many)]).toEqual([folded(left), folded(left)]);
    expect(words).toEqual(searchedWords(left));
  }
  expect(folded('a' + '\u0301'.repeat(24_000) + '\u0323'.repeat(24_000))).toBe('a');
});

it('tells the words of any text apart as the database does', async () => {
  const letters = SAMPLES.join('').replaceAll('x', '');
  const known = fc.array(fc.constantFrom(...Array.from(letters)), { maxLength: 40 }).map((all) => all.join(''));
  const any = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\0', ''));
  await fc.assert(
    fc.asyncProperty(fc.oneof(known, any), async (text) => {
      const { words, kept } = await stored(text);
      expect(searchedWords(text)).toEqual(words);
      expect(new Set(kept)).toEqual(marked(words));
    }),
    { numRuns: 300 },
  );
});

it('keeps the first 10,000 words of a text, as the database does, spaces or not', async () => {
  const numbered = (count: number, word: (index: number) => string) =>
    Array.from({ length: count }, (_, at) => word(at));
  const han = numbered(20_000, (at) => String.fromCodePoint(0x4e00 + ((at * 7_919) % 20_000))).join('');
  const latin = numbered(12_000, (at) => `w${at}`).join(' ');
  for (const text of [han, latin, `${latin.slice(0, 20_000)} ${han} end`]) {
    const { words } = await stored(text);
    expect(words).toHaveLength(10_000);
    expect(words).toEqual(searchedWords(text));
  }
  expect((await stored(latin)).words.slice(-2)).toEqual(['w9998', 'w9999']);
});

it('takes the last word as perhaps only begun, but not one letter, and finds runs as they are', () => {
  expect(readQuery('Your ORDER ref')).toEqual({ words: ['your', 'order'], begun: 'ref', runs: [] });
  expect(readQuery('plan b')).toEqual({ words: ['plan', 'b'], begun: null, runs: [] });
  expect(readQuery('iPhone 充電器')).toEqual({ words: ['iphone'], begun: null, runs: ['充電器'] });
  expect(readQuery(' …👍 ')).toBeNull();
  const workspace = '0190a5f0-0000-7000-8000-000000abcdef';
  expect(markedQuery(workspace, readQuery("it's 水 東京都 re")!)).toBe(
    "'abcdefit' & 'abcdefs' & 'abcdef東京' & 'abcdef京都' & 'abcdef水':* & 'abcdefre':*",
  );
  expect(markedQuery(workspace, readQuery('a')!, [['NOTE', 'MESSAGE'], ['BOT']])).toBe(
    "'abcdefa' & ('abcdef\u0001NOTE' | 'abcdef\u0001MESSAGE') & ('abcdef\u0001BOT')",
  );
});

const shown = (text: string, query: string) =>
  snippetOf(text, readQuery(query)!)
    .map((part) => (part.highlighted ? `[${part.text}]` : part.text))
    .join('');

it('highlights what was searched for, in the words of the text itself', () => {
  expect(shown('Zoë’s  ORDER\nis late', 'zoe orde')).toBe('[Zoë]’s [ORDE]R is late');
  expect(shown('Die Straße ist gesperrt', 'strasse')).toBe('Die [Straße] ist gesperrt');
  expect(shown('東京都に住んでいます', '京都')).toBe('東[京都]に住んでいます');
  expect(shown('한국 환불'.normalize('NFD'), '환불')).toBe(`${'한국'.normalize('NFD')} [${'환불'.normalize('NFD')}]`);
  expect(shown('ฉันต้องการคืนเงิน', 'คืนเงิน')).toBe('ฉันต้องการ[คืนเงิน]');
  expect(shown('<b onclick="x()">order</b>', 'order')).toBe('<b onclick="x()">[order]</b>');
  expect(shown('nothing of it', 'order')).toBe('nothing of it');
});

it('cuts a long text around its first hit, between words', () => {
  const text = `${'before '.repeat(100)}needle ${'after '.repeat(100)}`;
  const parts = snippetOf(text, readQuery('needle')!);
  expect(parts.map(({ highlighted }) => highlighted)).toEqual([false, false, true, false, false]);
  expect([parts[0]!.text, parts[4]!.text]).toEqual(['…', '…']);
  expect(parts[1]!.text).toMatch(/^(before )+$/);
  expect(parts[3]!.text).toMatch(/^( after)+$/);
  const whole = parts.map((part) => part.text).join('');
  expect(whole.length).toBeLessThanOrEqual(242);
  expect(text).toContain(whole.slice(1, -1));
});

it('never cuts a character, and finds hits in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), fc.nat(), (text, at) => {
      const characters = Array.from(text);
      const word = characters
        .slice(at % (characters.length + 1))
        .join('')
        .slice(0, 40);
      const query = readQuery(word.toWellFormed());
      if (!query) return;
      const parts = snippetOf(text, query);
      expect(parts.every((part) => part.text.isWellFormed())).toBe(true);
      for (const [from, to] of hitsOf(text, query)) expect(to).toBeGreaterThan(from);
    }),
  );
});
