import fc from 'fast-check';
import { expect, it } from 'vitest';
import { choose, hasRoom, type Candidate } from '../../src/services/routing/choose.js';

const candidate = (id: string, open = 0, capacity: number | null = null): Candidate => ({ id, open, capacity });
const nobody = { never: [], passed: null };

it('goes round: to the one after who was last, and from the end to the beginning', () => {
  const all = [candidate('a'), candidate('b'), candidate('c')];
  const chosen = [null, 'a', 'b', 'c', 'gone'].map((last) => choose('ROUND_ROBIN', all, last, nobody)?.id);
  expect(chosen).toEqual(['a', 'b', 'c', 'a', 'a']);
});

it('passes over who has no room, who may not have it, and who did not answer where another is free', () => {
  const full = [candidate('a', 2, 2), candidate('b', 1, 2), candidate('c', 0, 0)];
  expect(choose('ROUND_ROBIN', full, null, nobody)?.id).toBe('b');
  expect(choose('ROUND_ROBIN', full, null, { never: ['b'], passed: null })).toBe(null);
  expect(choose('ROUND_ROBIN', full, null, { never: [], passed: 'b' })?.id).toBe('b');
  const two = [candidate('a'), candidate('b')];
  expect(choose('ROUND_ROBIN', two, 'b', { never: [], passed: 'a' })?.id).toBe('b');
});

it('by LEAST_BUSY goes to who has the fewest, and round among equals', () => {
  const all = [candidate('a', 2), candidate('b', 1), candidate('c', 1)];
  const chosen = [null, 'b', 'c'].map((last) => choose('LEAST_BUSY', all, last, nobody)?.id);
  expect(chosen).toEqual(['b', 'c', 'b']);
});

it('always finds somebody where there is anybody, and nobody who has no room', () => {
  const candidates = fc
    .array(fc.record({ open: fc.nat(4), capacity: fc.option(fc.nat(4), { nil: null }) }), { maxLength: 6 })
    .map((rows) => rows.map(({ open, capacity }, index) => candidate(`agent ${index}`, open, capacity)));
  const somebody = fc.option(
    fc.nat(6).map((index) => `agent ${index}`),
    { nil: null },
  );
  fc.assert(
    fc.property(
      fc.constantFrom('ROUND_ROBIN' as const, 'LEAST_BUSY' as const),
      candidates,
      somebody,
      somebody,
      somebody,
      (strategy, all, last, never, passed) => {
        const chosen = choose(strategy, all, last, { never: [never], passed });
        const possible = all.filter((one) => hasRoom(one) && one.id !== never);
        if (!chosen) return possible.length === 0;
        const onlyPassed = possible.every(({ id }) => id === passed);
        return possible.includes(chosen) && (chosen.id !== passed || onlyPassed);
      },
    ),
  );
});
