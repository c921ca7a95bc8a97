import { canonicalJson } from '../canonical.js';
import { contentDigest } from '../content-digest.js';
import { digestOf, readDisclosure } from '../disclosure.js';
import { bodyHash, entryText, readBody, type RecordBody } from '../envelope.js';
import { leafHash } from '../merkle.js';
import type { BundleFindings } from './findings.js';
import type { EntryLine } from './lines.js';

/** What the line of one event holds, as far as it is what was recorded. */
export interface CheckedEntry {
  leaf: Buffer;
  /** Only when it has the hash that the leaf covers. */
  body: RecordBody | null;
  /** There is no body. */
  isPruned: boolean;
  /** Places in `_sd` whose disclosures are neither here nor withheld. */
  erased: number[];
  withheld: number;
  texts: number;
  gone: number;
}

/** Checks one event by itself: leaf, body, disclosures and texts against what covers each of them. */
export function checkEntry(line: EntryLine, findings: BundleFindings): CheckedEntry | null {
  const { leaf, body: said } = line;
  const sequence = leaf.seq;
  let text: string;
  try {
    const hash = Buffer.from(leaf.b, 'base64url');
    text = entryText({ bodyHash: hash, sequence: BigInt(sequence), recordedAt: leaf.t, workspaceId: leaf.ws });
    if (text !== canonicalJson(leaf)) throw new TypeError('the digest is not base64url');
  } catch {
    findings.note('ALTERED', sequence, 'entry', 'the entry is malformed');
    return null;
  }
  const checked = { leaf: leafHash(text), isPruned: said === undefined, erased: [], withheld: 0, texts: 0, gone: 0 };
  if (said === undefined) {
    for (const name of ['disclosures', 'withheld', 'texts'] as const) {
      if (line[name]) findings.note('ALTERED', sequence, 'entry', `without a body there can be no ${name}`);
    }
    return { ...checked, body: null };
  }
  const body = checkBody(canonicalJson(said), leaf, findings);
  if (body === null) return { ...checked, body };
  const { erased, withheld } = checkDisclosures(line, body, findings);
  return { ...checked, body, erased, withheld, ...checkTexts(line, body, findings) };
}

function checkBody(text: string, leaf: EntryLine['leaf'], findings: BundleFindings): RecordBody | null {
  if (bodyHash(text).toString('base64url') !== leaf.b) {
    findings.note('ALTERED', leaf.seq, 'body', 'the body does not have the hash that the leaf covers');
    return null;
  }
  try {
    const body = readBody(text);
    if (body.ws !== leaf.ws) findings.note('ALTERED', leaf.seq, 'body', 'the body is of another workspace');
    return body;
  } catch {
    findings.note('ALTERED', leaf.seq, 'body', 'the body is not an envelope of format version 1');
    return null;
  }
}

/** Each digest of `_sd` is disclosed, withheld or gone, and there is nothing else. */
function checkDisclosures(line: EntryLine, body: RecordBody, findings: BundleFindings) {
  const sequence = line.leaf.seq;
  const places = new Map((body._sd ?? []).map((digest, place) => [digest, place]));
  for (const encoded of line.disclosures ?? []) {
    const digest = digestOf(encoded);
    if (!places.delete(digest)) {
      findings.note(
        'ALTERED',
        sequence,
        'disclosure',
        `the body does not commit to the disclosure with digest ${digest}`,
      );
      continue;
    }
    try {
      readDisclosure(encoded);
    } catch {
      findings.note('ALTERED', sequence, 'disclosure', `the disclosure with digest ${digest} cannot be read`);
    }
  }
  let withheld = 0;
  for (const digest of line.withheld ?? []) {
    if (places.delete(digest)) withheld += 1;
    else findings.note('ALTERED', sequence, 'disclosure', `nothing with digest ${digest} can be withheld`);
  }
  return { erased: [...places.values()], withheld };
}

/** The texts are those of which the event has the digests, one for one. */
function checkTexts(line: EntryLine, body: RecordBody, findings: BundleFindings) {
  const sequence = line.leaf.seq;
  // Its hash says that it was recorded, not that we recorded it.
  const content: readonly unknown[] = Array.isArray(body.content) ? body.content : [];
  const given = line.texts ?? [];
  let gone = 0;
  for (const [index, one] of content.entries()) {
    const { message, digest } = (one ?? {}) as { message?: unknown; digest?: unknown };
    const text = given[index];
    if (!text || text.message !== message) {
      findings.note('MISSING', sequence, 'text', `nothing is said of text ${index + 1} of the event`);
    } else if ('gone' in text) {
      gone += 1;
    } else if (contentDigest(text.text, text.salt) !== digest) {
      findings.note('ALTERED', sequence, 'text', `text ${index + 1} does not have the digest that the event has`);
    }
  }
  if (given.length > content.length)
    findings.note('ALTERED', sequence, 'text', 'there are texts that the event has not');
  return { texts: given.length - gone, gone };
}
