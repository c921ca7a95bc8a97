import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { RootField } from './outcomes.js';
import { rootFields } from './root-fields.js';
import { callers, Stage, type Caller } from './stage.js';

let stage: Stage;
let owner: pg.Client;
beforeAll(async () => {
  stage = await Stage.open();
  owner = new pg.Client({ connectionString: stage.server.database.url });
  await owner.connect();
  // As PostgreSQL refuses a write when there is no room left.
  await owner.query(`create function no_room() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$`);
});
afterEach(() => owner.query('drop trigger if exists no_room on record_entry'));
afterAll(async () => {
  await owner.end();
  await stage.close();
});

const succeeding = ({ expected }: RootField): [string, Caller] => {
  const [outcome, who] = Object.entries(expected).find(([name]) => name.startsWith('OK'))!;
  return [outcome, callers.find((caller) => who.split(' ').includes(caller))!];
};
/** Fields that put something onto the record when they succeed. */
const recording = rootFields.filter((row) => {
  const [outcome] = succeeding(row);
  return !row.field.startsWith('Subscription.') && /\w\.\w/.test(outcome);
});

it.each(recording)(
  '$field answers with nothing and leaves nothing where its events cannot be written, and with exactly its own once they can',
  { timeout: 30_000 },
  async (row) => {
    const [outcome, caller] = succeeding(row);
    const scene = await stage.scene(caller, {
      withHandover: row.withHandover === true,
      withNote: row.withNote === true,
    });
    await row.prepare?.(scene, stage, await stage.client(caller, scene));
    const client = await stage.client(caller, scene);
    // The same again: what failed has used nothing up.
    const variables = { ...(await row.variables?.(scene, stage)) };
    const ask = () => client.send(row.operation, variables);
    const before = await stage.snapshot();

    await owner.query('create trigger no_room before insert on record_entry execute function no_room()');
    const { data, errors } = await ask();
    expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
    expect(errors!.map(({ extensions }) => extensions.code)).toEqual(['UNAVAILABLE']);
    const { changed, recorded } = await stage.since(before);
    // A conversation's number is taken before, so that numbers have gaps and nobody waits for one.
    expect({ changed: changed.filter((table) => table !== 'workspace_counter'), recorded }).toEqual({
      changed: [],
      recorded: [],
    });

    await owner.query('drop trigger no_room on record_entry');
    expect((await ask()).errors).toBeUndefined();
    const actions = outcome.split(' ').filter((word) => word.includes('.'));
    expect((await stage.since(before)).recorded.toSorted()).toEqual(actions.toSorted());
  },
);
