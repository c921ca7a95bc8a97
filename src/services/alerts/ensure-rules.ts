import type { Application } from '../application.js';
import { commit, type Tx } from '../commit.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { sql } from '../sql.js';
import { shippedRules } from './shipped-rules.js';

/** Workspaces that get their rules in one sweep; the others wait for the next one. */
const BATCH = 100;

/**
 * Gives the transaction's workspace the rules that every workspace has, and a place to evaluate from; what is there stays
 * as it is. They come with the product, like the other settings that a workspace begins with, so no event tells of it.
 */
export async function ensureRules(tx: Tx): Promise<void> {
  const { workspaceId } = tx.principal;
  const rows = shippedRules.map((rule) => ({
    ...rule,
    id: newId(),
    enabled: rule.enabled ?? true,
    condition: rule.condition ?? null,
    parameters: rule.parameters ?? {},
  }));
  await tx.rows(sql`
    insert into alert_rule (workspace_id, id, key, name, description, enabled, filter, condition, parameters, threshold,
      window_seconds, group_by, severity, quiet_seconds, version, created_at, updated_at)
    select ${workspaceId}::uuid, r.id, r.key, r.name, r.description, r.enabled, r.filter, r.condition, r.parameters,
      r.threshold, r."windowSeconds", r."groupBy", r.severity, r."quietSeconds", 1, ${tx.now}, ${tx.now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id uuid, key text, name text, description text,
      enabled boolean, filter jsonb, condition text, parameters jsonb, threshold int, "windowSeconds" int,
      "groupBy" text, severity text, "quietSeconds" int)
    on conflict (workspace_id, key) do nothing`);
  await tx.rows(
    sql`insert into alert_cursor (workspace_id, sequence) values (${workspaceId}, -1) on conflict do nothing`,
  );
}

/** Gives their rules to the workspaces that were there before them. Safe in several processes at once. */
export async function ensureRulesEverywhere(app: Application): Promise<void> {
  const keys = shippedRules.map(({ key }) => key);
  const missing = await app.db.rows<{ workspaceId: string }>(
    sql`select workspace_id as "workspaceId" from alert_rules_missing(${keys}::text[], ${BATCH})`,
  );
  for (const { workspaceId } of missing) {
    const request = { id: newId(), ipAddress: null, userAgent: null };
    await commit({ app, principal: systemPrincipal(workspaceId), request }, ensureRules);
  }
}
