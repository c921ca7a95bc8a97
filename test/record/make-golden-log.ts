// Wrote golden-log.json, once: compile with tsc, then `node make-golden-log.js <file>`. It refuses a file that exists, because
// that log stands for all logs of format version 1 that are kept by others. A new format gets a new log beside it.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { disclose } from '../../src/services/record/disclosure.js';
import { bodyHash, bodyText, entryText, filterColumns, type RecordBody } from '../../src/services/record/envelope.js';
import { appendLeaf, leafHash } from '../../src/services/record/merkle.js';
import type { LogHead, LogRow } from '../../src/services/record/verify.js';
import type { JsonValue } from '../../src/services/record/canonical.js';

/** What is random or of the moment in a real log. */
export type Fixed = {
  workspaceId: string;
  /** The nth id of a kind of thing; the kind is one hex digit. */
  idOf(kind: string, n: number): string;
  /** The nth salt: from 0 those of bodies, from 100 those of disclosures. */
  saltOf(n: number): string;
  /** When the nth event happened, milliseconds. */
  occurred(n: number): string;
  /** When the nth event was recorded, microseconds. */
  recordedAt(n: number): string;
};

/** One event before it is sealed: the disclosures become `_sd`. */
export type Draft = { body: RecordBody; disclosed?: Record<string, JsonValue> };

export const FIXED: Fixed = {
  workspaceId: '01936d5e-7a00-7000-8000-000000000001',
  idOf: (kind, n) => `01936d5e-7a00-7000-9${kind.repeat(3)}-${n.toString().padStart(12, '0')}`,
  saltOf: (n) => Buffer.from(`golden salt ${1000 + n}`).toString('base64url'),
  occurred: (n) => `2026-01-02T03:04:${(5 + n).toString().padStart(2, '0')}.123Z`,
  recordedAt: (n) => `2026-01-02T03:04:${(5 + n).toString().padStart(2, '0')}.${123456 + n}Z`,
};

/** Makes the log of these events as the append makes it. */
export function seal(drafts: readonly Draft[], fixed: Fixed): { rows: LogRow[]; head: LogHead } {
  const rows: LogRow[] = [];
  let frontier: Buffer[] = [];
  let salts = 100;
  for (const [n, { body: draft, disclosed }] of drafts.entries()) {
    const made = Object.entries(disclosed ?? {}).map(([name, value]) => disclose(name, value, fixed.saltOf(salts++)));
    const digests = made.map((each) => each.digest).toSorted();
    const body: RecordBody = digests.length === 0 ? draft : { ...draft, _sd: digests };
    const text = bodyText(body);
    const entry = { sequence: BigInt(n), recordedAt: fixed.recordedAt(n), bodyHash: bodyHash(text) };
    const leaf = leafHash(entryText({ ...entry, workspaceId: fixed.workspaceId }));
    frontier = appendLeaf(frontier, entry.sequence, leaf);
    const disclosures = made.map((each) => each.encoded);
    rows.push({ ...entry, leafHash: leaf, body: text, disclosures, columns: { ...filterColumns(body) } });
  }
  const lastRecordedAt = rows.at(-1)?.recordedAt ?? null;
  const size = BigInt(rows.length);
  return { rows, head: { workspaceId: fixed.workspaceId, epoch: 1, size, frontier, lastRecordedAt } };
}

