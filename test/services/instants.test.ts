import fc from 'fast-check';
import pg from 'pg';
import { expect, inject, it } from 'vitest';
import { parseInstant } from '../../src/services/instants.js';

it('reads every moment as PostgreSQL writes it, with and without a fraction, before and after the common era’s thousands', async () => {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query("set timezone to 'UTC'");
    const moments = fc.sample(
      fc.oneof(
        fc.date({
          min: new Date('0001-01-01T00:00:00.000Z'),
          max: new Date('9999-12-31T23:59:59.999Z'),
          noInvalidDate: true,
        }),
        fc.date({
          min: new Date('2020-01-01T00:00:00.000Z'),
          max: new Date('2030-01-01T00:00:00.000Z'),
          noInvalidDate: true,
        }),
        fc.integer({ min: 0, max: 4e9 }).map((seconds) => new Date(seconds * 1000)),
        fc.integer({ min: 0, max: 4e10 }).map((tenths) => new Date(tenths * 100)),
      ),
      3_000,
    );
    const { rows } = await client.query<{ text: string }>(
      'select m::timestamptz(3)::text as text from unnest($1::text[]) with ordinality as t(m, n) order by n',
      [moments.map((moment) => moment.toISOString())],
    );
    expect(rows.map(({ text }) => parseInstant(text).toISOString())).toEqual(
      moments.map((moment) => moment.toISOString()),
    );
  } finally {
    await client.end();
  }
});

it.each([
  ['2026-11-22 02:30:09.123456+00', '2026-11-22T02:30:09.123Z'],
  ['2026-11-22 02:30:09.5+05:30', '2026-11-21T21:00:09.500Z'],
  ['2026-11-22 02:30:09-03', '2026-11-22T05:30:09.000Z'],
  ['10000-01-01 00:00:00+00', '+010000-01-01T00:00:00.000Z'],
])('reads %s, which is not of the usual form', (text, moment) => {
  expect(parseInstant(text).toISOString()).toBe(moment);
});
