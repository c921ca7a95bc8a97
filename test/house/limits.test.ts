import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// Plans are made once for all parameters: one that is not told how few rows are wanted prepares for a tenth of the table,
// with parallel workers and sorts of everything as soon as the table is large.
const written = /^(?:limitOf\(|rowLimit\(|limit$|LIST_CAP$)/;

test('how many rows a statement wants is in its text', () => {
  const limits = globSync('src/services/**/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/ limit \$\{([^}]+)\}/g)].map(([, value]) => ({ file, value: value! })),
  );
  expect(limits.length).toBeGreaterThan(10);
  expect(limits.filter(({ value }) => !written.test(value))).toEqual([]);
});
