import { AuditCategory, type RetentionPreset } from '../../entities/enums.js';
import type { Application, Call } from '../application.js';
import { sql } from '../database.js';
import { refuseUnlessAdministrator, refuseWhoSeesParts, workspaceTarget } from '../guards.js';
import { recordingDenials } from '../record-denial.js';
import type { FieldChange } from '../record/event.js';
import { Faults, MAX_REMARK } from '../text.js';
import { withTransaction } from '../transaction.js';
import { boundsOf, prunable } from './prune-step.js';

/** Days of the presets; years with all their leap days. */
const DAYS: Record<RetentionPreset, number | null> = { ONE_YEAR: 366, SIX_YEARS: 2_192, FOREVER: null };
const MIN_DAYS = 30;
const MAX_DAYS = 36_525;
/** What the log is verified with stays for ever. */
const KEPT: ReadonlySet<AuditCategory> = new Set(['AUDIT', 'PRIVACY']);

/** For how long what events of a category say is kept; null = for ever. */
export interface Rule {
  category: AuditCategory;
  days: number | null;
}

export interface SetRetentionInput {
  categories: readonly AuditCategory[];
  preset?: RetentionPreset | null | undefined;
  days?: number | null | undefined;
  reason?: string | null | undefined;
}

/** What would be pruned of a category now. */
export interface PrunableCategory {
  category: AuditCategory;
  events: number;
  oldest: Date;
  newest: Date;
}

/** The rules of a workspace, one a category. */
export async function readRetention({ db }: Pick<Application, 'db'>, workspaceId: string): Promise<Rule[]> {
  const rows = await db.rows<Rule>(
    sql`select r.category, r.days from retention_rule r where r.workspace_id = ${workspaceId}`,
  );
  return everyCategory(rows);
}

const everyCategory = (rows: readonly Rule[]): Rule[] =>
  Object.values(AuditCategory).map((category) => ({
    category,
    days: rows.find((row) => row.category === category)?.days ?? null,
  }));

/**
 * Sets for how long what events of some categories say is kept. The rules there are already change nothing.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED
 */
export async function setRetention(call: Call, input: SetRetentionInput): Promise<Rule[]> {
  validate(input);
  await recordingDenials(call, async () => refuseUnlessAdministrator(call, 'retention.set'));
  const after = input.preset ? DAYS[input.preset] : input.days!;
  const { workspaceId } = call.principal;
  return withTransaction(call, async (tx) => {
    // One after the other: each must tell of the rules that it found.
    await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`${workspaceId}/retention`}, 0))`);
    const rules = everyCategory(
      await tx.rows<Rule>(sql`select r.category, r.days from retention_rule r where r.workspace_id = ${workspaceId}`),
    );
    const changed = rules.filter(({ category, days }) => input.categories.includes(category) && days !== after);
    if (changed.length === 0) return rules;
    const changes: FieldChange[] = changed.map(({ category, days }) => ({ field: category, before: days, after }));
    for (const { category } of changed) {
      await tx.rows(sql`
        insert into retention_rule (workspace_id, category, days, changed_at)
        values (${workspaceId}, ${category}, ${after}, ${tx.now})
        on conflict (workspace_id, category) do update set days = excluded.days, changed_at = excluded.changed_at`);
    }
    const weakens = changed.some(({ days }) => after !== null && (days === null || after < days));
    tx.record({
      action: 'retention.policy_changed',
      target: workspaceTarget(workspaceId),
      severity: weakens ? 'CRITICAL' : 'NOTICE',
      changes,
      reason: input.reason ?? null,
    });
    return rules.map((rule) => (changed.includes(rule) ? { ...rule, days: after } : rule));
  });
}

function validate({ categories, preset, days, reason }: SetRetentionInput): void {
  const faults = new Faults();
  faults.optionalText('reason', reason, MAX_REMARK);
  if (categories.length === 0) faults.add('categories', 'must not be empty');
  categories.forEach((category, index) => {
    if (KEPT.has(category)) faults.add(`categories.${index}`, 'is kept for ever: the record is verified with it');
  });
  const given = (value: unknown) => value !== null && value !== undefined;
  if (given(preset) === given(days)) faults.add('days', 'either days or a preset is needed');
  else if (given(days) && (days! < MIN_DAYS || days! > MAX_DAYS))
    faults.add('days', `must be ${MIN_DAYS} to ${MAX_DAYS}`);
  faults.refuse();
}

/** By category the moment before which events are pruned now; categories that are kept for ever are left out. */
export const cutoffsOf = (rules: readonly Rule[], now: Date): Record<string, string> =>
  Object.fromEntries(
    rules
      .filter(({ category, days }) => days !== null && !KEPT.has(category))
      .map(({ category, days }) => [category, new Date(now.getTime() - days! * 86_400_000).toISOString()]),
  );

/** What would be pruned now, by category; those of which nothing would be are left out. @throws AppError FORBIDDEN */
export async function retentionDryRun(call: Call): Promise<PrunableCategory[]> {
  const { app, principal } = call;
  refuseWhoSeesParts(call);
  return countPrunable(
    app,
    principal.workspaceId,
    cutoffsOf(await readRetention(app, principal.workspaceId), app.now()),
  );
}

async function countPrunable(
  { db }: Application,
  workspaceId: string,
  cutoffs: Record<string, string>,
): Promise<PrunableCategory[]> {
  const bounds = await boundsOf(db, workspaceId, cutoffs);
  return db.rows<PrunableCategory>(sql`
    select c.category, c.events, o.recorded_at as oldest, n.recorded_at as newest from (
      select k.category, count(*)::int as events, min(b.sequence) as first, max(b.sequence) as last
      from ${prunable(workspaceId, bounds)} group by k.category) c
    join record_entry o on o.workspace_id = ${workspaceId} and o.sequence = c.first
    join record_entry n on n.workspace_id = ${workspaceId} and n.sequence = c.last
    order by c.category`);
}
