import { expect, it } from 'vitest';
import { types } from '../../src/services/sql.js';

const BYTEA = 17;

it('reads bytes into memory of their own, so that a hash that is kept holds nothing else', () => {
  const hash = types.getTypeParser(BYTEA)(`\\x${'0a1f'.repeat(16)}`) as Buffer;
  expect(hash).toEqual(Buffer.from('0a1f'.repeat(16), 'hex'));
  expect(hash.buffer.byteLength).toBe(32);
});
