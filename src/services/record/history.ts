import { readDisclosure } from './disclosure.js';
import type { RecordBody } from './envelope.js';
import { entryText } from './envelope.js';
import { NAMELESS } from './nameless.js';
import type { RecordRow } from './read.js';
import { sentence } from './sentences.js';

export interface AuditParty {
  kind: RecordBody['actor']['kind'];
  id: string | null;
  label: string;
}

export interface AuditChange {
  field: string;
  before: unknown;
  after: unknown;
  redacted: boolean;
}

/** An event as its readers get it. */
export interface AuditEventRow {
  id: string;
  sequence: number;
  state: 'PRESENT' | 'ERASED' | 'PRUNED';
  action: string | null;
  category: string | null;
  severity: string | null;
  outcome: string | null;
  actor: AuditParty | null;
  onBehalfOf: AuditParty | null;
  target: { type: string; id: string; label: string } | null;
  conversationId: string | null;
  teamId: string | null;
  changes: AuditChange[];
  reason: string | null;
  summary: string | null;
  occurredAt: Date | null;
  recordedAt: Date;
  ipAddress: string | null;
  userAgent: string | null;
  requestId: string | null;
  causationId: string | null;
  sessionId: string | null;
  metadata: Record<string, unknown> | null;
  /** Names in the sentence, as they were. */
  labels: Record<string, string>;
  leafHash: string;
  leafData: string;
}

const ERASED = '[erased]';

/** The id of a pruned event, whose own is gone with its body. */
const stubId = (workspaceId: string, sequence: number): string => `${workspaceId}:${sequence}`;

/** The sequence that a stub's id names, or null for what is none of this workspace. */
export function stubSequence(workspaceId: string, id: string): number | null {
  const sequence = Number(id.slice(workspaceId.length + 1));
  return Number.isSafeInteger(sequence) && sequence >= 0 && id === stubId(workspaceId, sequence) ? sequence : null;
}

/** What an event committed to, by name. */
function disclosed(disclosures: readonly string[]): Map<string, unknown> {
  return new Map(disclosures.map((encoded) => readDisclosure(encoded)).map(({ name, value }) => [name, value]));
}

/**
 * Reads an event for somebody: names as they were, the sentence, the changes. Without `unmasked`, addresses and
 * committed values stay hidden.
 */
export function readEvent(row: RecordRow, workspaceId: string, { unmasked }: { unmasked: boolean }): AuditEventRow {
  const leaf = {
    sequence: row.sequence,
    recordedAt: row.recordedAt,
    leafHash: row.leafHash.toString('base64'),
    leafData: entryText({
      bodyHash: row.bodyHash,
      sequence: BigInt(row.sequence),
      recordedAt: row.recordedAtText,
      workspaceId,
    }),
  };
  if (row.body === null) return { ...PRUNED, id: stubId(workspaceId, row.sequence), ...leaf };
  const body = JSON.parse(row.body) as RecordBody;
  const values = disclosed(row.disclosures ?? []);
  const text = (name: string): string | null => (values.has(name) ? String(values.get(name)) : null);
  const party = (who: { kind: RecordBody['actor']['kind']; id?: string }, name: string): AuditParty => ({
    kind: who.kind,
    id: who.id ?? null,
    label: text(`${name}.label`) ?? NAMELESS[who.kind] ?? ERASED,
  });
  const actor = party(body.actor, 'actor');
  const labels = labelsOf(values);
  const target = body.target ? { ...body.target, label: text('target.label') ?? ERASED } : null;
  return {
    ...leaf,
    id: body.id,
    state: (body._sd?.length ?? 0) > values.size ? 'ERASED' : 'PRESENT',
    action: body.action,
    category: body.category,
    severity: body.severity,
    outcome: body.outcome,
    actor,
    onBehalfOf: body.obo ? party(body.obo, 'obo') : null,
    target,
    conversationId: body.conversation ?? null,
    teamId: body.team ?? null,
    changes: (body.changes ?? []).map((change, index) => readChange(change, index, values, unmasked)),
    reason: text('reason'),
    summary: sentence(body.action, {
      actor: actor.label,
      target: target?.label ?? '',
      reason: text('reason'),
      labels,
      metadata: (body.metadata ?? {}) as Record<string, unknown>,
    }),
    occurredAt: new Date(body.occurred),
    ipAddress: unmasked ? text('net.ip') : null,
    userAgent: unmasked ? text('net.userAgent') : null,
    requestId: body.request ?? null,
    causationId: body.causation ?? null,
    sessionId: body.auth?.session ?? null,
    metadata: (body.metadata as Record<string, unknown> | undefined) ?? null,
    labels,
  };
}

const PRUNED = {
  state: 'PRUNED' as const,
  action: null,
  category: null,
  severity: null,
  outcome: null,
  actor: null,
  onBehalfOf: null,
  target: null,
  conversationId: null,
  teamId: null,
  changes: [],
  reason: null,
  summary: null,
  occurredAt: null,
  ipAddress: null,
  userAgent: null,
  requestId: null,
  causationId: null,
  sessionId: null,
  metadata: null,
  labels: {},
};

function readChange(
  change: NonNullable<RecordBody['changes']>[number],
  index: number,
  values: Map<string, unknown>,
  unmasked: boolean,
): AuditChange {
  const names = [`changes.${index}.before`, `changes.${index}.after`] as const;
  const open = 'before' in change || 'after' in change;
  if (open) return { field: change.field, before: change.before ?? null, after: change.after ?? null, redacted: false };
  const shown = unmasked && names.some((name) => values.has(name));
  return {
    field: change.field,
    before: shown ? (values.get(names[0]) ?? null) : null,
    after: shown ? (values.get(names[1]) ?? null) : null,
    redacted: !shown,
  };
}

/** The committed names that the sentence uses. */
function labelsOf(values: Map<string, unknown>): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [name, value] of values)
    if (name.startsWith('labels.')) labels[name.slice('labels.'.length)] = String(value);
  return labels;
}
