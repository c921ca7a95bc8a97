import type { Database } from '../../database.js';
import { sql } from '../../database.js';
import { invalid, notFound } from '../../errors.js';
import { isId } from '../../ids.js';
import { rowLimit } from '../../paging.js';
import type { PageConditions } from '../read.js';
import type { Asked } from './lines.js';

/** What somebody wants a bundle of, in their words. */
export type Wanted =
  /** By its id or its number, `#1001`. */
  | { conversation: string }
  /** By its id. */
  | { contact: string }
  /** Sequences or moments, both included; null is the first or the last event there is. */
  | { from: number | Date | null; to: number | Date | null };

/**
 * What is meant by that among the first `size` events of a workspace.
 * @throws AppError NOT_FOUND for no conversation or contact of this workspace; VALIDATION_FAILED for a range without events.
 */
export async function resolveAsked(db: Database, workspaceId: string, wanted: Wanted, size: number): Promise<Asked> {
  if ('conversation' in wanted) return findConversation(db, workspaceId, wanted.conversation);
  if ('contact' in wanted) return findContact(db, workspaceId, wanted.contact);
  const { from, to } = wanted;
  const first = from instanceof Date ? await sequenceAt(db, workspaceId, from, size) : (from ?? 0);
  // Up to the last that was recorded at that moment or before.
  const last =
    to instanceof Date ? (await sequenceAt(db, workspaceId, new Date(to.getTime() + 1), size)) - 1 : (to ?? size - 1);
  if (first > last || first < 0) throw invalid({ path: 'to', message: 'no event was recorded in that range' });
  if (last >= size) throw invalid({ path: 'to', message: `the last event that there is has the sequence ${size - 1}` });
  return { kind: 'RANGE', from: first, to: last };
}

async function findConversation(db: Database, workspaceId: string, named: string): Promise<Asked> {
  const number = /^#?([1-9][0-9]{0,8})$/.exec(named)?.[1] ?? null;
  if (number === null && !isId(named)) throw notFound('conversation');
  const [found] = await db.rows<{ id: string; number: number }>(sql`
    select c.id, c.number from conversation c where c.workspace_id = ${workspaceId}
      and ${number === null ? sql`c.id = ${named}` : sql`c.number = ${Number(number)}`}`);
  if (!found) throw notFound('conversation');
  return { kind: 'CONVERSATION', id: found.id, label: `#${found.number}` };
}

async function findContact(db: Database, workspaceId: string, id: string): Promise<Asked> {
  const [found] = isId(id)
    ? await db.rows<{ id: string; name: string | null }>(
        sql`select c.id, c.name from contact c where c.workspace_id = ${workspaceId} and c.id = ${id}`,
      )
    : [];
  if (!found) throw notFound('contact');
  // Never an address: whether those are in the bundle is another question.
  return { kind: 'CONTACT', id: found.id, label: found.name ?? 'a contact without a name' };
}

/** The first sequence that was recorded at a moment or after it; times ascend with sequences. */
async function sequenceAt(db: Database, workspaceId: string, moment: Date, size: number): Promise<number> {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [row] = await db.rows<{ isBefore: boolean }>(sql`
      select e.recorded_at < ${moment.toISOString()}::timestamptz as "isBefore" from record_entry e
      where e.workspace_id = ${workspaceId} and e.sequence >= ${middle} order by e.sequence limit ${rowLimit(1)}`);
    if (row?.isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What was asked for as conditions on the log, behind a sequence and before a size. */
export function askedConditions(asked: Asked, after: number, size: number): PageConditions {
  const to = asked.kind === 'RANGE' ? asked.to : size - 1;
  const from = asked.kind === 'RANGE' ? Math.max(after + 1, asked.from) : after + 1;
  const entry = [sql`e.sequence between ${from} and ${to}`];
  if (asked.kind === 'RANGE') return { entry, body: [] };
  const column = asked.kind === 'CONVERSATION' ? sql`b.conversation_id` : sql`b.contact_id`;
  // Of both tables, since a plan does not conclude the one from the other.
  return { entry, body: [sql`${column} = ${asked.id}`, sql`b.sequence between ${from} and ${to}`] };
}
