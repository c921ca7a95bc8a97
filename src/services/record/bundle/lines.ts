import { z } from 'zod';
import { canonicalJson, type JsonValue } from '../canonical.js';
import { HASH_BYTES } from '../merkle.js';
import { Malformed, strictBase64 } from '../proofs/malformed.js';

/** Which format a bundle is written in. A change that another verifier would have to know of gets another name. */
export const BUNDLE_FORMAT = 'verbatim-evidence/1';

/** Characters of one line: an event and its texts take far less; more is not read into memory. */
export const LONGEST_LINE = 32 * 1024 * 1024;

const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const sequence = z.int().min(0);
const uuid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
// Passed through as parsed: a copy could lose a key that a hash covers.
const object = z.custom<{ readonly [key: string]: JsonValue }>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

const askedShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('CONVERSATION'), id: uuid, label: z.string() }),
  z.strictObject({ kind: z.literal('CONTACT'), id: uuid, label: z.string() }),
  z.strictObject({ kind: z.literal('RANGE'), from: sequence, to: sequence }),
]);

const manifestShape = z.strictObject({
  type: z.literal('manifest'),
  format: z.literal(BUNDLE_FORMAT),
  workspace: z.strictObject({ id: uuid, name: z.string() }),
  origin: z.string(),
  epoch: z.int().min(1),
  asked: askedShape,
  by: z.string(),
  at: z.string(),
  counts: z.strictObject({
    events: z.int().min(0),
    announcements: z.int().min(0),
    texts: z.int().min(0),
    gone: z.int().min(0),
    withheld: z.int().min(0),
  }),
  lines: digest,
  report: z.array(z.string()),
});

const checkpointShape = z.strictObject({ type: z.literal('checkpoint'), note: z.string() });

const textShape = z.union([
  z.strictObject({ message: z.string(), salt: z.string(), text: z.string() }),
  z.strictObject({ message: z.string(), gone: z.literal(true) }),
]);

const entryShape = z.strictObject({
  type: z.literal('entry'),
  as: z.enum(['ASKED', 'ANNOUNCEMENT', 'EXPORT']),
  leaf: z.strictObject({ b: digest, seq: sequence, t: z.string(), ws: z.string() }),
  body: object.optional(),
  disclosures: z.array(z.string()).optional(),
  withheld: z.array(digest).optional(),
  texts: z.array(textShape).optional(),
  says: z.string().optional(),
});

const hashesShape = z.strictObject({
  type: z.literal('hashes'),
  from: sequence,
  to: sequence,
  hashes: z.array(z.string()).min(1).max(128),
});

const lineShape = z.discriminatedUnion('type', [manifestShape, checkpointShape, entryShape, hashesShape]);

/** What a bundle is of: everything recorded of a conversation or a contact, or all events from one sequence to another. */
export type Asked = z.infer<typeof askedShape>;
/** The first line: what was asked for, by whom and when, and the digest of the lines with the events. */
export type ManifestLine = z.infer<typeof manifestShape>;
/** How much there is of what. */
export type BundleCounts = ManifestLine['counts'];
/** The second line: what was signed of the log. */
export type CheckpointLine = z.infer<typeof checkpointShape>;
/** A text that an event's `content` is the digest of, or that it is not kept any more. */
export type TextOfEntry = z.infer<typeof textShape>;
/**
 * One event. ASKED is what the bundle is of, ANNOUNCEMENT says what was erased or pruned, EXPORT is the event that
 * recorded the making of this bundle and has the manifest's digest.
 */
export type EntryLine = z.infer<typeof entryShape>;
/** What stands for the events from one sequence to another that are not in the bundle: roots of the subtrees over them. */
export type HashesLine = z.infer<typeof hashesShape>;
/** A line of a bundle. */
export type BundleLine = z.infer<typeof lineShape>;

/** The text of a line, RFC 8785 with a newline at its end. @throws TypeError for what JSON cannot hold exactly. */
export const formatLine = (line: BundleLine): string => `${canonicalJson(line as JsonValue)}\n`;

/** Reads a line without its newline. @throws Malformed for anything that {@link formatLine} could not have written. */
export function parseLine(text: string): BundleLine {
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(text) as JsonValue;
    // Of everything that can be said there is one text: nothing hides in spaces, order or keys that come twice.
    if (canonicalJson(parsed) !== text) throw new TypeError('not canonical');
  } catch {
    throw new Malformed('the line is not canonical JSON (RFC 8785)');
  }
  const line = lineShape.safeParse(parsed);
  if (line.success) return line.data;
  const [issue] = line.error.issues;
  throw new Malformed(`the line is none of a bundle${issue?.path.length ? `: ${issue.path.join('.')}` : ''}`);
}

/** The hash that a text of a `hashes` line stands for. @throws Malformed */
export function parseHash(text: string): Buffer {
  const hash = strictBase64(text, 'a hash');
  if (hash.length !== HASH_BYTES) throw new Malformed('a hash is not 32 bytes');
  return hash;
}
