import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { routeConversations } from '../../src/services/jobs/route-conversations.js';
import { brief, recording } from '../api/recorded.js';
import { UPDATE_SETTINGS } from '../security/place-rows.js';
import { SET_HOURS } from '../security/routing-rows.js';
import { RoutingStage } from './stage.js';

/** A Monday in winter: 09:00 to 17:00 in Berlin is 08:00Z to 16:00Z. */
let monday = Date.parse('2026-11-23T00:00:00Z');
const WORK = [{ day: 'MONDAY', from: '09:00', to: '17:00' }];

let stage: RoutingStage;
beforeAll(async () => {
  stage = await RoutingStage.open();
});
afterAll(() => stage.close());
beforeEach(async () => {
  await stage.quiet();
  await stage.key.ask(UPDATE_SETTINGS, { input: { timeZone: 'Europe/Berlin' } });
  await set({ weekly: null });
});

const route = () => routeConversations(stage.server.app);
const set = async (input: object) =>
  (await stage.key.ask(SET_HOURS, { input })).setBusinessHours.businessHours as unknown;
const at = (hour: number, minute = 0) => {
  stage.clock.at = monday + hour * 3_600_000 + minute * 60_000;
};

/** Somebody who is there, and a team of theirs, on a Monday that no test has had: the clock never goes back. */
async function one(policy: object = {}) {
  monday += 14 * 24 * 3_600_000;
  at(0);
  const [a, b] = (await stage.agents(2)) as [string, string];
  const { teamId, inboxId } = await stage.team([a, b], policy);
  await stage.online(a);
  return { a, b, teamId, inboxId };
}

it('gives out nothing while it is closed, and what waits when it opens', async () => {
  const { a, inboxId } = await one();
  await set({ weekly: WORK });
  at(7, 59);
  const ids = await stage.waiting(inboxId, 1);
  expect((await recording(stage.key, route)).events).toEqual([]);
  at(8);
  await route();
  expect(await stage.assignees(ids)).toEqual([a]);
  at(16);
  const late = await stage.waiting(inboxId, 1);
  await route();
  expect(await stage.assignees(late)).toEqual([null]);
});

it('goes by the hours of the team where it has its own', async () => {
  const { a, teamId, inboxId } = await one();
  await set({ weekly: WORK });
  await set({ teamId, weekly: [{ day: 'MONDAY', from: '20:00', to: '24:00' }] });
  at(12);
  const ids = await stage.waiting(inboxId, 1);
  await route();
  expect(await stage.assignees(ids)).toEqual([null]);
  at(19);
  await route();
  expect(await stage.assignees(ids)).toEqual([a]);
});

it('lets the time to answer stand still while it is closed', async () => {
  const { a, b, inboxId } = await one({ requeueAfterSeconds: 3_600 });
  await set({ weekly: WORK });
  at(15, 30);
  const ids = await stage.waiting(inboxId, 1);
  await route();
  expect(await stage.assignees(ids)).toEqual([a]);
  await stage.online(b);
  // Half an hour is left for next Monday.
  at(7 * 24 + 8, 29);
  await route();
  expect(await stage.assignees(ids)).toEqual([a]);
  at(7 * 24 + 8, 31);
  await route();
  expect(await stage.assignees(ids)).toEqual([b]);
});

it.each<[string, (teamId: string) => Promise<unknown>]>([
  ['its hours are taken away', () => set({ weekly: null })],
  [
    'the clocks of the workspace are others',
    () => stage.key.ask(UPDATE_SETTINGS, { input: { timeZone: 'America/Los_Angeles' } }),
  ],
])('counts anew what is still to be answered when %s', async (_, change) => {
  const { a, b, teamId, inboxId } = await one({ requeueAfterSeconds: 3_600 });
  await set({ weekly: WORK });
  at(15, 30);
  const ids = await stage.waiting(inboxId, 1);
  await route();
  await stage.online(b);
  at(16, 20);
  await route();
  // It was looked at, and put off for a week.
  at(16, 31);
  await route();
  expect(await stage.assignees(ids)).toEqual([a]);
  await change(teamId);
  at(19);
  await route();
  expect(await stage.assignees(ids)).toEqual([b]);
});

it('is told with before and after, once, and read where it is set', async () => {
  const { teamId } = await one();
  const weekly = [
    { day: 'TUESDAY', from: '08:30', to: '24:00' },
    { day: 'MONDAY', from: '13:00', to: '17:00' },
    { day: 'MONDAY', from: '09:00', to: '12:00' },
  ];
  at(10);
  const input = { teamId, weekly, holidays: ['2026-12-25', '2026-12-24', '2026-12-25'], reason: 'New shop' };
  const { result, events } = await recording(stage.key, () => set(input));
  const hours = { weekly: [weekly[2], weekly[1], weekly[0]], holidays: ['2026-12-24', '2026-12-25'], openNow: true };
  expect(result).toEqual(hours);
  expect(events).toMatchObject([
    {
      action: 'business_hours.updated',
      target: { type: 'team', id: teamId },
      changes: [
        'weekly: null → MONDAY 09:00-12:00, MONDAY 13:00-17:00, TUESDAY 08:30-24:00',
        'holidays: null → 2026-12-24, 2026-12-25',
      ],
      reason: 'New shop',
    },
  ]);
  expect((await recording(stage.key, () => set(input))).events).toEqual([]);
  const own = '{ weekly { day from to } holidays openNow }';
  const read = async () => {
    const { teams, viewer } = await stage.key.ask(
      `{ teams { id businessHours ${own} } viewer { workspace { businessHours ${own} } } }`,
    );
    return [teams.find(({ id }: { id: string }) => id === teamId).businessHours, viewer.workspace.businessHours];
  };
  expect(await read()).toEqual([hours, null]);
  const taken = await recording(stage.key, () => set({ teamId, weekly: null }));
  expect(brief(taken.events)).toEqual([
    {
      action: 'business_hours.updated',
      changes: [
        'weekly: MONDAY 09:00-12:00, MONDAY 13:00-17:00, TUESDAY 08:30-24:00 → null',
        'holidays: 2026-12-24, 2026-12-25 → null',
      ],
    },
  ]);
  expect(await read()).toEqual([null, null]);
});

it.each([
  [{ weekly: [] }, 'weekly', 'must have 1 to 50 entries, or be null'],
  [{ weekly: [{ day: 'MONDAY', from: '9:00', to: '17:00' }] }, 'weekly.0.from', 'must be a time such as 08:30'],
  [{ weekly: [{ day: 'MONDAY', from: '24:00', to: '24:00' }] }, 'weekly.0.from', 'must be a time such as 08:30'],
  [
    { weekly: [{ day: 'MONDAY', from: '09:00', to: '24:30' }] },
    'weekly.0.to',
    'must be a time such as 17:00, or 24:00',
  ],
  [{ weekly: [{ day: 'MONDAY', from: '17:00', to: '09:00' }] }, 'weekly.0.to', 'must be after from'],
  [{ weekly: WORK, holidays: ['2026-02-30'] }, 'holidays.0', 'must be a date such as 2026-12-25'],
  [{ weekly: null, holidays: ['2026-02-28'] }, 'holidays', 'go with weekly'],
])('%j is VALIDATION_FAILED', async (input, path, message) => {
  const { extensions } = await stage.key.refused(SET_HOURS, { input });
  expect(extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path, message }] });
});
