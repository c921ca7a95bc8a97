import { LockMode } from '@mikro-orm/core';
import { CannedResponse } from '../../entities/canned-response.js';
import type { Call } from '../application.js';
import { isUniqueViolation } from '../database-errors.js';
import { conflict, notFound } from '../errors.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { isId, newId } from '../ids.js';
import type { FieldChange } from '../record/event.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { refuseBeyond, refuseInactive } from '../workspaces/places.js';

const SHORTCUT = /^[a-z0-9][a-z0-9_-]{0,49}$/;
const MAX_RESPONSE = 5_000;
/** Canned responses in use: all of them are looked through for what is searched. */
const MAX_RESPONSES = 500;

export interface CreateCannedResponseInput extends WithReason {
  shortcut: string;
  text: string;
}

export interface UpdateCannedResponseInput extends WithReason {
  cannedResponseId: string;
  shortcut?: string | null | undefined;
  text?: string | null | undefined;
}

/** @throws AppError VALIDATION_FAILED */
function check({ shortcut, text, reason }: CreateCannedResponseInput): void {
  const faults = new Faults();
  if (!SHORTCUT.test(shortcut))
    faults.add('shortcut', 'must be lower-case letters, digits, - and _, 50 at most, and begin with a letter or digit');
  faults.text('text', text, MAX_RESPONSE);
  faults.optionalText('reason', reason, MAX_REASON);
  faults.refuse();
}

/**
 * Keeps an answer to be sent again.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED; CONFLICT for a shortcut in use; LIMIT_EXCEEDED at 500 in use.
 */
export async function createCannedResponse(call: Call, input: CreateCannedResponseInput): Promise<string> {
  const { shortcut, text } = input;
  return naming(shortcut, () =>
    withTransaction(call, async (tx) => {
      refuseUnlessAdministrator(tx, 'canned_response.create');
      check(input);
      const { workspaceId } = tx.principal;
      await refuseShortcut(tx, shortcut);
      await refuseBeyond(tx, {
        limit: 'cannedResponses',
        value: MAX_RESPONSES,
        there: sql`from canned_response t where t.workspace_id = ${workspaceId} and t.deactivated_at is null`,
      });
      const id = newId();
      tx.em.persist(
        tx.em.create(CannedResponse, {
          workspaceId,
          id,
          shortcut,
          text,
          useCount: 0,
          createdAt: tx.now,
          deactivatedAt: null,
        }),
      );
      tx.record({
        action: 'canned_response.created',
        target: { type: 'canned_response', id, label: shortcut },
        changes: [
          { field: 'shortcut', after: shortcut },
          { field: 'text', after: text },
        ],
        reason: input.reason ?? null,
      });
      return id;
    }),
  );
}

/**
 * Changes a canned response; what is not given stays, and so do messages that were sent with it.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for a shortcut in use, or one that was deactivated.
 */
export async function updateCannedResponse(call: Call, input: UpdateCannedResponseInput): Promise<string> {
  return naming(input.shortcut ?? '', () =>
    withTransaction(call, async (tx) => {
      refuseUnlessAdministrator(tx, 'canned_response.update');
      const response = await locked(tx, input.cannedResponseId);
      refuseInactive(response, 'canned response');
      const before = { shortcut: response.shortcut, text: response.text };
      const after = { shortcut: input.shortcut ?? before.shortcut, text: input.text ?? before.text };
      check({ ...after, reason: input.reason });
      const changes = (['shortcut', 'text'] as const)
        .filter((field) => before[field] !== after[field])
        .map((field): FieldChange => ({ field, before: before[field], after: after[field] }));
      if (changes.length === 0) return response.id;
      if (after.shortcut !== before.shortcut) await refuseShortcut(tx, after.shortcut);
      tx.em.assign(response, after);
      tx.record({
        action: 'canned_response.updated',
        target: { type: 'canned_response', id: response.id, label: after.shortcut },
        changes,
        reason: input.reason ?? null,
      });
      return response.id;
    }),
  );
}

/**
 * Lets nothing be sent with a canned response any more. What was sent stays, and says so.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function deactivateCannedResponse(
  call: Call,
  input: { cannedResponseId: string } & WithReason,
): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'canned_response.deactivate');
    const response = await locked(tx, input.cannedResponseId);
    if (response.deactivatedAt) return response.id;
    response.deactivatedAt = tx.now;
    tx.record({
      action: 'canned_response.deactivated',
      target: { type: 'canned_response', id: response.id, label: response.shortcut },
      changes: [{ field: 'active', before: true, after: false }],
      reason: input.reason ?? null,
    });
    return response.id;
  });
}

/** @throws AppError NOT_FOUND */
async function locked(tx: Tx, id: string): Promise<CannedResponse> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const found = isId(id) ? await tx.em.findOne(CannedResponse, { workspaceId, id }, lock) : null;
  if (!found) throw notFound('canned response');
  return found;
}

/** @throws AppError CONFLICT */
async function refuseShortcut(tx: Tx, shortcut: string): Promise<void> {
  const { workspaceId } = tx.principal;
  const there = await tx.em.findOne(CannedResponse, { workspaceId, shortcut, deactivatedAt: null });
  if (there) throw taken(shortcut, there.id);
}

const taken = (shortcut: string, cannedResponseId?: string) =>
  conflict('There is a canned response with this shortcut.', {
    shortcut,
    ...(cannedResponseId ? { cannedResponseId } : {}),
  });

/** Two who take one shortcut at once: whoever comes second is told so by the database. */
async function naming<T>(shortcut: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error)) throw taken(shortcut);
    throw error;
  }
}
