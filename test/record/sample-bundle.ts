import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { TrustPolicy } from '../../src/services/record/bundle/trust-policy.js';
import {
  BUNDLE_FORMAT,
  formatLine,
  type Asked,
  type BundleCounts,
  type EntryLine,
  type ManifestLine,
  type TextOfEntry,
} from '../../src/services/record/bundle/lines.js';
import { reportOf } from '../../src/services/record/bundle/report.js';
import { verifyBundle, type BundleReport } from '../../src/services/record/bundle/verify-bundle.js';
import { writeTree } from '../../src/services/record/bundle/write-tree.js';
import { contentDigest } from '../../src/services/record/content-digest.js';
import { digestOf, readDisclosure } from '../../src/services/record/disclosure.js';
import { entryText, type RecordBody } from '../../src/services/record/envelope.js';
import { formatCheckpoint } from '../../src/services/record/proofs/checkpoint.js';
import { signNote } from '../../src/services/record/proofs/signed-note.js';
import { rootAt, subtreesOfLeaves } from '../../src/services/record/proofs/subtrees.js';
import { formatVerifierKey, verifierKey } from '../../src/services/record/proofs/verifier-key.js';
import { FIXED, seal, type Draft } from './make-golden-log.js';

/** One event of a sample: its draft, and what becomes of it later. */
export interface SampleEvent {
  draft: Draft;
  texts?: TextOfEntry[];
  /** Names of disclosures that are withheld, or erased. */
  withheld?: string[];
  erased?: string[];
  pruned?: true;
  as?: EntryLine['as'];
}

export const ORIGIN = `logs.example/ws/${FIXED.workspaceId}/e1`;
const CONVERSATION = FIXED.idOf('e', 1);
const OTHER = FIXED.idOf('e', 2);

/** A private key out of a seed, so that what it signs is always the same. */
export function keyOf(seed: string): KeyObject {
  const d = createHash('sha256').update(seed).digest();
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), d]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

export function verifierOf(key: KeyObject, origin = ORIGIN) {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return verifierKey(origin, Buffer.from(x!, 'base64url'));
}

export const signingKey = keyOf('sample bundle');
export const policyText = JSON.stringify({
  origins: { [ORIGIN]: [{ vkey: formatVerifierKey(verifierOf(signingKey)), fromSize: 1 }] },
});
export const policy = TrustPolicy.parse(policyText);

/** As in the golden log, for as many events as one likes. */
const MOMENTS = {
  ...FIXED,
  occurred: (n: number) => new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 123) + n * 1_000).toISOString(),
  recordedAt: (n: number) => MOMENTS.occurred(n).replace('Z', `${(456 + n) % 1_000}`.padStart(3, '0') + 'Z'),
};

const event = (n: number, rest: Partial<RecordBody>, disclosed: Draft['disclosed'] = {}): Draft => ({
  body: {
    v: 1,
    id: FIXED.idOf('0', n),
    ws: FIXED.workspaceId,
    occurred: MOMENTS.occurred(n),
    salt: FIXED.saltOf(n),
    category: 'CONVERSATION',
    severity: 'INFO',
    outcome: 'SUCCESS',
    action: 'conversation.viewed',
    actor: { kind: 'AGENT', id: FIXED.idOf('a', 1) },
    ...rest,
  } as RecordBody,
  disclosed: { 'actor.label': 'Asha Đặng', ...disclosed },
});

const said = (n: number, message: string, text: string): Required<Pick<SampleEvent, 'texts'>> & { digest: string } => {
  const salt = FIXED.saltOf(n);
  return { texts: [{ message, salt, text }], digest: contentDigest(text, salt) };
};
const about = { conversation: CONVERSATION, contact: FIXED.idOf('d', 3) };

