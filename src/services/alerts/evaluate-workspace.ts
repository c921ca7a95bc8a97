import { LockMode } from '@mikro-orm/core';
import { Alert, AlertRule } from '../../entities/alert.js';
import type { RowOf } from '../../entities/row.js';
import type { Application, Call } from '../application.js';
import { commit, type Tx } from '../commit.js';
import { isUnavailable } from '../errors.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { readAfter, type RecordRow } from '../record/read.js';
import { sql } from '../sql.js';
import { refuseHoles } from '../streams/pages.js';
import { alertEvents } from './alert-event.js';
import { conditions } from './conditions.js';
import { connectionsOf } from './connections.js';
import { countOn, draftsOf, type Draft } from './drafts.js';
import { ensureRules } from './ensure-rules.js';
import { PageSizes } from './page-sizes.js';
import { evaluate, meetings, type Counted, type Mute, type Outcome, type Setting } from './evaluate.js';
import { Memory, type Remembered } from './memory.js';
import { judging, type JudgingRule } from './rule.js';

/** The product at work in a workspace. */
export const systemCall = (app: Application, workspaceId: string): Call => ({
  app,
  principal: systemPrincipal(workspaceId),
  request: { id: newId(), ipAddress: null, userAgent: null },
});

/**
 * Evaluates the next events of a workspace. What is remembered, what is raised and how far it has come move in one
 * transaction, under the cursor's lock: whoever dies in it has done nothing, and of two nodes the second finds it done.
 * @param sizes how many they are; halved where that was too much.
 * @returns whether there may be more.
 * @throws AppError UNAVAILABLE; StandsStill where trying again will not help.
 */
export async function evaluateWorkspace(
  app: Application,
  workspaceId: string,
  sizes: PageSizes = new PageSizes(),
): Promise<boolean> {
  const [cursor] = await app.db.rows<{ sequence: number }>(
    sql`select sequence from alert_cursor where workspace_id = ${workspaceId}`,
  );
  if (!cursor) {
    await commit(systemCall(app, workspaceId), ensureRules);
    return true;
  }
  const size = sizes.of(workspaceId);
  try {
    const rows = await readAfter(app.db, workspaceId, cursor.sequence, size);
    if (rows.length === 0) return false;
    refuseHoles(cursor.sequence, rows);
    await commit(systemCall(app, workspaceId), async (tx) => {
      // Another node may have evaluated these meanwhile.
      if ((await lockedCursor(tx)) === cursor.sequence) await evaluatePage(tx, rows);
    });
    sizes.double(workspaceId);
    return rows.length === size;
  } catch (error) {
    if (isUnavailable(error) && sizes.halve(workspaceId)) throw error;
    throw new StandsStill(cursor.sequence, error);
  }
}

/** Evaluation does not get past an event: nothing that comes after it can raise an alert. */
export class StandsStill extends Error {
  override readonly name = 'StandsStill';

  constructor(after: number, cause: unknown) {
    super(`the record cannot be evaluated after sequence ${after}`, { cause });
  }
}

/** Holds whoever evaluates this workspace back until the transaction ends. @returns how far it has come. */
export async function lockedCursor(tx: Tx): Promise<number> {
  const [cursor] = await tx.rows<{ sequence: number }>(
    sql`select sequence from alert_cursor where workspace_id = ${tx.principal.workspaceId} for update`,
  );
  return cursor!.sequence;
}

async function evaluatePage(tx: Tx, rows: readonly RecordRow[]): Promise<void> {
  const { workspaceId } = tx.principal;
  const { db } = tx.call.app;
  const rules = await enabledRules(tx);
  const met = meetings(workspaceId, rules, alertEvents(rows));
  const memory = await remembered(tx, met);
  const asking = met.filter(
    ({ rule, passes }) => passes && rule.condition && conditions[rule.condition].asksForConnection,
  );
  const setting: Setting = {
    workspaceId,
    timeZone: await timeZoneOf(tx),
    mutes: await mutesOf(tx),
    connected: await connectionsOf(db, workspaceId, [...new Set(asking.map(({ event }) => event))]),
    newAlertId: newId,
  };
  await keep(tx, evaluate(met, memory, setting));
  await remember(tx, memory);
  const last = rows.at(-1)!;
  await tx.rows(sql`
    delete from alert_state where workspace_id = ${workspaceId} and expires_at < ${last.recordedAt}::timestamptz`);
  await tx.rows(sql`update alert_cursor set sequence = ${last.sequence} where workspace_id = ${workspaceId}`);
}

/** The rules that are switched on, oldest first. */
export async function enabledRules(tx: Tx): Promise<JudgingRule[]> {
  const rows = await tx.rows<RowOf<AlertRule>>(sql`
    select ${tx.call.app.db.columns(AlertRule, 'r')} from alert_rule r
    where r.workspace_id = ${tx.principal.workspaceId} and r.enabled and r.deleted_at is null order by r.id`);
  return rows.map(judging);
}

async function timeZoneOf(tx: Tx): Promise<string> {
  const [workspace] = await tx.rows<{ timeZone: string }>(
    sql`select time_zone as "timeZone" from workspace where id = ${tx.principal.workspaceId}`,
  );
  return workspace!.timeZone;
}

/** All mutes there have been: which of them hold is a matter of the events' time. */
export const mutesOf = (tx: Tx): Promise<Mute[]> =>
  tx.rows<Mute>(sql`
    select rule_id as "ruleId", group_key as "groupKey", muted_at as "mutedAt", until from alert_mute
    where workspace_id = ${tx.principal.workspaceId}`);

