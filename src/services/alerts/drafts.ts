import type { ActorKind } from '../../entities/enums.js';
import type { Database } from '../database.js';
import { sql } from '../sql.js';
import { NAMED, type Counted, type Outcome, type Raised } from './evaluate.js';
import type { JudgingRule } from './rule.js';

/** What an alert says of the events that it is made of. */
export interface Tally {
  count: number;
  firstAt: Date;
  lastAt: Date;
  sequences: number[];
  actorIds: string[];
  actorKinds: ActorKind[];
  othersActed: boolean;
}

/** An alert that is not written down yet. */
export interface Draft extends Tally {
  id: string;
  rule: JudgingRule;
  groupKey: string;
  raisedAt: Date;
  /** What it was raised by, before more was counted on. */
  raised: Raised;
  /** The ids of the events that raised it. */
  eventIds: string[];
}

interface CauseRow {
  sequence: number;
  eventId: string;
  recordedAt: Date;
  actorKind: ActorKind;
  actorId: string | null;
}

/** The alerts that were raised, with all that has been counted on them already; what is left belongs to earlier ones. */
export async function draftsOf(
  db: Database,
  workspaceId: string,
  { raised, counted }: Outcome,
): Promise<{ drafts: Draft[]; counted: Counted[] }> {
  const sequences = [...new Set(raised.flatMap((one) => one.sequences))];
  const rows = sequences.length === 0 ? [] : await causes(db, workspaceId, sequences);
  const bySequence = new Map(rows.map((row) => [row.sequence, row]));
  const drafts = new Map(raised.map((one) => [one.alertId, draftOf(one, bySequence)]));
  const rest = counted.filter((one) => {
    const draft = drafts.get(one.alertId);
    if (draft) countOn(draft, one);
    return draft === undefined;
  });
  return { drafts: [...drafts.values()], counted: rest };
}

const causes = (db: Database, workspaceId: string, sequences: readonly number[]): Promise<CauseRow[]> =>
  db.rows<CauseRow>(sql`
    select b.sequence, b.event_id as "eventId", e.recorded_at as "recordedAt", b.actor_kind as "actorKind",
      b.actor_id as "actorId"
    from record_body b join record_entry e on e.workspace_id = b.workspace_id and e.sequence = b.sequence
    where b.workspace_id = ${workspaceId} and b.sequence = any(${sequences}::bigint[]) order by b.sequence`);

function draftOf(raised: Raised, rows: ReadonlyMap<number, CauseRow>): Draft {
  const known = raised.sequences.flatMap((sequence) => rows.get(sequence) ?? []);
  const draft: Draft = {
    id: raised.alertId,
    rule: raised.rule,
    groupKey: raised.groupKey,
    raisedAt: new Date(raised.at),
    raised,
    eventIds: known.map(({ eventId }) => eventId),
    count: raised.count,
    firstAt: known[0]?.recordedAt ?? new Date(raised.at),
    lastAt: new Date(raised.at),
    sequences: [...raised.sequences],
    actorIds: [],
    actorKinds: [],
    othersActed: false,
  };
  for (const { actorKind, actorId } of known) if (actorId) addActor(draft, { kind: actorKind, id: actorId });
  return draft;
}

/** One more event for an alert that is there. */
export function countOn(tally: Tally, { sequence, at, actor }: Counted): void {
  tally.count += 1;
  tally.lastAt = new Date(Math.max(tally.lastAt.getTime(), at));
  if (tally.sequences.length < NAMED) tally.sequences.push(sequence);
  if (actor) addActor(tally, actor);
}

function addActor(tally: Tally, { kind, id }: { kind: ActorKind; id: string }): void {
  if (tally.actorIds.includes(id)) return;
  if (tally.actorIds.length >= NAMED) tally.othersActed = true;
  else {
    tally.actorIds.push(id);
    tally.actorKinds.push(kind);
  }
}