/** A conversation with a message, its edit, a lost text, an erased address; another conversation; an announcement. */
export function conversationEvents(): SampleEvent[] {
  const [message, lost] = [FIXED.idOf('7', 1), FIXED.idOf('7', 2)];
  const first = said(201, message, 'Grüße! Where is my order?\n“Nº 5” 😀');
  const second = said(202, message, 'Where is my order 5?');
  const gone = said(203, lost, 'a text that is not kept');
  const content = (id: string, { digest }: { digest: string }) => ({ content: [{ message: id, digest }] });
  const at = (n: number, rest: Partial<RecordBody>, disclosed?: Draft['disclosed']) =>
    event(n, { ...about, ...rest }, disclosed);
  return [
    { draft: event(0, { action: 'workspace.created' }) },
    { draft: at(1, { action: 'conversation.created' }, { 'net.ip': '192.0.2.7' }), withheld: ['net.ip'] },
    { draft: at(2, { action: 'message.received', ...content(message, first) }), texts: first.texts },
    { draft: event(3, { conversation: OTHER, action: 'conversation.created' }) },
    { draft: event(4, { conversation: OTHER, action: 'message.received', ...content(FIXED.idOf('7', 9), gone) }) },
    { draft: at(5, { action: 'message.edited', ...content(message, second) }), texts: second.texts },
    {
      draft: at(
        6,
        { action: 'contact.updated', changes: [{ field: 'email' }] },
        { 'changes.0.after': 'zoe@example.com' },
      ),
      erased: ['changes.0.after'],
    },
    { draft: at(7, { action: 'message.sent', ...content(lost, gone) }), texts: [{ message: lost, gone: true }] },
    { draft: event(8, { action: 'inbox.created' }) },
    { draft: event(9, { action: 'inbox.created' }) },
  ];
}

/** So many messages, each with a text of so many characters. */
export const longEvents = (count: number, length: number): SampleEvent[] =>
  Array.from({ length: count }, (_, n) => {
    const message = FIXED.idOf('7', n);
    const { texts, digest } = said(n, message, `${n} `.padEnd(length, 'long '));
    return { draft: event(n, { action: 'message.received', content: [{ message, digest }] }), texts };
  });

/** A whole bundle in memory: its lines, and what they were made of. */
export interface SampleBundle {
  lines: string[];
  manifest: ManifestLine;
  leaves: Buffer[];
  note: string;
}

/** Makes the bundle of a conversation or of a range of a small log, as the writer does. */
export async function makeBundle(
  asked: Asked,
  events: SampleEvent[],
  { after = 3, comparable = [] }: { after?: number; comparable?: number[] } = {},
): Promise<SampleBundle> {
  const isAsked = ({ draft }: SampleEvent, n: number) =>
    asked.kind === 'RANGE' ? n >= asked.from && n <= asked.to : draft.body.conversation === asked.id;
  // Announced, where something is gone.
  const sealed = seal(
    events.map(({ draft }) => draft),
    MOMENTS,
  ).rows;
  const erasures = events.flatMap(({ erased = [] }, n) => {
    const digests = (JSON.parse(sealed[n]!.body!) as RecordBody)._sd!;
    const places = sealed[n]!.disclosures!.filter((one) => erased.includes(readDisclosure(one).name)).map((one) =>
      digests.indexOf(digestOf(one)),
    );
    return places.length > 0 ? [`${n}:${places.join('.')}`] : [];
  });
  const prunings = events.flatMap(({ pruned }, n) => (pruned ? [String(n)] : []));
  const all = [...events];
  const announce = (action: string, metadata: Record<string, string>) =>
    all.push({ draft: event(all.length, { action, category: 'AUDIT', metadata }), as: 'ANNOUNCEMENT' });
  if (erasures.length > 0) announce('audit.erased', { disclosures: erasures.join(' ') });
  if (prunings.length > 0) announce('audit.pruned', { sequences: prunings.join(',') });

  const { rows } = seal(
    all.map(({ draft }) => draft),
    MOMENTS,
  );
  const lines: EntryLine[] = [];
  for (const [n, one] of all.entries()) {
    const as = one.as ?? 'ASKED';
    if (as === 'ASKED' && !isAsked(one, n)) continue;
    lines.push(lineOf(rows[n]!, one, as, `2026-01-02: ${one.draft.body.action}`));
  }
  const counts: BundleCounts = { events: 0, announcements: 0, texts: 0, gone: 0, withheld: 0 };
  const digest = createHash('sha256');
  for (const line of lines) {
    digest.update(formatLine(line));
    counts[line.as === 'ASKED' ? 'events' : 'announcements'] += 1;
    counts.withheld += line.withheld?.length ?? 0;
    for (const text of line.texts ?? []) counts['gone' in text ? 'gone' : 'texts'] += 1;
  }
  const [by, at, name] = ['the operator of the server', '2026-01-03T00:00:00.000Z', 'Müller & Söhne'];
  const manifest: ManifestLine = {
    type: 'manifest',
    format: BUNDLE_FORMAT,
    workspace: { id: FIXED.workspaceId, name },
    origin: ORIGIN,
    epoch: 1,
    asked,
    by,
    at,
    counts,
    lines: digest.digest('base64url'),
    report: reportOf({ asked, counts, workspace: name, by, at }),
  };
  const exported = createHash('sha256').update(formatLine(manifest).trimEnd()).digest('base64url');
  const exportAt = all.length;
  all.push({
    draft: event(exportAt, {
      action: 'audit.exported',
      category: 'AUDIT',
      metadata: { format: 'EVIDENCE', manifest: exported },
    }),
  });
  for (let n = 0; n < after; n++) all.push({ draft: event(all.length, { action: 'inbox.created' }) });

  const log = seal(
    all.map(({ draft }) => draft),
    MOMENTS,
  ).rows;
  const leaves = log.map(({ leafHash }) => leafHash);
  const source = subtreesOfLeaves(leaves);
  const size = BigInt(log.length);
  const root = await rootAt(source, size);
  const note = signNote(formatCheckpoint({ origin: ORIGIN, size, root }), verifierOf(signingKey), signingKey);
  async function* entries() {
    const last = lineOf(log[exportAt]!, all[exportAt]!, 'EXPORT');
    for (const line of [...lines, last]) yield { sequence: line.leaf.seq, text: formatLine(line) };
  }
  const written = [formatLine(manifest), formatLine({ type: 'checkpoint', note })];
  for await (const line of writeTree(entries(), { size: log.length, source, comparable })) written.push(line);
  return { lines: written.map((line) => line.slice(0, -1)), manifest, leaves, note };
}

