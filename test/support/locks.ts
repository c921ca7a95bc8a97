import type pg from 'pg';

/** How many wait for a lock. What the view has shown once stays so in a transaction, unless it is cleared. */
export async function waitingForLocks(superuser: pg.Client): Promise<number> {
  await superuser.query('select pg_stat_clear_snapshot()');
  const { rows } = await superuser.query(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}
