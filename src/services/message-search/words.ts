import {
  dropped,
  KIND_MARK,
  likened,
  LONGEST_WORD,
  MARK_LENGTH,
  MOST_WORDS,
  separating,
  unspaced,
  type Range,
} from '../../entities/search-classes.js';
import { MOST_MARKS, ordered } from '../../entities/search-marks.js';

const escaped = (codePoint: number): string => `\\u{${codePoint.toString(16)}}`;
const inBrackets = (...classes: (readonly Range[])[]): string =>
  classes
    .flat()
    .map(([first, last]) => `${escaped(first)}-${escaped(last)}`)
    .join('');

const DROPPED = new RegExp(`[${inBrackets(dropped)}]+`, 'gu');
const MARKS = `[${inBrackets(ordered)}]`;
const TOO_MANY_MARKS = new RegExp(`(${MARKS}{${MOST_MARKS}})${MARKS}+`, 'gu');
const LIKENED = new RegExp(`[${Object.keys(likened).join('')}]`, 'gu');
/** A word, or as the group a run of characters of a script without spaces. */
const TOKEN = new RegExp(`[^${inBrackets(separating, unspaced)}]+|([${inBrackets(unspaced)}]+)`, 'gu');

/**
 * What Unicode 17 has given a small letter, or likened to another one: PostgreSQL 18 knows the characters of Unicode 16 and
 * leaves these as they are, where Node knows the younger ones (UnicodeData.txt of both).
 */
const YOUNGER = /([\uA7CE\uA7D2\uA7D4\uA7F1\u{16EA0}-\u{16EB8}])/u;

const foldedPart = (text: string): string =>
  text
    // Before anything is put in order, which would take the square of the length of a run of marks.
    .replaceAll(DROPPED, '')
    .replaceAll(TOO_MANY_MARKS, '$1')
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(DROPPED, '')
    .replaceAll(LIKENED, (letter) => likened[letter]!)
    .normalize('NFKC');

/** Alike: what differs in case, accents or compatible forms. As `search_folded` of the database does it. */
export const folded = (text: string): string =>
  YOUNGER.test(text)
    ? text
        .split(YOUNGER)
        .map((part, at) => (at % 2 === 0 ? foldedPart(part) : part))
        .join('')
    : foldedPart(text);

/** A word of a folded text, or a run of what is written without spaces, and where it begins there. */
export interface Token {
  text: string;
  isRun: boolean;
  from: number;
}

/** The words and runs of a folded text, in order. */
export const tokensOf = (text: string): Token[] =>
  Array.from(text.matchAll(TOKEN), (match) => ({
    text: match[0],
    isRun: match[1] !== undefined,
    from: match.index,
  }));

const cut = (word: string): string =>
  word.length <= LONGEST_WORD ? word : Array.from(word).slice(0, LONGEST_WORD).join('');
/** Every two characters that follow each other, and the last one. */
const pairsOf = (run: string): string[] => {
  const characters = Array.from(run);
  return characters.map((character, index) => character + (characters[index + 1] ?? ''));
};

/** The words that a text is found by, each once, in their order: the same as `search_words` of the database keeps of it. */
export const searchedWords = (text: string): string[] =>
  [
    ...new Set(tokensOf(folded(text)).flatMap(({ text: token, isRun }) => (isRun ? pairsOf(token) : [cut(token)]))),
  ].slice(0, MOST_WORDS);

/** What is searched for. All of it must be there, in any order. */
export interface Query {
  /** Whole words. */
  words: readonly string[];
  /** The last word, which may be only begun. */
  begun: string | null;
  /** What stands without spaces: to be found as it is, anywhere. */
  runs: readonly string[];
}

/** Reads what somebody searches for; null where there is no letter and no digit in it. */
export function readQuery(text: string): Query | null {
  const tokens = tokensOf(folded(text));
  const last = tokens.at(-1);
  if (!last) return null;
  // So many words begin with one letter that it would say nothing: it is a word of its own then.
  const begun = last.isRun || Array.from(last.text).length < 2 ? null : cut(last.text);
  const words = (begun === null ? tokens : tokens.slice(0, -1)).filter(({ isRun }) => !isRun);
  const runs = tokens.filter(({ isRun }) => isRun);
  return {
    words: [...new Set(words.map((token) => cut(token.text)))],
    begun,
    runs: [...new Set(runs.map((token) => token.text))],
  };
}

/** What a query looks for among the words that are kept: all of these, and what begins with each of those. */
export function soughtWords({ words, begun, runs }: Query): { whole: string[]; beginnings: string[] } {
  const pairs = runs.map(pairsOf);
  // Of the last character alone it is not known what follows it.
  const whole = [...words, ...pairs.flatMap((all) => all.slice(0, -1))];
  const beginnings = [...pairs.flatMap((all) => (all.length === 1 ? all : [])), ...(begun === null ? [] : [begun])];
  return { whole: [...new Set(whole)], beginnings };
}

/**
 * The query as a tsquery over the words of one workspace. Nothing in words needs to be escaped: they have no punctuation.
 * @param of of each of these, one must be what an entry is, or who wrote it
 */
export function markedQuery(workspaceId: string, query: Query, of: readonly (readonly string[])[] = []): string {
  const mark = workspaceId.slice(-MARK_LENGTH);
  const { whole, beginnings } = soughtWords(query);
  const kinds = of.map((names) => `(${names.map((name) => `'${mark}${KIND_MARK}${name}'`).join(' | ')})`);
  return [...whole.map((word) => `'${mark}${word}'`), ...beginnings.map((word) => `'${mark}${word}':*`), ...kinds].join(
    ' & ',
  );
}

/** Runs whose pairs may also stand apart from each other, so that the text itself must be looked at. */
export const longRuns = ({ runs }: Query): string[] => runs.filter((run) => Array.from(run).length > 2);