function lineOf(
  row: ReturnType<typeof seal>['rows'][number],
  { texts, withheld = [], erased = [], pruned }: SampleEvent,
  as: EntryLine['as'],
  says?: string,
): EntryLine {
  const leaf = JSON.parse(entryText({ ...row, workspaceId: FIXED.workspaceId })) as EntryLine['leaf'];
  const line: EntryLine = { type: 'entry', as, leaf, ...(says === undefined ? {} : { says }) };
  if (pruned) return line;
  const named = (names: string[]) => row.disclosures!.filter((one) => names.includes(readDisclosure(one).name));
  const hidden = named(withheld).map(digestOf).toSorted();
  const shown = row.disclosures!.filter((one) => !named([...withheld, ...erased]).includes(one));
  return {
    ...line,
    body: JSON.parse(row.body!) as NonNullable<EntryLine['body']>,
    ...(shown.length > 0 ? { disclosures: shown } : {}),
    ...(hidden.length > 0 ? { withheld: hidden } : {}),
    ...(texts ? { texts } : {}),
  };
}

/** The bundle of the sample conversation. */
export const conversationBundle = (more?: Parameters<typeof makeBundle>[2]): Promise<SampleBundle> =>
  makeBundle({ kind: 'CONVERSATION', id: CONVERSATION, label: '#1001' }, conversationEvents(), more);

/** The bundle of a range in which one event was pruned. */
export function rangeBundle(more?: Parameters<typeof makeBundle>[2]): Promise<SampleBundle> {
  const events = conversationEvents();
  const [text] = [said(203, FIXED.idOf('7', 9), 'a text that is not kept')];
  events[3]!.pruned = true;
  events[4]!.texts = text.texts;
  return makeBundle({ kind: 'RANGE', from: 1, to: 6 }, events, more);
}

/** Verifies lines as they stand. */
export async function verify(lines: readonly (string | null)[], older: string[] = []): Promise<BundleReport> {
  async function* stream() {
    yield* lines;
  }
  return verifyBundle(stream(), policy, older);
}

/** The findings, short enough to state a whole report. */
export const findingsOf = ({ findings }: BundleReport): string[] =>
  findings.map(({ kind, part, sequence }) => `${kind} ${part} ${sequence ?? '-'}`);
