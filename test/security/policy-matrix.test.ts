import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { policyMatrix } from './policy-matrix.js';

const file = join(import.meta.dirname, 'policy-matrix.txt');

it('decides as the committed matrix says', () => {
  const matrix = policyMatrix();
  if (process.env['UPDATE_MATRIX'] === '1') writeFileSync(file, matrix);
  expect(
    matrix,
    'The policy has changed. If that is on purpose, run `UPDATE_MATRIX=1 npx vitest run test/security/policy-matrix` and commit the difference for review.',
  ).toBe(existsSync(file) ? readFileSync(file, 'utf8') : '');
});
