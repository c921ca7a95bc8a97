import { hash } from 'node:crypto';
import { canonicalJson, isCanonicalJson, type JsonValue } from './canonical.js';

export type Severity = 'INFO' | 'NOTICE' | 'WARNING' | 'CRITICAL';
export type Outcome = 'SUCCESS' | 'FAILURE' | 'DENIED';
export type ActorKind = 'AGENT' | 'CONTACT' | 'BOT' | 'API_KEY' | 'SYSTEM' | 'ANONYMOUS';
export type AuthMethod = 'SESSION' | 'API_KEY' | 'PASSWORD';

/** The kind of a thing and its id. */
export type Reference = { type: string; id: string };

/** A changed field. Personal or free text is committed to: only `field` stands here, the values are disclosed. */
export type Change = { field: string; before?: JsonValue; after?: JsonValue };

/**
 * What is hashed of one event, format version 1. An absent key is omitted, never null. These names are hashed: once released
 * they never change, and a new meaning gets a new `v`.
 */
export type RecordBody = {
  v: 1;
  /** The event's id, UUIDv7. */
  id: string;
  /** The workspace's id. It stands in the leaf too; here it binds a body that travels alone. */
  ws: string;
  action: string;
  category: string;
  severity: Severity;
  outcome: Outcome;
  /** Who did it; SYSTEM and ANONYMOUS have no id. */
  actor: { kind: ActorKind; id?: string };
  /** For whom the actor did it: a key or a bot for an agent, an impersonator for the impersonated. */
  obo?: { kind: ActorKind; id: string };
  auth?: { method: AuthMethod; session?: string; key?: string };
  target?: Reference;
  /** At most 64. */
  related?: Reference[];
  conversation?: string;
  contact?: string;
  team?: string;
  inbox?: string;
  /** When it happened, ISO 8601 in UTC with milliseconds. May come from outside; never used for order or retention. */
  occurred: string;
  request?: string;
  /** The id of the event that caused this one. */
  causation?: string;
  idempotency?: string;
  net?: { ipPrefix: string };
  changes?: Change[];
  /** Text of messages and notes is never here: its id, and a digest salted per revision. */
  content?: { message: string; digest: string }[];
  /**
   * Who could see the conversation before the event, as `agent:<id>`, `bot:<id>`, `inbox:<id>`, `team:<id>`, sorted: whoever
   * loses sight of it must still be told.
   */
  audience?: string[];
  /** Keys known per action; at most 4 KiB of canonical UTF-8. */
  metadata?: Record<string, JsonValue>;
  /** At least 128 random bits in base64url: without it the kept hash of a pruned body could be guessed back. */
  salt: string;
  /** Digests of the disclosures (RFC 9901 §4.2.4.1), sorted so that their order tells nothing. */
  _sd?: string[];
};

/** The columns kept beside a body for filtering. They repeat the body and prove nothing; `verifyLog` compares them. */
export type FilterColumns = {
  eventId: string;
  action: string;
  category: string;
  /** 0 INFO, 1 NOTICE, 2 WARNING, 3 CRITICAL. */
  severity: number;
  outcome: Outcome;
  actorKind: ActorKind;
  actorId: string | null;
  oboKind: ActorKind | null;
  oboId: string | null;
  targetType: string | null;
  targetId: string | null;
  conversationId: string | null;
  contactId: string | null;
  teamId: string | null;
  inboxId: string | null;
  requestId: string | null;
  causationId: string | null;
  sessionId: string | null;
  /** ISO 8601 in UTC with milliseconds. */
  occurredAt: string;
  audience: string[] | null;
};

const BODY_MAX_BYTES = 16_384;
/** Of canonical UTF-8. */
export const METADATA_MAX_BYTES = 4_096;
const RELATED_MAX = 64;
/** In the order of their ranks, from 0. */
export const SEVERITIES: readonly Severity[] = ['INFO', 'NOTICE', 'WARNING', 'CRITICAL'];
const SALT = /^[A-Za-z0-9_-]{22,}$/;
const OCCURRED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const RECORDED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;
/** Of 32 bytes in base64url, unpadded. */
const HASH_LENGTH = 43;
const LAST_SEQUENCE = BigInt(Number.MAX_SAFE_INTEGER);
const WORKSPACE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Gives the exact text of a body that is hashed and stored: RFC 8785, at most 16 KiB of UTF-8.
 * @throws TypeError for what cannot be hashed (naming the path), a short salt, a time without milliseconds, or unsorted lists
 * @throws RangeError when body, metadata or related exceed their bounds
 */
