// What our record holds of a run, asked beside the API: the measure of what must have arrived.
import pg from 'pg';
import { decodeCursor } from '../../dist/services/streams/cursor.js';

/** Where the feed stands now. @param {import('./writer.mjs').Writer} writer @returns {Promise<string>} */
export async function cursorNow(writer) {
  const { data } = await writer.ask({ query: '{ workspaceEvents(first: 1) { eventCursor } }' });
  return data.workspaceEvents.eventCursor;
}

/** The sequences that the feed shows after a cursor, in order. @returns {Promise<number[]>} */
export async function recordedAfter({ databaseUrl, space }, cursor) {
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  const { rows } = await owner.query(
    `select sequence::int as sequence from record_body where workspace_id = $1 and sequence > $2 and outcome = 'SUCCESS'
      and category in ('CONVERSATION', 'MESSAGE', 'NOTE', 'HANDOVER', 'CONTACT', 'PEOPLE', 'CONFIG', 'BOT') order by 1`,
    [space.id, decodeCursor(cursor).sequence],
  );
  await owner.end();
  return rows.map(({ sequence }) => sequence);
}
