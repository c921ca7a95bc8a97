import { LockMode } from '@mikro-orm/core';
import { z } from 'zod';
import { AlertDestination } from '../../entities/alert-destination.js';
import type { AlertDestinationKind, Severity } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { AppError, forbidden, notFound } from '../errors.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { isId, newId } from '../ids.js';
import { fingerprintOf, newSecret } from '../outgoing/secrets.js';
import { canAdminister } from '../policy.js';
import { readHeads } from '../record/read.js';
import type { FieldChange } from '../record/event.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { refuseBeyond } from '../workspaces/places.js';

/** The most that a workspace has. */
export const MAX_DESTINATIONS = 20;
const MAX_ADDRESSES = 10;
const MAX_URL = 2_000;

export type AlertDestinationRow = Omit<RowOf<AlertDestination>, 'secret'>;

export interface NewAlertDestination extends WithReason {
  name: string;
  kind: AlertDestinationKind;
  url?: string | null | undefined;
  addresses?: readonly string[] | null | undefined;
  minSeverity?: Severity | null | undefined;
}

export interface AlertDestinationUpdate extends Partial<Omit<NewAlertDestination, 'kind' | 'name'>> {
  destinationId: string;
  name?: string | null | undefined;
  enabled?: boolean | null | undefined;
  rotateSecret?: boolean | null | undefined;
}

/**
 * Has alerts sent to somewhere, from the next one on.
 * @returns its id, and the secret that webhooks are signed with, which is shown never again.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED; LIMIT_EXCEEDED at 20 of them.
 */
export async function createAlertDestination(
  call: Call,
  input: NewAlertDestination,
): Promise<{ id: string; secret: string | null }> {
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'alert_destination.create');
    const { workspaceId } = tx.principal;
    check(call, { ...input, url: input.url ?? null, addresses: input.addresses ?? [] });
    await refuseBeyond(tx, {
      limit: 'alertDestinations',
      value: MAX_DESTINATIONS,
      there: sql`from alert_destination t where t.workspace_id = ${workspaceId} and t.deleted_at is null`,
    });
    const secret = input.kind === 'WEBHOOK' ? newSecret() : null;
    const [head] = await readHeads(call.app.db, [workspaceId]);
    const destination = tx.em.create(AlertDestination, {
      workspaceId,
      id: newId(),
      name: input.name.trim(),
      kind: input.kind,
      url: input.url ?? null,
      secret,
      secretFingerprint: secret && fingerprintOf(secret),
      addresses: [...(input.addresses ?? [])],
      minSeverity: input.minSeverity ?? 'WARNING',
      enabled: true,
      sequence: head!.size - 1,
      attempts: 0,
      nextAttemptAt: tx.now,
      lastError: null,
      deliveredAt: null,
      createdAt: tx.now,
      deletedAt: null,
    });
    tx.em.persist(destination);
    const changes = changesOf({}, fieldsOf(destination));
    tx.record({
      action: 'alert_destination.created',
      target: targetOf(destination),
      changes,
      reason: input.reason ?? null,
    });
    return { id: destination.id, secret };
  });
}

/**
 * Changes where alerts are sent to. What is absent stays as it is. Switched on again, it goes on with the alert that it
 * could not deliver.
 * @returns its id, and the new secret where one was asked for.
 * @throws AppError NOT_FOUND, also for who may not see it; VALIDATION_FAILED
 */
export async function updateAlertDestination(
  call: Call,
  input: AlertDestinationUpdate,
): Promise<{ id: string; secret: string | null }> {
  return withTransaction(call, async (tx) => {
    const destination = await accessDestination(tx, input.destinationId, 'alert_destination.update');
    const before = fieldsOf(destination);
    const { kind } = destination;
    const asked = {
      name: input.name ?? destination.name,
      url: input.url ?? destination.url ?? null,
      addresses: input.addresses ?? destination.addresses,
    };
    check(call, { kind, ...asked, reason: input.reason });
    const rotates = input.rotateSecret === true;
    if (rotates && kind !== 'WEBHOOK') {
      throw new AppError('VALIDATION_FAILED', 'input.rotateSecret: only webhooks are signed', {
        fields: [{ path: 'input.rotateSecret', message: 'only webhooks are signed' }],
      });
    }
    const secret = rotates ? newSecret() : null;
    const enabled = input.enabled ?? destination.enabled;
    tx.em.assign(destination, {
      name: asked.name.trim(),
      url: asked.url,
      addresses: [...asked.addresses],
      minSeverity: input.minSeverity ?? destination.minSeverity,
      enabled,
      ...(secret ? { secret, secretFingerprint: fingerprintOf(secret) } : {}),
    });
    const changes = changesOf(before, fieldsOf(destination));
    if (changes.length === 0) return { id: destination.id, secret };
    // Perhaps what was wrong has just been put right.
    tx.em.assign(destination, { attempts: 0, nextAttemptAt: tx.now });
    tx.record({
      action: 'alert_destination.updated',
      target: targetOf(destination),
      changes,
      reason: input.reason ?? null,
    });
    return { id: destination.id, secret };
  });
}

