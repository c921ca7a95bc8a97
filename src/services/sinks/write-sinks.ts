import { LockMode } from '@mikro-orm/core';
import { AuditSink } from '../../entities/audit-sink.js';
import type { ExportFormat, SinkKind } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { conflict, forbidden, invalid, notFound } from '../errors.js';
import { claimKey, ownKeys } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { fingerprintOf, newSecret } from '../outgoing/secrets.js';
import { canAdminister, canPushRecord } from '../policy.js';
import type { Principal } from '../principal.js';
import type { FieldChange } from '../record/event.js';
import { readHeads } from '../record/read.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { keepable, sinkTarget, validateSink, type SinkAction, type SinkSettings } from './sink-input.js';

export interface CreateAuditSinkInput extends SinkSettings {
  name: string;
  kind: SinkKind;
  format: ExportFormat;
  fromSequence?: number | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface UpdateAuditSinkInput extends SinkSettings {
  sinkId: string;
  enabled?: boolean | null | undefined;
  rotateSecret?: boolean | null | undefined;
}

/** What is written of a sink, with a secret that was made here: shown this once. */
export interface WrittenSink {
  id: string;
  secret: string | null;
}

/** Sinks of one workspace at the most. */
const MAX_SINKS = 20;
/** For how long the secret before signs too, in milliseconds. */
export const ROTATION_MS = 24 * 60 * 60 * 1000;

/**
 * To look and to end it, administering is enough; to decide what goes where, one must also read all of the record.
 * @throws AppError FORBIDDEN; recorded.
 */
export function refuseManaging(principal: Principal, attempted: SinkAction): void {
  const decides = attempted === 'sink.create' || attempted === 'sink.update';
  if (decides ? canPushRecord(principal) : canAdminister(principal)) return;
  throw forbidden(
    canAdminister(principal)
      ? 'Only who reads all of the record, unmasked, decides where it is pushed to.'
      : 'Only administrators manage where the record is pushed to.',
  ).recordedAs({
    attempted,
    target: { type: 'record', id: principal.workspaceId, label: 'the record' },
  });
}

/**
 * Lets the record be pushed to a system, from now on or from an event.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED; CONFLICT for another request under a known key, or too many sinks.
 */
export async function createAuditSink(call: Call, input: CreateAuditSinkInput): Promise<WrittenSink> {
  const { destinations } = call.app.outgoing;
  const [head] = await readHeads(call.app.db, [call.principal.workspaceId]);
  return withTransaction(call, async (tx) => {
    refuseManaging(tx.principal, 'sink.create');
    const { workspaceId } = tx.principal;
    const id = newId();
    const place = {
      name: input.name.trim(),
      kind: input.kind,
      format: input.format,
      url: input.url ?? null,
      host: input.host ?? null,
      port: input.port ?? null,
    };
    validateSink(place, input, destinations);
    const from = input.fromSequence ?? head?.size ?? 0;
    if (!Number.isSafeInteger(from) || from < 0) throw invalid({ path: 'fromSequence', message: 'must be 0 or more' });
    if (input.idempotencyKey != null) {
      const { idempotencyKey, ...request } = input;
      const claim = { owner: ownKeys(tx), mutation: 'createAuditSink', key: idempotencyKey!, request, resultId: id };
      const known = await claimKey(tx, claim);
      if (known) return { id: known, secret: null };
    }
    if ((await tx.em.count(AuditSink, { workspaceId, deletedAt: null })) >= MAX_SINKS) {
      throw conflict(`There are ${MAX_SINKS} sinks already.`, { sinks: MAX_SINKS });
    }
    const secret = place.kind === 'WEBHOOK' ? (input.secret ?? newSecret()) : null;
    const sink = tx.em.create(AuditSink, {
      workspaceId,
      id,
      ...place,
      tls: place.kind === 'SYSLOG' && (input.tls ?? true),
      filter: keepable(input.filter ?? {}),
      secret,
      previousSecret: null,
      previousSecretUntil: null,
      fingerprint: secret && fingerprintOf(secret),
      health: 'HEALTHY',
      nextSequence: from,
      failures: 0,
      nextAttemptAt: null,
      lastSuccessAt: null,
      lastError: null,
      lastErrorAt: null,
      createdAt: tx.now,
      deletedAt: null,
    });
    tx.em.persist(sink);
    tx.record({
      action: 'audit.sink_created',
      target: sinkTarget(sink),
      changes: [
        { field: sink.url === null ? 'host' : 'url', after: sink.url ?? sink.host ?? null },
        { field: 'filter', after: JSON.stringify(sink.filter) },
      ],
      metadata: { kind: sink.kind, format: sink.format, fromSequence: from, fingerprint: sink.fingerprint ?? null },
      reason: input.reason ?? null,
    });
    return { id, secret: input.secret == null ? secret : null };
  });
}

/**
 * Changes a sink; what is not given stays. Whatever is changed, the next attempt is made at once.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function updateAuditSink(call: Call, input: UpdateAuditSinkInput): Promise<WrittenSink> {
  return withTransaction(call, async (tx) => {
    refuseManaging(tx.principal, 'sink.update');
    const sink = await locked(tx, input.sinkId);
    const before = settingsOf(sink);
    sink.name = input.name?.trim() ?? sink.name;
    sink.url = input.url ?? sink.url ?? null;
    sink.host = input.host ?? sink.host ?? null;
    sink.port = input.port ?? sink.port ?? null;
    sink.tls = input.tls ?? sink.tls;
    if (input.filter) sink.filter = keepable(input.filter);
    const { name, kind } = sink;
    const format = input.format ?? sink.format;
    const place = { name, kind, format, url: sink.url ?? null, host: sink.host ?? null, port: sink.port ?? null };
    validateSink(place, input, call.app.outgoing.destinations);
    sink.format = place.format;
    if (input.rotateSecret && kind !== 'WEBHOOK') throw invalid({ path: 'rotateSecret', message: 'goes with WEBHOOK' });
    const secret = input.secret ?? (input.rotateSecret ? newSecret() : null);
    if (secret !== null && secret !== sink.secret) {
      sink.previousSecret = sink.secret ?? null;
      sink.previousSecretUntil = new Date(tx.now.getTime() + ROTATION_MS);
      sink.secret = secret;
      sink.fingerprint = fingerprintOf(secret);
    }
    if (input.enabled === false) sink.health = 'DISABLED';
    else if (input.enabled && sink.health === 'DISABLED') sink.health = 'HEALTHY';
    sink.nextAttemptAt = null;
    const changes = changesBetween(before, settingsOf(sink));
    if (changes.length > 0) {
      const disabled = sink.health === 'DISABLED' && before['health'] !== 'DISABLED';
      tx.record({
        action: 'audit.sink_updated',
        ...(disabled ? { severity: 'CRITICAL' as const } : {}),
        target: sinkTarget(sink),
        changes,
        reason: input.reason ?? null,
      });
    }
    return { id: sink.id, secret: input.secret == null ? secret : null };
  });
}

/**
 * Ends that the record is pushed to a system, and forgets its secrets.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function deleteAuditSink(call: Call, input: { sinkId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseManaging(tx.principal, 'sink.delete');
    const sink = await locked(tx, input.sinkId);
    sink.deletedAt = tx.now;
    sink.secret = null;
    sink.previousSecret = null;
    const { kind, format, nextSequence } = sink;
    tx.record({
      action: 'audit.sink_deleted',
      target: sinkTarget(sink),
      metadata: { kind, format, nextSequence },
      reason: input.reason ?? null,
    });
    return sink.id;
  });
}

async function locked(tx: Tx, id: string): Promise<AuditSink> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const sink = isId(id) ? await tx.em.findOne(AuditSink, { workspaceId, id, deletedAt: null }, lock) : null;
  if (!sink) throw notFound('sink');
  return sink;
}

type Settings = Record<string, string | number | boolean | null>;

const settingsOf = (sink: AuditSink): Settings => ({
  name: sink.name,
  format: sink.format,
  url: sink.url ?? null,
  host: sink.host ?? null,
  port: sink.port ?? null,
  tls: sink.tls,
  filter: JSON.stringify(sink.filter),
  fingerprint: sink.fingerprint ?? null,
  health: sink.health,
});

const changesBetween = (before: Settings, after: Settings): FieldChange[] =>
  Object.keys(before)
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ field, before: before[field], after: after[field] }));
