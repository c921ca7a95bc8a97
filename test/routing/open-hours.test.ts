import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WeeklyHours } from '../../src/entities/business-hours.js';
import { afterOpenTime, isOpenAt, type OpenHours } from '../../src/services/routing/open-hours.js';

const HOUR = 3_600_000;
const hours = (weekly: WeeklyHours[], holidays: string[] = [], timeZone = 'Europe/Berlin'): OpenHours => ({
  timeZone,
  weekly,
  holidays,
});
const sunday = (from: string, to: string): OpenHours => hours([{ day: 'SUNDAY', from, to }]);
const openAt = (of: OpenHours, at: string) => isOpenAt(of, new Date(at));
const after = (of: OpenHours, since: string, ms: number) => afterOpenTime(of, new Date(since), ms)?.toISOString();

describe('on an ordinary day', () => {
  const work = hours([
    { day: 'MONDAY', from: '09:00', to: '12:00' },
    { day: 'MONDAY', from: '13:00', to: '17:00' },
    { day: 'TUESDAY', from: '00:00', to: '24:00' },
  ]);

  it.each([
    ['2026-12-07T07:59:59.999Z', false],
    ['2026-12-07T08:00:00.000Z', true],
    ['2026-12-07T10:59:59.999Z', true],
    ['2026-12-07T11:00:00.000Z', false],
    ['2026-12-07T12:00:00.000Z', true],
    ['2026-12-07T16:00:00.000Z', false],
    ['2026-12-07T23:00:00.000Z', true],
    ['2026-12-08T22:59:59.999Z', true],
    ['2026-12-08T23:00:00.000Z', false],
  ])('at %s it is open: %s', (at, open) => {
    expect(openAt(work, at)).toBe(open);
  });

  it('counts only what is open, from one day to the next', () => {
    expect(after(work, '2026-12-07T10:00:00Z', HOUR)).toBe('2026-12-07T11:00:00.000Z');
    expect(after(work, '2026-12-07T10:00:00Z', HOUR + 1)).toBe('2026-12-07T12:00:00.001Z');
    expect(after(work, '2026-12-05T10:00:00Z', 8 * HOUR)).toBe('2026-12-08T00:00:00.000Z');
    expect(after(work, '2026-12-08T22:00:00Z', 2 * HOUR)).toBe('2026-12-14T09:00:00.000Z');
  });

  it('is closed on holidays, by the calendar of the zone', () => {
    const closed = { ...work, holidays: ['2026-12-08'] };
    expect(openAt(closed, '2026-12-07T23:00:00Z')).toBe(false);
    expect(openAt(closed, '2026-12-08T22:59:59Z')).toBe(false);
    expect(openAt(closed, '2026-12-15T12:00:00Z')).toBe(true);
    expect(after(closed, '2026-12-07T15:00:00Z', 2 * HOUR)).toBe('2026-12-14T09:00:00.000Z');
  });

  it('says that it is never again', () => {
    const days = Array.from({ length: 420 }, (_, index) =>
      new Date(Date.parse('2026-12-01T00:00:00Z') + index * 24 * HOUR).toISOString().slice(0, 10),
    );
    expect(
      afterOpenTime(hours([{ day: 'MONDAY', from: '09:00', to: '10:00' }], days), new Date('2026-12-07T08:30:00Z'), 1),
    ).toBe(null);
  });

  it('counts once what intervals share', () => {
    const shared = hours([
      { day: 'MONDAY', from: '09:00', to: '11:00' },
      { day: 'MONDAY', from: '09:30', to: '10:00' },
      { day: 'MONDAY', from: '10:00', to: '12:00' },
    ]);
    expect(after(shared, '2026-12-07T08:00:00Z', 3 * HOUR)).toBe('2026-12-07T11:00:00.000Z');
    expect(after(shared, '2026-12-07T08:00:00Z', 3 * HOUR + 1)).toBe('2026-12-14T08:00:00.001Z');
  });
});