/**
 * Has alerts sent there no longer, and forgets the secret.
 * @throws AppError NOT_FOUND, also for who may not see it; VALIDATION_FAILED
 */
export async function deleteAlertDestination(
  call: Call,
  input: { destinationId: string } & WithReason,
): Promise<string> {
  checkReason(input, 'input.reason');
  return withTransaction(call, async (tx) => {
    const destination = await accessDestination(tx, input.destinationId, 'alert_destination.delete');
    const changes = changesOf(fieldsOf(destination), {});
    tx.record({
      action: 'alert_destination.deleted',
      target: targetOf(destination),
      changes,
      reason: input.reason ?? null,
    });
    tx.em.assign(destination, { deletedAt: tx.now, enabled: false, secret: null });
    return destination.id;
  });
}

/** Where alerts are sent to, oldest first. @throws AppError FORBIDDEN */
export async function listAlertDestinations({ app, principal }: Call): Promise<AlertDestinationRow[]> {
  if (!canAdminister(principal)) throw forbidden('Only administrators may see where alerts are sent to.');
  return app.db.rows<AlertDestinationRow>(sql`
    select ${app.db.columns(AlertDestination, 'd')} from alert_destination d
    where d.workspace_id = ${principal.workspaceId} and d.deleted_at is null order by d.created_at, d.id`);
}

async function accessDestination(tx: Tx, id: string, attempted: string): Promise<AlertDestination> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const found = isId(id) ? await tx.em.findOne(AlertDestination, { workspaceId, id, deletedAt: null }, lock) : null;
  if (!found) throw notFound('alert destination');
  if (canAdminister(tx.principal)) return found;
  throw notFound('alert destination').recordedAs({ attempted, target: targetOf(found) });
}

/** A destination as the target of an event. */
export const targetOf = ({ id, name }: Pick<AlertDestination, 'id' | 'name'>) => ({
  type: 'alert_destination',
  id,
  label: name,
});

function check(
  { app }: Call,
  {
    name,
    kind,
    url,
    addresses,
    reason,
  }: { name: string; kind: AlertDestinationKind; url: string | null; addresses: readonly string[] } & WithReason,
): void {
  const faults = new Faults();
  faults.text('input.name', name, MAX_REMARK);
  faults.optionalText('input.reason', reason, MAX_REASON);
  if (kind === 'WEBHOOK') {
    const parsed = url !== null && url.length <= MAX_URL && URL.canParse(url) ? new URL(url) : null;
    const fault = parsed ? app.outgoing.destinations.faultOf(parsed) : 'must be an https address';
    if (fault !== null) faults.add('input.url', fault);
    if (addresses.length > 0) faults.add('input.addresses', 'go with EMAIL');
  } else {
    if (app.outgoing.mails === null)
      faults.add('input.kind', 'e-mail cannot be sent: the operator has not set SMTP_URL');
    if (url !== null) faults.add('input.url', 'goes with WEBHOOK');
    if (addresses.length < 1 || addresses.length > MAX_ADDRESSES) {
      faults.add('input.addresses', `must be 1 to ${MAX_ADDRESSES}`);
    }
    addresses.forEach((address, index) => {
      if (!z.email().safeParse(address).success) faults.add(`input.addresses.${index}`, 'is not an e-mail address');
    });
  }
  faults.refuse();
}

const fieldsOf = (destination: AlertDestination): Record<string, string | boolean | undefined> => ({
  name: destination.name,
  kind: destination.kind,
  url: destination.url ?? undefined,
  addresses: destination.addresses.join(', ') || undefined,
  minSeverity: destination.minSeverity,
  enabled: destination.enabled,
  secretFingerprint: destination.secretFingerprint ?? undefined,
});

const changesOf = (
  before: Record<string, string | boolean | undefined>,
  after: Record<string, string | boolean | undefined>,
): FieldChange[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((field) =>
    before[field] === after[field] ? [] : [{ field, before: before[field], after: after[field] }],
  );
