import { AlertState } from '../../entities/alert.js';
import type { RowOf } from '../../entities/row.js';
import type { Application } from '../application.js';
import { commit } from '../commit.js';
import { newId } from '../ids.js';
import { rowLimit } from '../paging.js';
import { readHeads } from '../record/read.js';
import { sql } from '../sql.js';
import type { LastSign } from './conditions/silent.js';
import { enabledRules, keep, lockedCursor, mutesOf, remember, systemCall } from './evaluate-workspace.js';
import { isMuted } from './evaluate.js';
import { WHOLE } from './groups.js';
import { Memory } from './memory.js';

/** What falls due in one transaction; the rest does in the next one. */
const BATCH = 100;

/**
 * Raises what is raised because nothing has happened. Only once every event has been evaluated: the one that was waited
 * for may be among those that are not.
 * @returns how many fell due.
 */
export async function evaluateDue(app: Application, workspaceId: string): Promise<number> {
  return commit(systemCall(app, workspaceId), async (tx) => {
    const cursor = await lockedCursor(tx);
    const [head] = await readHeads(app.db, [workspaceId]);
    if (!head || head.size - 1 > cursor) return 0;
    const due = await tx.rows<RowOf<AlertState>>(sql`
      select ${app.db.columns(AlertState, 's')} from alert_state s
      where s.workspace_id = ${workspaceId} and s.due_at <= ${tx.now} order by s.due_at limit ${rowLimit(BATCH)}`);
    const rules = new Map((await enabledRules(tx)).map((rule) => [rule.id, rule]));
    const mutes = await mutesOf(tx);
    const memory = new Memory(
      due.map((row) => ({ ...row, expiresAt: row.expiresAt.getTime(), dueAt: row.dueAt!.getTime() })),
    );
    const raised = due.flatMap(({ ruleId, key, version, state, dueAt }) => {
      const rule = rules.get(ruleId);
      // A silence is told once; the next sign of life begins a new one.
      memory.set({ id: ruleId, version }, key, null, tx.now.getTime(), null);
      if (!rule || rule.version !== version) return [];
      const group = key.slice('condition:'.length);
      if (isMuted(mutes, ruleId, group, tx.now.getTime())) return [];
      const { sequence } = state as LastSign;
      return [
        {
          alertId: newId(),
          rule,
          groupKey: group,
          conversationId: rule.groupBy === 'CONVERSATION' && group !== WHOLE ? group : null,
          sequences: [sequence],
          count: 1,
          at: dueAt!.getTime(),
        },
      ];
    });
    await keep(tx, { raised, counted: [] });
    await remember(tx, memory);
    return due.length;
  });
}
