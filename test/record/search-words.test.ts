import { expect, it } from 'vitest';
import { canonicalAddress } from '../../src/services/address.js';
import { findsWords, searchWords, tsquery, wordQuery } from '../../src/services/record/search-words.js';

it('tells the words of several languages apart, in lower case, each once', () => {
  expect(searchWords(['Bo answered in conversation #1001: Bo’s reply'])).toEqual([
    'bo',
    'answered',
    'in',
    'conversation',
    '1001',
    's',
    'reply',
  ]);
  expect(searchWords(['Ärger mit STRASSE', 'Жалоба: возврат'])).toEqual([
    'ärger',
    'mit',
    'strasse',
    'жалоба',
    'возврат',
  ]);
  expect(searchWords(['我要退款'])).toEqual(['我要', '退款']);
  expect(searchWords(['注文を確認する'])).toContain('確認');
  expect(searchWords(['ขอเงินคืน'])).toEqual(['ขอ', 'เงิน', 'คืน']);
  expect(searchWords(['ｗｉｄｅ ﬁne'])).toEqual(['wide', 'fine']);
  expect(searchWords(['handover.requested asha@customer.test a_b'])).toEqual([
    'handover',
    'requested',
    'asha',
    'customer',
    'test',
    'a',
    'b',
  ]);
});

it('keeps within its bounds whatever it is given', () => {
  expect(searchWords([Array.from({ length: 3_000 }, (_, index) => `w${index}`).join(' ')])).toHaveLength(1_000);
  expect(searchWords(['😀 – …'])).toEqual([]);
  expect(searchWords(['x'.repeat(5_000)])).toEqual(['x'.repeat(100)]);
});

it('asks for whole words and, of the last, for its beginning', () => {
  expect(wordQuery('!!')).toBe(null);
  expect(wordQuery('Asha ans')).toEqual({ whole: ['asha'], begun: 'ans' });
  expect(tsquery(wordQuery('Asha’s ans')!)).toBe(`'asha' & 's' & 'ans':*`);
  const kept = `'answered' 'asha' '退款'`;
  expect(findsWords(wordQuery('asha ans')!, kept)).toBe(true);
  expect(findsWords(wordQuery('退')!, kept)).toBe(true);
  expect(findsWords(wordQuery('ash answered')!, kept)).toBe(false);
  expect(findsWords(wordQuery('asha')!, null)).toBe(false);
});

it('writes an address in one way', () => {
  expect(
    ['192.0.2.7', '::ffff:192.0.2.7', '2001:DB8:0::0:1', 'fe80::1%eth0', 'nowhere', ''].map(canonicalAddress),
  ).toEqual(['192.0.2.7', '192.0.2.7', '2001:db8::1', 'fe80::1', null, null]);
});
