import type { Call } from '../application.js';
import { forbidden, invalid } from '../errors.js';
import { newId } from '../ids.js';
import { ownWorkspace } from '../lookups.js';
import { recordSight } from '../policy.js';
import { readAfter } from '../record/read.js';
import { alertEvents } from './alert-event.js';
import { checkedRule, type AlertRuleFields } from './check-rule.js';
import { conditions } from './conditions.js';
import { connectionsOf } from './connections.js';
import { draftsOf, type Tally } from './drafts.js';
import { evaluate, meetings, type Counted, type Raised } from './evaluate.js';
import { Memory } from './memory.js';
import type { JudgingRule } from './rule.js';
import { ruleFrom, type NewAlertRule } from './write-rules.js';

/** The most events that are gone through, and alerts that are shown. */
const MAX_EVENTS = 20_000;
const MAX_SHOWN = 100;
const PAGE = 500;

/** An alert that a rule would have raised. */
export interface PreviewedAlert extends Tally {
  groupBy: JudgingRule['groupBy'];
  groupKey: string;
  raisedAt: Date;
}

/**
 * What a rule would have raised over a part of the record, had there been nothing before it, and no mutes. It answers from
 * any event, so it is for who reads all of them; to administer is not enough.
 * @param from the first sequence, and `to` the last.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED
 */
export async function previewRule(
  call: Call,
  input: NewAlertRule,
  range: { from: number; to: number },
): Promise<{ evaluated: number; raised: number; alerts: PreviewedAlert[] }> {
  const { app, principal } = call;
  const { workspaceId } = principal;
  const sight = recordSight(principal);
  if (!sight.everything) throw forbidden('Only who reads all of the record may try rules over it.');
  const fields: AlertRuleFields = checkedRule(ruleFrom(input), () => true, input, sight);
  if (fields.condition === 'SILENT') {
    throw invalid({ path: 'input.condition', message: 'SILENT asks the clock, and has no past to be shown' });
  }
  if (range.from < 0) throw invalid({ path: 'from', message: 'must be 0 or more' });
  if (range.to < range.from || range.to - range.from >= MAX_EVENTS) {
    throw invalid({ path: 'to', message: `must be from ${range.from} to ${range.from + MAX_EVENTS - 1}` });
  }
  const rule: JudgingRule = { ...fields, id: newId(), version: 1 };
  const setting = { workspaceId, timeZone: (await ownWorkspace(call)).timeZone, mutes: [], newAlertId: newId };
  const memory = new Memory();
  const [raised, counted] = [[] as Raised[], [] as Counted[]];
  let at = range.from - 1;
  while (at < range.to) {
    const rows = await readAfter(app.db, workspaceId, at, Math.min(PAGE, range.to - at));
    if (rows.length === 0) break;
    const met = meetings(workspaceId, [rule], alertEvents(rows));
    const asking = rule.condition && conditions[rule.condition].asksForConnection;
    const asked = asking ? met.filter(({ passes }) => passes).map(({ event }) => event) : [];
    const outcome = evaluate(met, memory, {
      ...setting,
      connected: await connectionsOf(app.db, workspaceId, asked),
    });
    raised.push(...outcome.raised);
    counted.push(...outcome.counted);
    at = rows.at(-1)!.sequence;
  }
  const shown = raised.slice(-MAX_SHOWN);
  const { drafts } = await draftsOf(app.db, workspaceId, { raised: shown, counted });
  return {
    evaluated: at - range.from + 1,
    raised: raised.length,
    alerts: drafts.map((draft) => ({ ...draft, groupBy: rule.groupBy })),
  };
}
