import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readLines } from '../../src/services/record/bundle/read-lines.js';
import { TrustPolicy } from '../../src/services/record/bundle/trust-policy.js';
import { verifyBundle } from '../../src/services/record/bundle/verify-bundle.js';

// Written once, and kept for ever: they stand for the bundles that others hold. Never write them anew; a new format gets
// files of its own beside these.
const at = (name: string) => new URL(name, import.meta.url);
const policy = TrustPolicy.parse(readFileSync(at('golden-bundle-policy.json'), 'utf8'));
const none = {
  ALTERED: 0,
  MISSING: 0,
  GAP: 0,
  REORDERED: 0,
  FORKED: 0,
  REWOUND: 0,
  MALFORMED: 0,
  NOT_INCLUDED: 0,
  UNKNOWN_KEY: 0,
  BAD_SIGNATURE: 0,
  NOT_CONSISTENT: 0,
};

it.each([
  {
    file: 'golden-bundle-conversation.jsonl',
    sha256: 'd9c2fc0ffb6448300505e25964e986704c2d3b8f99acd14d2222ca930ed8d402',
    expected: {
      counts: { events: 5, announcements: 1, texts: 2, gone: 1, withheld: 1 },
      erased: { events: 1, sequences: ['6'] },
      pruned: { events: 0, sequences: [] },
    },
  },
  {
    file: 'golden-bundle-range.jsonl',
    sha256: '7eeed0e7400ea0c3da73906af7d906e7d3094857479dfea7a8d448395d304f5d',
    expected: {
      counts: { events: 6, announcements: 2, texts: 3, gone: 0, withheld: 1 },
      erased: { events: 1, sequences: ['6'] },
      pruned: { events: 1, sequences: ['3'] },
    },
  },
])('$file verifies as it did when it was written', async ({ file, sha256, expected }) => {
  expect(
    createHash('sha256')
      .update(readFileSync(at(file)))
      .digest('hex'),
  ).toBe(sha256);
  expect(await verifyBundle(readLines(createReadStream(at(file))), policy)).toMatchObject({
    valid: true,
    trusted: true,
    findings: [],
    found: none,
    ...expected,
  });
});
