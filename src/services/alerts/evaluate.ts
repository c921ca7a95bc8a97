import type { ActorKind } from '../../entities/enums.js';
import { passesEventFilter } from '../record/event-filter.js';
import type { AlertEvent } from './alert-event.js';
import { conditions } from './conditions.js';
import { EVERY_GROUP, groupKeyOf, WHOLE } from './groups.js';
import type { Memory } from './memory.js';
import type { JudgingRule } from './rule.js';

/** The most events, and actors, that an alert names. */
export const NAMED = 64;

/** What came of a rule and an event: a new alert, or one more for one that is there. */
export interface Raised {
  readonly alertId: string;
  readonly rule: JudgingRule;
  readonly groupKey: string;
  readonly conversationId: string | null;
  /** Ascending; where there were more than are named, the first. */
  readonly sequences: readonly number[];
  readonly count: number;
  /** When the last of them was recorded, in milliseconds since 1970. */
  readonly at: number;
}
export interface Counted {
  readonly alertId: string;
  readonly sequence: number;
  readonly at: number;
  readonly actor: { kind: ActorKind; id: string } | null;
}
export interface Outcome {
  readonly raised: readonly Raised[];
  readonly counted: readonly Counted[];
}

/** While it is muted, nothing of the group is counted. */
export interface Mute {
  readonly ruleId: string;
  readonly groupKey: string;
  readonly mutedAt: Date;
  readonly until: Date;
}

/** Where the events are from, and what was found out about them before. */
export interface Setting {
  readonly workspaceId: string;
  readonly timeZone: string;
  readonly mutes: readonly Mute[];
  /** By sequence, whether the actor had to do with the conversation before. */
  readonly connected: ReadonlyMap<number, boolean>;
  readonly newAlertId: () => string;
}

/** What a rule remembers of a group: what counts towards the next alert, and the one that further events count on. */
interface Window {
  recent: [sequence: number, at: number][];
  quietUntil: number | null;
  alertId: string | null;
}

/** A rule and an event that it must see. */
interface Meeting {
  rule: JudgingRule;
  event: AlertEvent;
  passes: boolean;
  group: string;
  conditionKey: string | null;
  windowKey: string;
}

/** Which rules meet which events, in the order of the record. */
export function meetings(workspaceId: string, rules: readonly JudgingRule[], events: readonly AlertEvent[]): Meeting[] {
  return events.flatMap((event) =>
    rules.flatMap((rule): Meeting[] => {
      const condition = rule.condition ? conditions[rule.condition] : null;
      const passes = passesEventFilter(rule.filter, event.row);
      if (!passes && !condition?.observes?.(rule.parameters).includes(event.row.action!)) return [];
      const group = groupKeyOf(workspaceId, rule.groupBy, event);
      const key = condition?.keyOf?.(event, group) ?? null;
      const conditionKey = key === null ? null : `condition:${key}`;
      return [{ rule, event, passes, group, conditionKey, windowKey: `window:${group}` }];
    }),
  );
}

/**
 * What the rules make of events. Depends on these events, what is remembered of those before them, and the setting; never
 * on the clock or on how the events are cut into pages, so that a replay finds what was found then.
 */
export function evaluate(met: readonly Meeting[], memory: Memory, setting: Setting): Outcome {
  const raised: Raised[] = [];
  const counted: Counted[] = [];
  for (const meeting of met) {
    const found = judge(meeting, memory, setting);
    const { rule, event, group } = meeting;
    if (!found || isMuted(setting.mutes, rule.id, group, event.at)) continue;
    const outcome = count(meeting, found, memory, setting);
    if (outcome && 'rule' in outcome) raised.push(outcome);
    else if (outcome) counted.push(outcome);
  }
  return { raised, counted };
}

interface Found {
  earlier: readonly number[];
  count: number;
}

/** Whether the event counts; null = it does not. */
function judge({ rule, event, passes, conditionKey }: Meeting, memory: Memory, setting: Setting): Found | null {
  if (!rule.condition) return { earlier: [], count: 1 };
  const { earlier = [], ...judgement } = conditions[rule.condition].judge({
    event,
    passes,
    parameters: rule.parameters,
    state: conditionKey === null ? null : memory.get(rule, conditionKey, event.at),
    timeZone: setting.timeZone,
    connected: setting.connected.get(event.sequence),
  });
  if (conditionKey !== null) {
    memory.set(rule, conditionKey, judgement.state, judgement.until ?? event.at, judgement.due ?? null);
  }
  return judgement.holds && passes ? { earlier, count: judgement.count ?? earlier.length + 1 } : null;
}

function count({ rule, event, group, windowKey }: Meeting, found: Found, memory: Memory, setting: Setting) {
  const { at, sequence, row } = event;
  const known = memory.get(rule, windowKey, at) as Window | null;
  if (known?.quietUntil && at < known.quietUntil) {
    const actor = row.actorId === null ? null : { kind: row.actorKind as ActorKind, id: row.actorId };
    return known.alertId === null ? null : { alertId: known.alertId, sequence, at, actor };
  }
  const horizon = rule.windowSeconds * 1000;
  const recent: Window['recent'] = [
    ...(known?.recent ?? []).filter(([, earlier]) => earlier > at - horizon),
    [sequence, at],
  ];
  if (recent.length < rule.threshold) {
    memory.set(rule, windowKey, { recent, quietUntil: null, alertId: null } satisfies Window, at + horizon, null);
    return null;
  }
  const sequences = new Set([...found.earlier, ...recent.map(([counted]) => counted)]);
  const raised: Raised = {
    alertId: setting.newAlertId(),
    rule,
    groupKey: group,
    conversationId: rule.groupBy === 'CONVERSATION' && group !== WHOLE ? group : null,
    sequences: [...sequences].toSorted((a, b) => a - b).slice(0, NAMED),
    count: recent.length - 1 + found.count,
    at,
  };
  const quietUntil = at + rule.quietSeconds * 1000;
  const quiet: Window = { recent: [], quietUntil, alertId: raised.alertId };
  memory.set(rule, windowKey, rule.quietSeconds === 0 ? null : quiet, quietUntil, null);
  return raised;
}

/** Whether a group of a rule is muted at a time. */
export const isMuted = (mutes: readonly Mute[], ruleId: string, group: string, at: number): boolean =>
  mutes.some(
    (mute) =>
      mute.ruleId === ruleId &&
      (mute.groupKey === EVERY_GROUP || mute.groupKey === group) &&
      at >= mute.mutedAt.getTime() &&
      at < mute.until.getTime(),
  );