/** Twelve events that between them use every key of the envelope. */
export function goldenDrafts(fixed: Fixed): Draft[] {
  const [asha, ben, bot, key] = [fixed.idOf('a', 1), fixed.idOf('a', 2), fixed.idOf('b', 1), fixed.idOf('c', 1)];
  const [inbox, team, contact] = [fixed.idOf('d', 1), fixed.idOf('d', 2), fixed.idOf('d', 3)];
  const [conversation, message] = [fixed.idOf('e', 1), fixed.idOf('e', 2)];
  const [session, request] = [fixed.idOf('f', 1), fixed.idOf('f', 2)];
  const about = { conversation, contact, inbox };
  let n = 0;
  const event = (rest: Omit<RecordBody, 'v' | 'id' | 'ws' | 'occurred' | 'salt'>): RecordBody => {
    const own = { v: 1, id: fixed.idOf('0', n), ws: fixed.workspaceId, occurred: fixed.occurred(n) } as const;
    return { ...own, salt: fixed.saltOf(n++), ...rest };
  };
  const plain = { severity: 'INFO', outcome: 'SUCCESS' } as const;
  const byAsha = { actor: { kind: 'AGENT', id: asha }, auth: { method: 'SESSION', session }, request } as const;
  const byBot = { actor: { kind: 'BOT', id: bot }, auth: { method: 'API_KEY', key } } as const;
  return [
    {
      body: event({
        ...plain,
        action: 'workspace.created',
        category: 'CONFIG',
        actor: { kind: 'SYSTEM' },
        target: { type: 'workspace', id: fixed.workspaceId },
        metadata: {
          locale: 'de-DE',
          limits: { agents: 25, size: 9007199254740991, low: -1 },
          flags: [true, false, null],
        },
      }),
      disclosed: { 'target.label': 'Müller & Söhne – “Support” 😀' },
    },
    {
      body: event({
        action: 'auth.sign_in_failed',
        category: 'AUTH',
        severity: 'WARNING',
        outcome: 'FAILURE',
        actor: { kind: 'ANONYMOUS' },
        target: { type: 'agent', id: asha },
        net: { ipPrefix: '2001:db8:12::/48' },
      }),
      disclosed: { 'net.ip': '2001:db8:12:34::5', 'net.userAgent': 'Mozilla/5.0 (X11; Linux x86_64)' },
    },
    {
      body: event({
        ...plain,
        action: 'auth.signed_in',
        category: 'AUTH',
        actor: { kind: 'AGENT', id: asha },
        auth: { method: 'PASSWORD', session },
        target: { type: 'session', id: session },
        request,
        net: { ipPrefix: '192.0.2.0/24' },
      }),
      disclosed: { 'actor.label': 'Asha Đặng', 'actor.email': 'asha@example.com', 'net.ip': '192.0.2.7' },
    },
    {
      body: event({
        ...plain,
        action: 'conversation.created',
        category: 'CONVERSATION',
        ...byBot,
        ...about,
        target: { type: 'conversation', id: conversation },
        related: [
          { type: 'contact', id: contact },
          { type: 'inbox', id: inbox },
        ],
        idempotency: 'shop-77-α',
        audience: [],
      }),
    },
    {
      body: event({
        ...plain,
        action: 'message.received',
        category: 'MESSAGE',
        actor: { kind: 'CONTACT', id: contact },
        ...about,
        target: { type: 'message', id: message },
        content: [{ message, digest: 'X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0' }],
        causation: fixed.idOf('0', 3),
        audience: [`bot:${bot}`, `inbox:${inbox}`],
      }),
    },
    {
      body: event({
        ...plain,
        action: 'handover.requested',
        category: 'HANDOVER',
        ...byBot,
        ...about,
        team,
        target: { type: 'handover', id: fixed.idOf('e', 3) },
        audience: [`bot:${bot}`, `inbox:${inbox}`],
      }),
      disclosed: { comment: 'يريد العميل التحدث إلى شخص', summary: 'Line one\nline two\t"quoted" \\ \u2028 end' },
    },
    {
      body: event({
        ...plain,
        action: 'handover.accepted',
        category: 'HANDOVER',
        ...byAsha,
        ...about,
        team,
        target: { type: 'handover', id: fixed.idOf('e', 3) },
        changes: [
          { field: 'assignee', before: null, after: asha },
          { field: 'botActive', before: true, after: false },
          { field: 'status', before: 'WAITING', after: 'IN_PROGRESS' },
        ],
        audience: [`agent:${ben}`, `inbox:${inbox}`, `team:${team}`],
      }),
    },
    {
      body: event({
        ...plain,
        action: 'contact.updated',
        category: 'CONTACT',
        actor: { kind: 'API_KEY', id: key },
        obo: { kind: 'AGENT', id: ben },
        auth: { method: 'API_KEY', key },
        contact,
        target: { type: 'contact', id: contact },
        changes: [{ field: 'email' }, { field: 'name' }, { field: 'vip', before: 0, after: 1 }],
        request: fixed.idOf('f', 3),
      }),
      disclosed: {
        'changes.0.before': null,
        'changes.0.after': 'zoë@example.com',
        'changes.1.before': 'Zoe',
        'changes.1.after': 'Zoë Ångström',
        'target.label': 'Zoe',
      },
    },
    {
      body: event({
        action: 'auth.access_denied',
        category: 'AUTH',
        severity: 'NOTICE',
        outcome: 'DENIED',
        actor: { kind: 'AGENT', id: ben },
        auth: { method: 'SESSION', session: fixed.idOf('f', 4) },
        conversation,
        target: { type: 'conversation', id: conversation },
        metadata: { attempted: 'conversation.deleted', rule: 'FORBIDDEN' },
      }),
    },
    {
      body: event({
        action: 'agent.role_changed',
        category: 'PEOPLE',
        severity: 'CRITICAL',
        outcome: 'SUCCESS',
        ...byAsha,
        target: { type: 'agent', id: ben },
        changes: [{ field: 'role', before: 'AGENT', after: 'ADMIN' }],
      }),
      disclosed: { reason: '昇格 – 新しい管理者', 'target.label': 'Ben Okafor' },
    },
    {
      body: event({
        ...plain,
        action: 'transcript.viewed',
        category: 'ACCESS',
        ...byAsha,
        ...about,
        target: { type: 'conversation', id: conversation },
        audience: [`agent:${asha}`, `inbox:${inbox}`, `team:${team}`],
      }),
    },
    {
      body: event({
        ...plain,
        action: 'custom.crm.deal_won',
        category: 'CUSTOM',
        actor: { kind: 'API_KEY', id: key },
        auth: { method: 'API_KEY', key },
        contact,
        metadata: {
          amount: '1234.50',
          currency: 'EUR',
          Ä: 'ä',
          '10': 'ten',
          '9': 'nine',
          '\ufb33': 'sorts last',
          '😀': 'sorts before U+FB33',
        },
      }),
    },
  ];
}

/** Gives the whole text of golden-log.json. */
export function goldenText(fixed: Fixed): string {
  const { rows, head } = seal(goldenDrafts(fixed), fixed);
  const log = {
    _about: [
      'A log of format version 1, written once and kept for ever. Never regenerate or edit this file.',
      'Every later version must verify it as it stands. If a test against it fails, the code is wrong, not this file.',
    ],
    head: { ...head, size: head.size.toString(), frontier: head.frontier.map((hash) => hash.toString('hex')) },
    rows: rows.map((row) => ({
      ...row,
      sequence: row.sequence.toString(),
      bodyHash: row.bodyHash.toString('hex'),
      leafHash: row.leafHash.toString('hex'),
    })),
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

const file = process.argv[2];
if (file !== undefined && import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(file, goldenText(FIXED), { flag: 'wx' });
}