export function bodyText(body: RecordBody): string {
  const text = canonicalJson(body);
  if (!SALT.test(body.salt)) throw new TypeError('salt: at least 128 bits in base64url');
  if (!OCCURRED.test(body.occurred)) throw new TypeError('occurred: ISO 8601 in UTC with milliseconds');
  for (const key of ['audience', '_sd'] as const) {
    if (!isStrictlyAscending(body[key] ?? [])) throw new TypeError(`${key}: sorted, each once`);
  }
  if ((body.related?.length ?? 0) > RELATED_MAX) throw new RangeError(`related: at most ${RELATED_MAX}`);
  const bytes = Buffer.byteLength(text, 'utf8');
  // It is a part of the whole, which mostly has no more itself.
  if (bytes > METADATA_MAX_BYTES && body.metadata !== undefined) {
    if (Buffer.byteLength(canonicalJson(body.metadata), 'utf8') > METADATA_MAX_BYTES)
      throw new RangeError(`metadata: at most ${METADATA_MAX_BYTES} bytes`);
  }
  if (bytes > BODY_MAX_BYTES) throw new RangeError(`a body of ${bytes} bytes; at most ${BODY_MAX_BYTES}`);
  return text;
}

/**
 * Reads the stored text of a body back, and accepts only a text that {@link bodyText} could have written.
 * @throws TypeError when it is not JSON, not the canonical text of what it says, or not an envelope of format version 1
 */
export function readBody(text: string): RecordBody {
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(text) as JsonValue;
  } catch {
    throw new TypeError('not JSON');
  }
  // Besides order and spacing this refuses duplicate keys, which parsers resolve differently (RFC 8259 §4).
  if (!isCanonicalJson(parsed, text)) throw new TypeError('not canonical (RFC 8785)');
  const body = parsed as RecordBody | null;
  if (body?.v !== 1) throw new TypeError('not an envelope of format version 1');
  const digests = body._sd ?? [];
  if (typeof body.actor?.kind !== 'string' || !Array.isArray(digests) || !digests.every((d) => typeof d === 'string')) {
    throw new TypeError('not an envelope: actor or _sd malformed');
  }
  return body;
}

/** Gives SHA-256 over the UTF-8 of a body's stored text, 32 bytes. */
export function bodyHash(body: string): Buffer {
  return hash('sha256', body, 'buffer');
}

/** Gives {@link bodyHash} in base64url, as the leaf data has it. */
export function bodyHashText(body: string): string {
  return hash('sha256', body, 'base64url');
}

/**
 * Gives the leaf data of one entry, RFC 8785 in ASCII; SQL puts the same text together under the head's lock.
 *
 * Two layers: the leaf covers the body only by its hash, so order and time of an event still verify when its body is pruned.
 * @param entry.recordedAt UTC with exactly six fraction digits, `2026-01-02T03:04:05.123456Z`
 * @throws TypeError for another form of time, a hash that is not 32 bytes, or a workspace's id that is not a lower-case UUID
 * @throws RangeError for a sequence below 0 or above 2^53−1, the last integer that RFC 8785 writes exactly
 */
export function entryText(entry: {
  bodyHash: Buffer;
  sequence: bigint;
  recordedAt: string;
  workspaceId: string;
}): string {
  return entryTextOf({ ...entry, bodyHash: entry.bodyHash.toString('base64url') }, entry.workspaceId);
}

/**
 * Gives {@link entryText} of an entry whose body hash is in base64url.
 * @throws TypeError, RangeError likewise
 */
export function entryTextOf(
  { bodyHash, sequence, recordedAt }: { bodyHash: string; sequence: bigint; recordedAt: string },
  workspaceId: string,
): string {
  if (bodyHash.length !== HASH_LENGTH) throw new TypeError('body hash: 32 bytes');
  if (!RECORDED.test(recordedAt)) throw new TypeError('recorded at: ISO 8601 in UTC with six fraction digits');
  if (!WORKSPACE_ID.test(workspaceId)) throw new TypeError('workspace: a lower-case UUID');
  if (sequence < 0n || sequence > LAST_SEQUENCE) throw new RangeError('sequence: from 0 to 2^53−1');
  // All of it is known to need no escaping, and the keys are in order: this is its RFC 8785 text.
  return `{"b":"${bodyHash}","seq":${sequence},"t":"${recordedAt}","ws":"${workspaceId}"}`;
}

/** Gives the columns that are stored beside a body to filter by; what the body does not say is null. */
export function filterColumns(body: RecordBody): FilterColumns {
  return {
    eventId: body.id,
    action: body.action,
    category: body.category,
    severity: SEVERITIES.indexOf(body.severity),
    outcome: body.outcome,
    actorKind: body.actor.kind,
    actorId: body.actor.id ?? null,
    oboKind: body.obo?.kind ?? null,
    oboId: body.obo?.id ?? null,
    targetType: body.target?.type ?? null,
    targetId: body.target?.id ?? null,
    conversationId: body.conversation ?? null,
    contactId: body.contact ?? null,
    teamId: body.team ?? null,
    inboxId: body.inbox ?? null,
    requestId: body.request ?? null,
    causationId: body.causation ?? null,
    sessionId: body.auth?.session ?? null,
    occurredAt: body.occurred,
    audience: body.audience ?? null,
  };
}

function isStrictlyAscending(texts: readonly string[]): boolean {
  return texts.every((text, index) => index === 0 || texts[index - 1]! < text);
}
