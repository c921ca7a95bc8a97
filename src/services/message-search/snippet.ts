import { folded, tokensOf, type Query } from './words.js';

/** A part of a snippet: what was searched for, or what stands around it. Plain text. */
export interface SnippetPart {
  text: string;
  highlighted: boolean;
}

/** Characters of a snippet, about; before its first hit at the most; and in which it ends at a space. */
const LENGTH = 240;
const BEFORE = 60;
const ELLIPSIS = '…';

/** What folds into something by itself: a sign with its marks, or letters that Korean is put together from. */
const PIECE = /[\u1100-\u11ff]+|\P{M}\p{M}*|\p{M}+/gu;

type Span = readonly [from: number, to: number];

/**
 * The part of a text that has been found, its hits apart from the rest. All of its line breaks and runs of spaces are one
 * space.
 */
export function snippetOf(text: string, query: Query): SnippetPart[] {
  const said = text.replaceAll(/\s+/gu, ' ').trim();
  const hits = hitsOf(said, query);
  const [from, to] = windowOf(said, hits[0]?.[0] ?? 0);
  const parts: SnippetPart[] = [];
  const put = (part: string, highlighted: boolean): void => {
    if (part !== '') parts.push({ text: part, highlighted });
  };
  let at = from;
  for (const [first, last] of hits) {
    if (first >= to) break;
    put(said.slice(at, first), false);
    put(said.slice(first, Math.min(last, to)), true);
    at = Math.min(last, to);
  }
  put(said.slice(at, to), false);
  if (from > 0) parts.unshift({ text: ELLIPSIS, highlighted: false });
  if (to < said.length) parts.push({ text: ELLIPSIS, highlighted: false });
  return parts;
}

/** Where what was searched for stands in a text, ascending and apart from each other. */
export function hitsOf(text: string, query: Query): Span[] {
  const { fold, starts, ends } = mapped(text);
  const words = new Set(query.words);
  const found: Span[] = [];
  for (const { text: token, isRun, from } of tokensOf(fold)) {
    if (!isRun && words.has(token)) found.push([from, from + token.length]);
    else if (!isRun && query.begun !== null && token.startsWith(query.begun))
      found.push([from, from + query.begun.length]);
    if (!isRun) continue;
    for (const run of query.runs) {
      for (let at = token.indexOf(run); at >= 0; at = token.indexOf(run, at + 1)) {
        found.push([from + at, from + at + run.length]);
      }
    }
  }
  return joined(found.map(([from, to]) => [starts[from]!, ends[to - 1]!] as const));
}

/** A text as it is searched, and for each unit of that where in the text it comes from. */
function mapped(text: string): { fold: string; starts: number[]; ends: number[] } {
  const [starts, ends] = [[] as number[], [] as number[]];
  let fold = '';
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    const made = piece < '\u0080' && piece.length === 1 ? piece.toLowerCase() : folded(piece);
    fold += made;
    for (let unit = 0; unit < made.length; unit += 1) {
      starts.push(index);
      ends.push(index + piece.length);
    }
  }
  return { fold, starts, ends };
}

function joined(spans: readonly Span[]): Span[] {
  const apart: [number, number][] = [];
  for (const [from, to] of spans.toSorted((one, other) => one[0] - other[0])) {
    const last = apart.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else apart.push([from, to]);
  }
  return apart;
}

/** Which part of a text is shown: a little before the first hit, beginning and ending between words where it can. */
function windowOf(text: string, firstHit: number): Span {
  let from = firstHit <= BEFORE ? 0 : firstHit - BEFORE;
  if (from > 0) {
    const space = text.indexOf(' ', from);
    if (space >= 0 && space < firstHit) from = space + 1;
  }
  let to = Math.min(text.length, from + LENGTH);
  if (to < text.length) {
    const space = text.lastIndexOf(' ', to);
    if (space > firstHit + LENGTH / 2) to = space;
  }
  return [whole(text, from), whole(text, to)];
}

/** Not between the halves of a surrogate pair, and not before a mark. */
function whole(text: string, at: number): number {
  let place = at;
  while (place > 0 && place < text.length && /^(?:[\udc00-\udfff]|\p{M}|\u200d)/u.test(text.slice(place, place + 2)))
    place -= 1;
  return place;
}