describe('where clocks are put forward, at 01:00Z on 2026-03-29', () => {
  it('a whole day has 23 hours', () => {
    const day = sunday('00:00', '24:00');
    expect(after(day, '2026-03-28T12:00:00Z', 23 * HOUR)).toBe('2026-03-29T22:00:00.000Z');
    expect(openAt(day, '2026-03-29T22:00:00Z')).toBe(false);
  });

  it('an interval that begins or ends in the hour that is not there begins or ends with the leap', () => {
    expect(openAt(sunday('02:30', '04:00'), '2026-03-29T00:59:59.999Z')).toBe(false);
    expect(openAt(sunday('02:30', '04:00'), '2026-03-29T01:00:00.000Z')).toBe(true);
    expect(openAt(sunday('02:30', '04:00'), '2026-03-29T02:00:00.000Z')).toBe(false);
    expect(openAt(sunday('01:00', '02:30'), '2026-03-29T00:59:59.999Z')).toBe(true);
    expect(openAt(sunday('01:00', '02:30'), '2026-03-29T01:00:00.000Z')).toBe(false);
  });

  it('one that lies within it is not there', () => {
    expect(after(sunday('02:15', '02:45'), '2026-03-28T00:00:00Z', 60_000)).toBe('2026-04-05T00:16:00.000Z');
  });
});

describe('where clocks are put back, at 01:00Z on 2026-10-25', () => {
  it('a whole day has 25 hours', () => {
    const day = sunday('00:00', '24:00');
    expect(after(day, '2026-10-24T12:00:00Z', 25 * HOUR)).toBe('2026-10-25T23:00:00.000Z');
    expect(openAt(day, '2026-10-25T23:00:00Z')).toBe(false);
  });

  it('an interval begins with the first and ends with the last of a time that comes twice', () => {
    const before = sunday('01:00', '02:30');
    expect(openAt(before, '2026-10-25T00:45:00Z')).toBe(true);
    expect(openAt(before, '2026-10-25T01:29:59.999Z')).toBe(true);
    expect(openAt(before, '2026-10-25T01:30:00.000Z')).toBe(false);
    const behind = sunday('02:30', '04:00');
    expect(openAt(behind, '2026-10-25T00:29:59.999Z')).toBe(false);
    expect(openAt(behind, '2026-10-25T00:30:00.000Z')).toBe(true);
    expect(after(behind, '2026-10-24T00:00:00Z', 2.5 * HOUR)).toBe('2026-10-25T03:00:00.000Z');
  });
});

it('in any zone and week, the time that is counted is the time that it is open', () => {
  const days = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
  const clock = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const interval = fc
    .tuple(fc.constantFrom(...days), fc.nat(47), fc.integer({ min: 1, max: 48 }))
    .filter(([, from, to]) => from < to)
    .map(([day, from, to]) => ({ day, from: clock(from * 30), to: clock(to * 30) }));
  fc.assert(
    fc.property(
      fc.array(interval, { minLength: 3, maxLength: 6 }),
      fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Auckland', 'UTC'),
      fc.constantFrom('2026-03-06', '2026-03-27', '2026-04-03', '2026-09-25', '2026-10-23', '2026-10-30', '2026-12-01'),
      fc.integer({ min: 1, max: 40 }),
      (weekly, timeZone, date, quarters) => {
        const of = hours(weekly, [], timeZone);
        const since = Date.parse(`${date}T00:00:00Z`);
        const until = afterOpenTime(of, new Date(since), quarters * 15 * 60_000)!.getTime();
        // All of these zones change at whole quarters, and all intervals begin and end there.
        let open = 0;
        for (let at = since; at < until; at += 15 * 60_000) if (isOpenAt(of, new Date(at))) open += 1;
        return open === quarters;
      },
    ),
    { numRuns: 25 },
  );
});
