/** Where so many pages of the inbox begin: after every fiftieth of the open conversations; null is the newest. */
export async function pagesOf(client, space, pages) {
  const { rows } = await client.query(
    `select to_char(last_activity_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time, id from (
       select last_activity_at, id, row_number() over (order by last_activity_at desc, id desc) as n
       from conversation where workspace_id = $1 and status = 'OPEN') c where n % 50 = 0 and n < $2 order by n`,
    [space.id, pages * 50],
  );
  return [null, ...rows];
}
