import { expect, it } from 'vitest';
import type { ImportedConversation, ImportedEntry } from '../../src/services/imports/import-line.js';
import { inParts } from '../../src/services/imports/parts.js';

const GIB = 1024 ** 3;
const file = { path: '', file: 'a', name: 'a', isRecording: false, durationSeconds: null };
const entry = (files: number): ImportedEntry =>
  ({ files: Array.from({ length: files }, () => file) }) as unknown as ImportedEntry;
const line = (name: string, entries: ImportedEntry[]) => ({
  said: { externalId: name, entries } as unknown as ImportedConversation,
});
const shapeOf = (lines: { said: ImportedConversation }[], bytes = 0) =>
  [...inParts(lines, ({ files = [] }) => files.length * bytes)].map((parts) =>
    parts.map(({ said }) => `${said.externalId} ${said.entries.length}`),
  );

it('writes 500 messages and files in one transaction, and takes no line apart that fits into one', () => {
  const many = (count: number, files = 0) => Array.from({ length: count }, () => entry(files));
  expect(shapeOf([line('a', many(300)), line('b', many(200)), line('c', many(1)), line('d', [])])).toEqual([
    ['a 300', 'b 200'],
    ['c 1', 'd 0'],
  ]);
  expect(shapeOf([line('a', many(300)), line('b', many(201))])).toEqual([['a 300'], ['b 201']]);
  expect(shapeOf([line('a', many(10)), line('b', many(1_001)), line('c', many(5))])).toEqual([
    ['a 10'],
    ['b 500'],
    ['b 500'],
    ['b 1', 'c 5'],
  ]);
  expect(shapeOf([line('a', many(50, 10)), line('b', many(100, 1))])).toEqual([['a 45'], ['a 5', 'b 100']]);
});

it('writes a gigabyte of files in one transaction, or one message', () => {
  const lines = [line('a', [entry(1), entry(1), entry(1)]), line('b', [entry(0), entry(10), entry(1)])];
  expect(shapeOf(lines, GIB / 2)).toEqual([['a 2'], ['a 1', 'b 1'], ['b 1'], ['b 1']]);
});
