import { alertEvents } from '../../src/services/alerts/alert-event.js';
import { evaluate, meetings, type Setting } from '../../src/services/alerts/evaluate.js';
import { Memory } from '../../src/services/alerts/memory.js';
import type { JudgingRule } from '../../src/services/alerts/rule.js';
import { shippedRules } from '../../src/services/alerts/shipped-rules.js';
import type { RecordBody } from '../../src/services/record/envelope.js';
import { filterColumns } from '../../src/services/record/envelope.js';
import type { RecordRow } from '../../src/services/record/read.js';
import { conditions } from '../../src/services/alerts/conditions.js';

/** An event that never was: what is not said of it does not matter. */
export type Made = Partial<Omit<RecordBody, 'actor'>> & {
  action: string;
  /** Seconds since the first. */
  at?: number;
  actor?: { kind: RecordBody['actor']['kind']; id?: string };
};

const WORKSPACE = '00000000-0000-7000-8000-000000000000';
/** A Monday, at noon. */
export const START = Date.parse('2026-03-02T12:00:00.000Z');

/** The id of a made thing. */
export const idOf = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

function rowOf({ at = 0, ...made }: Made, sequence: number): RecordRow {
  const time = new Date(START + at * 1000);
  const body: RecordBody = {
    v: 1,
    id: idOf(1_000_000 + sequence),
    ws: WORKSPACE,
    category: 'CONVERSATION',
    severity: 'INFO',
    outcome: 'SUCCESS',
    occurred: time.toISOString(),
    salt: 'A'.repeat(22),
    ...made,
    actor: made.actor ?? { kind: 'AGENT', id: idOf(1) },
  };
  return {
    ...filterColumns(body),
    workspaceId: WORKSPACE,
    sequence,
    recordedAt: time,
    recordedAtText: '',
    bodyHash: Buffer.alloc(32),
    leafHash: Buffer.alloc(32),
    occurredAt: time,
    body: JSON.stringify(body),
    disclosures: [],
  } as unknown as RecordRow;
}

/** A rule as it is shipped, or with what is said of it. */
export function ruleOf(key: string | null, more: Partial<JudgingRule> = {}): JudgingRule {
  const shipped = shippedRules.find((rule) => rule.key === key);
  const rule = {
    id: idOf(900),
    version: 1,
    condition: null,
    threshold: 1,
    windowSeconds: 60,
    groupBy: 'NONE' as const,
    severity: 'WARNING' as const,
    quietSeconds: 0,
    filter: {},
    ...shipped,
    ...more,
  };
  const parameters = { ...shipped?.parameters, ...more.parameters };
  return {
    ...rule,
    parameters: rule.condition ? (conditions[rule.condition].parameters.parse(parameters) as object) : {},
  } as JudgingRule;
}

/** The sequences of each alert that a rule raises over made events, and of what counts on it afterwards. */
export function raisedBy(
  rule: JudgingRule,
  made: readonly Made[],
  { pages = [made.length], ...more }: Partial<Setting> & { pages?: readonly number[] } = {},
): number[][] {
  let next = 0;
  const setting: Setting = {
    workspaceId: WORKSPACE,
    timeZone: 'UTC',
    mutes: [],
    connected: new Map(),
    newAlertId: () => String((next += 1)),
    ...more,
  };
  const memory = new Memory();
  const alerts = new Map<string, number[]>();
  const rows = made.map(rowOf);
  let from = 0;
  for (const page of pages) {
    const { raised, counted } = evaluate(
      meetings(WORKSPACE, [rule], alertEvents(rows.slice(from, from + page))),
      memory,
      setting,
    );
    from += page;
    for (const { alertId, sequences } of raised) alerts.set(alertId, [...sequences]);
    for (const { alertId, sequence } of counted) alerts.get(alertId)!.push(sequence);
  }
  return [...alerts.values()];
}