async function remembered(tx: Tx, met: ReturnType<typeof meetings>): Promise<Memory> {
  const places = new Map<string, { rule: string; key: string }>();
  for (const { rule, windowKey, conditionKey } of met) {
    for (const key of [windowKey, conditionKey]) {
      if (key !== null) places.set(`${rule.id} ${key}`, { rule: rule.id, key });
    }
  }
  if (places.size === 0) return new Memory();
  const rows = await tx.rows<Omit<Remembered, 'expiresAt' | 'dueAt'> & { expiresAt: Date; dueAt: Date | null }>(sql`
    select s.rule_id as "ruleId", s.key, s.version, s.state, s.expires_at as "expiresAt", s.due_at as "dueAt"
    from jsonb_to_recordset(${JSON.stringify([...places.values()])}::jsonb) as k(rule uuid, key text)
    join alert_state s on s.workspace_id = ${tx.principal.workspaceId} and s.rule_id = k.rule and s.key = k.key`);
  return new Memory(
    rows.map((row) => ({ ...row, expiresAt: row.expiresAt.getTime(), dueAt: row.dueAt?.getTime() ?? null })),
  );
}

/** Writes down what the rules remember now. */
export async function remember(tx: Tx, memory: Memory): Promise<void> {
  const { workspaceId } = tx.principal;
  const [kept, gone] = [[] as Remembered[], [] as Remembered[]];
  for (const one of memory.changed) (one.state === null ? gone : kept).push(one);
  if (gone.length > 0) {
    await tx.rows(sql`
      delete from alert_state s using jsonb_to_recordset(${JSON.stringify(gone)}::jsonb) as k("ruleId" uuid, key text)
      where s.workspace_id = ${workspaceId} and s.rule_id = k."ruleId" and s.key = k.key`);
  }
  if (kept.length === 0) return;
  await tx.rows(sql`
    insert into alert_state (workspace_id, rule_id, key, version, state, expires_at, due_at)
    select ${workspaceId}::uuid, k."ruleId", k.key, k.version, k.state, to_timestamp(k."expiresAt" / 1000.0),
      to_timestamp(k."dueAt" / 1000.0)
    from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb)
      as k("ruleId" uuid, key text, version int, state jsonb, "expiresAt" bigint, "dueAt" bigint)
    on conflict (workspace_id, rule_id, key) do update
      set version = excluded.version, state = excluded.state, expires_at = excluded.expires_at, due_at = excluded.due_at`);
}

/** Writes down what has been raised and counted, and puts what was raised onto the record. */
export async function keep(tx: Tx, outcome: Outcome): Promise<void> {
  const { drafts, counted } = await draftsOf(tx.call.app.db, tx.principal.workspaceId, outcome);
  for (const [alertId, more] of Map.groupBy(counted, (one) => one.alertId)) await countMore(tx, alertId, more);
  if (drafts.length === 0) return;
  const names = await ruleNames(tx, drafts);
  for (const draft of drafts) raise(tx, draft, names.get(draft.rule.id)!);
}

/** On one that somebody has resolved nothing is counted any more: what comes after its quiet time is a new one. */
async function countMore({ em, principal }: Tx, id: string, more: readonly Counted[]): Promise<void> {
  const alert = await em.findOne(
    Alert,
    { workspaceId: principal.workspaceId, id },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  if (!alert || alert.status === 'RESOLVED') return;
  const tally = {
    ...alert,
    sequences: [...alert.sequences],
    actorIds: [...alert.actorIds],
    actorKinds: [...alert.actorKinds],
  };
  for (const one of more) countOn(tally, one);
  const { count, lastAt, sequences, actorIds, actorKinds, othersActed } = tally;
  em.assign(alert, { count, lastAt, sequences, actorIds, actorKinds, othersActed });
}

async function ruleNames(tx: Tx, drafts: readonly Draft[]): Promise<Map<string, string>> {
  const ids = [...new Set(drafts.map(({ rule }) => rule.id))];
  const rows = await tx.rows<{ id: string; name: string }>(
    sql`select id, name from alert_rule where workspace_id = ${tx.principal.workspaceId} and id = any(${ids}::uuid[])`,
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

function raise(tx: Tx, draft: Draft, name: string): void {
  const { id, rule, groupKey, raised, eventIds, raisedAt } = draft;
  const { count, firstAt, lastAt, sequences, actorIds, actorKinds, othersActed } = draft;
  const { severity, groupBy } = rule;
  tx.em.persist(
    tx.em.create(Alert, {
      workspaceId: tx.principal.workspaceId,
      id,
      ruleId: rule.id,
      severity,
      status: 'RAISED',
      groupBy,
      groupKey,
      count,
      firstAt,
      lastAt,
      sequences,
      actorIds,
      actorKinds,
      othersActed,
      raisedAt,
      acknowledgedByKind: null,
      acknowledgedById: null,
      acknowledgedAt: null,
      acknowledgeReason: null,
      resolvedByKind: null,
      resolvedById: null,
      resolvedAt: null,
      resolveReason: null,
    }),
  );
  tx.record({
    action: 'alert.raised',
    severity,
    target: { type: 'alert', id, label: name },
    related: eventIds.map((eventId) => ({ type: 'event', id: eventId })),
    ...(raised.conversationId ? { conversationId: raised.conversationId } : {}),
    metadata: {
      ruleId: rule.id,
      count: raised.count,
      sequences: [...raised.sequences],
      groupBy,
      // What an address is grouped by is not on the record: the events that it came with have it, until it is erased.
      ...(groupBy === 'ADDRESS' || groupKey === '' ? {} : { group: groupKey }),
    },
  });
}
