import type { Database } from '../database.js';
import { sql } from '../sql.js';
import type { AlertEvent } from './alert-event.js';

/** Who acted, and in which conversation, whose team and inbox they were then. */
interface Pair {
  actorId: string;
  conversationId: string;
  teamId: string | null;
  inboxId: string | null;
}

/** What the record says of a pair: the first event that names them, and when they were added and taken out. */
interface Known {
  named: number | null;
  team: [sequence: number, isMember: boolean][];
  inbox: [sequence: number, isMember: boolean][];
}

/**
 * Whether who caused each of these events had to do with its conversation before, by sequence. The record alone is
 * asked, as it was then: whether an earlier event of the conversation names them, as who acted, had it or was offered it,
 * and whether they had been added to its team or inbox and not been taken out again. Having read it is no connection.
 * Each pair is looked up once, however often it occurs: whoever opens a long conversation does so more than once.
 */
export async function connectionsOf(
  db: Database,
  workspaceId: string,
  events: readonly AlertEvent[],
): Promise<Map<number, boolean>> {
  const asked = events.flatMap(({ sequence, row: { actorId, conversationId, teamId, inboxId } }) =>
    actorId !== null && conversationId !== null
      ? [{ sequence, pair: { actorId, conversationId, teamId, inboxId } }]
      : [],
  );
  if (asked.length === 0) return new Map();
  const pairs = new Map(asked.map(({ pair }) => [keyOf(pair), pair]));
  const sequences = asked.map(({ sequence }) => sequence);
  const known = await lookUp(db, workspaceId, pairs, [Math.min(...sequences), Math.max(...sequences)]);
  return new Map(
    asked.map(({ sequence, pair }) => {
      const { named, team, inbox } = known.get(keyOf(pair))!;
      const wasMember = (changes: Known['team']) => changes.findLast(([at]) => at < sequence)?.[1] ?? false;
      return [sequence, (named !== null && named < sequence) || wasMember(team) || wasMember(inbox)];
    }),
  );
}

const keyOf = ({ actorId, conversationId, teamId, inboxId }: Pair): string =>
  [actorId, conversationId, teamId, inboxId].join();

async function lookUp(
  db: Database,
  workspaceId: string,
  pairs: ReadonlyMap<string, Pair>,
  [first, last]: [number, number],
): Promise<Map<string, Known>> {
  // As it was before the first event, and every change since.
  const changes = (noun: 'team' | 'inbox') => {
    const ofThem = sql`m.workspace_id = ${workspaceId} and m.action in (${`${noun}.member_added`}, ${`${noun}.member_removed`})
      and m.${sql.raw(noun)}_id = k.${sql.raw(`"${noun}Id"`)}
      and m.body::jsonb -> 'metadata' ->> 'agentId' = k."actorId"::text`;
    const change = sql`m.sequence, m.action = ${`${noun}.member_added`} as added`;
    return sql`coalesce((
      select jsonb_agg(jsonb_build_array(c.sequence, c.added) order by c.sequence) from (
        (select ${change} from record_body m where ${ofThem} and m.sequence < ${first} order by m.sequence desc limit 1)
        union all
        (select ${change} from record_body m where ${ofThem} and m.sequence >= ${first} and m.sequence < ${last})
      ) c), '[]')`;
  };
  const asked = [...pairs].map(([key, pair]) => ({ key, ...pair }));
  const rows = await db.rows<Known & { key: string }>(sql`
    select k.key, ${changes('team')} as team, ${changes('inbox')} as inbox, (
      select b.sequence from record_body b
      where b.workspace_id = ${workspaceId} and b.conversation_id = k."conversationId" and b.sequence < ${last}
        and b.category not in ('ACCESS', 'AUTH', 'ALERT') and position(k."actorId"::text in b.body) > 0
      order by b.sequence limit 1) as named
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb)
      as k(key text, "actorId" uuid, "conversationId" uuid, "teamId" uuid, "inboxId" uuid)`);
  return new Map(rows.map((row) => [row.key, row]));
}
