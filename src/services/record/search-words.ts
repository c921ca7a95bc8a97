/** Words of one event that are kept for searching at the most, and characters of a word. */
const MAX_WORDS = 1_000;
const MAX_WORD_LENGTH = 100;

/** Scripts that set spaces between words: there letters and digits alone tell them apart. */
const SPACED = /^[\p{ASCII}\u00a0-\u024f]*$/u;
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
const PARTS = /[\p{L}\p{M}\p{N}]+/gu;

/**
 * The words of a text as they are searched for: of letters and digits, in lower case, compatible forms alike. Where no
 * spaces are written, as in Chinese, Japanese or Thai, words are those of a dictionary.
 */
function words(text: string): string[] {
  const folded = text.normalize('NFKC').toLowerCase();
  if (SPACED.test(folded)) return folded.match(PARTS) ?? [];
  return Array.from(segmenter.segment(folded)).flatMap(({ segment }) => segment.match(PARTS) ?? []);
}

const cut = (word: string): string =>
  word.length <= MAX_WORD_LENGTH ? word : Array.from(word).slice(0, MAX_WORD_LENGTH).join('');

/** The words of these texts, each once, 1,000 at most. */
export const searchWords = (texts: readonly string[]): string[] =>
  [...new Set(texts.flatMap(words).map(cut))].slice(0, MAX_WORDS);

/** What is searched for: words that must all be there, the last of them perhaps only begun. */
export interface WordQuery {
  whole: readonly string[];
  begun: string;
}

/** Reads what somebody searches for; null where it has no word. */
export function wordQuery(text: string): WordQuery | null {
  const found = words(text).map(cut);
  const begun = found.at(-1);
  return begun === undefined ? null : { whole: [...new Set(found.slice(0, -1))], begun };
}

/** The same for PostgreSQL. Words are letters and digits: nothing in them needs to be escaped. */
export const tsquery = ({ whole, begun }: WordQuery): string =>
  [...whole.map((word) => `'${word}'`), `'${begun}':*`].join(' & ');

/** Whether the words that are kept with an event, a tsvector without positions, are those searched for. */
export function findsWords({ whole, begun }: WordQuery, vector: string | null): boolean {
  if (vector === null) return false;
  const kept = new Set([...vector.matchAll(/'([^']*)'/g)].map(([, word]) => word!));
  return whole.every((word) => kept.has(word)) && [...kept].some((word) => word.startsWith(begun));
}
