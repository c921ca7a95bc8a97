import { expect, test } from 'vitest';
import { ATTEMPTS, delayBefore } from '../../../src/services/outgoing/retry-schedule.js';

const seconds = (random: number) =>
  Array.from({ length: ATTEMPTS }, (_, index) => delayBefore(index + 1, random)! / 1000);

test('ten attempts, each later after the one before it', () => {
  expect(seconds(0.5)).toEqual([0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
});

test('each delay is lengthened or shortened by a tenth at the most', () => {
  expect(seconds(0)).toEqual([0, 4.5, 270, 1_620, 6_480, 16_200, 32_400, 45_360, 64_800, 77_760]);
  expect(seconds(1)).toEqual([0, 5.5, 330, 1_980, 7_920, 19_800, 39_600, 55_440, 79_200, 95_040]);
  const drawn = Array.from({ length: 1_000 }, () => delayBefore(3)!);
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(270_000);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(330_000);
  expect(new Set(drawn).size).toBeGreaterThan(900);
});

test.each([0, -1, 11, 1.5])('there is no attempt %s', (attempt) => {
  expect(delayBefore(attempt)).toBeNull();
});
