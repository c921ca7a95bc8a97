import { describe, expect, it } from 'vitest';
import {
  bodyHash,
  bodyText,
  entryText,
  filterColumns,
  readBody,
  type RecordBody,
} from '../../src/services/record/envelope.js';
import { FIXED, goldenDrafts } from './make-golden-log.js';

const smallest: RecordBody = {
  v: 1,
  id: FIXED.idOf('0', 1),
  ws: FIXED.workspaceId,
  action: 'system.started',
  category: 'SYSTEM',
  severity: 'INFO',
  outcome: 'SUCCESS',
  actor: { kind: 'SYSTEM' },
  occurred: '2026-01-02T03:04:05.123Z',
  salt: 'Z29sZGVuIHNhbHQgMTAxMQ',
};

const entry = {
  bodyHash: bodyHash(''),
  sequence: 0n,
  recordedAt: '2026-01-02T03:04:05.123456Z',
  workspaceId: FIXED.workspaceId,
};

/** A body of exactly so many bytes. */
function bodyOfBytes(bytes: number): RecordBody {
  const others = Buffer.byteLength(bodyText({ ...smallest, changes: [{ field: 'note', after: '' }] }), 'utf8');
  return { ...smallest, changes: [{ field: 'note', after: 'é' + 'x'.repeat(bytes - others - 2) }] };
}

describe('the text of a body', () => {
  it('is canonical and reads back as the same body', () => {
    const text = bodyText(smallest);
    expect(text).toBe(
      '{"action":"system.started","actor":{"kind":"SYSTEM"},"category":"SYSTEM","id":"01936d5e-7a00-7000-9000-000000000001",' +
        '"occurred":"2026-01-02T03:04:05.123Z","outcome":"SUCCESS","salt":"Z29sZGVuIHNhbHQgMTAxMQ","severity":"INFO","v":1,' +
        '"ws":"01936d5e-7a00-7000-8000-000000000001"}',
    );
    expect(readBody(text)).toEqual(smallest);
    for (const { body } of goldenDrafts(FIXED)) expect(readBody(bodyText(body))).toEqual(body);
  });

  it('may have 16 KiB of UTF-8 and not a byte more', () => {
    expect(Buffer.byteLength(bodyText(bodyOfBytes(16_384)), 'utf8')).toBe(16_384);
    expect(() => bodyText(bodyOfBytes(16_385))).toThrow(new RangeError('a body of 16385 bytes; at most 16384'));
  });

  it('may have 4 KiB of metadata, 64 related things, and no more', () => {
    const related = Array.from({ length: 64 }, (_, n) => ({ type: 'contact', id: FIXED.idOf('d', n) }));
    expect(readBody(bodyText({ ...smallest, related })).related).toHaveLength(64);
    expect(() => bodyText({ ...smallest, related: [...related, { type: 'contact', id: 'x' }] })).toThrow(
      new RangeError('related: at most 64'),
    );
    // {"note":""} takes 11 bytes.
    expect(() => bodyText({ ...smallest, metadata: { note: 'x'.repeat(4_085) } })).not.toThrow();
    expect(() => bodyText({ ...smallest, metadata: { note: 'x'.repeat(4_086) } })).toThrow(
      new RangeError('metadata: at most 4096 bytes'),
    );
  });

  it.each<[string, Partial<RecordBody>, string]>([
    ['a salt below 128 bits', { salt: 'Z29sZGVuIHNhbHQgMTAxM' }, 'salt: at least 128 bits in base64url'],
    [
      'a time without milliseconds',
      { occurred: '2026-01-02T03:04:05Z' },
      'occurred: ISO 8601 in UTC with milliseconds',
    ],
    ['an unsorted audience', { audience: ['inbox:2', 'agent:1'] }, 'audience: sorted, each once'],
    ['an audience that names one twice', { audience: ['agent:1', 'agent:1'] }, 'audience: sorted, each once'],
    ['unsorted digests', { _sd: ['b', 'a'] }, '_sd: sorted, each once'],
    ['a fraction', { metadata: { amount: 1.5 } }, 'metadata.amount: 1.5 is not an integer within ±(2^53−1)'],
  ])('is refused with %s', (_, change, why) => {
    expect(() => bodyText({ ...smallest, ...change })).toThrow(new TypeError(why));
  });

  it('is refused where a key is undefined instead of absent', () => {
    expect(() => bodyText({ ...smallest, team: undefined } as unknown as RecordBody)).toThrow(
      new TypeError('team: undefined has no JSON form'),
    );
  });
});

describe('the hash of a body', () => {
  it('is SHA-256 of its UTF-8 (FIPS 180-4, "abc")', () => {
    expect(bodyHash('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(bodyHash('ö')).toEqual(bodyHash(Buffer.from([0xc3, 0xb6]).toString('utf8')));
  });
});

describe('the leaf data of an entry', () => {
  it('is canonical ASCII of body hash, sequence, time and workspace', () => {
    expect(entryText(entry)).toBe(
      '{"b":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU","seq":0,"t":"2026-01-02T03:04:05.123456Z",' +
        '"ws":"01936d5e-7a00-7000-8000-000000000001"}',
    );
  });

  it('writes sequences beyond 32 bits in full, up to the last that RFC 8785 writes exactly', () => {
    expect(entryText({ ...entry, sequence: 4_294_967_297n })).toContain('"seq":4294967297,');
    expect(entryText({ ...entry, sequence: 9_007_199_254_740_991n })).toContain('"seq":9007199254740991,');
    expect(() => entryText({ ...entry, sequence: 9_007_199_254_740_992n })).toThrow(RangeError);
    expect(() => entryText({ ...entry, sequence: -1n })).toThrow(RangeError);
  });

  it.each<[string, Partial<typeof entry>]>([
    ['milliseconds only', { recordedAt: '2026-01-02T03:04:05.123Z' }],
    ['seven fraction digits', { recordedAt: '2026-01-02T03:04:05.1234567Z' }],
    ['an offset', { recordedAt: '2026-01-02T03:04:05.123456+00:00' }],
    ['a space for T', { recordedAt: '2026-01-02 03:04:05.123456Z' }],
    ['a line feed at the end', { recordedAt: '2026-01-02T03:04:05.123456Z\n' }],
    ['a hash of another length', { bodyHash: Buffer.alloc(20) }],
    ['an upper-case workspace id', { workspaceId: FIXED.idOf('a', 1).toUpperCase() }],
  ])('is refused with %s', (_, change) => {
    expect(() => entryText({ ...entry, ...change })).toThrow(TypeError);
  });
});

describe('the filter columns', () => {
  it('repeat what the body says', () => {
    const { body } = goldenDrafts(FIXED)[6]!;
    expect(filterColumns({ ...body, obo: { kind: 'CONTACT', id: 'o' }, causation: 'c' })).toEqual({
      eventId: FIXED.idOf('0', 6),
      action: 'handover.accepted',
      category: 'HANDOVER',
      severity: 0,
      outcome: 'SUCCESS',
      actorKind: 'AGENT',
      actorId: FIXED.idOf('a', 1),
      oboKind: 'CONTACT',
      oboId: 'o',
      targetType: 'handover',
      targetId: FIXED.idOf('e', 3),
      conversationId: FIXED.idOf('e', 1),
      contactId: FIXED.idOf('d', 3),
      teamId: FIXED.idOf('d', 2),
      inboxId: FIXED.idOf('d', 1),
      requestId: FIXED.idOf('f', 2),
      causationId: 'c',
      sessionId: FIXED.idOf('f', 1),
      occurredAt: '2026-01-02T03:04:11.123Z',
      audience: [`agent:${FIXED.idOf('a', 2)}`, `inbox:${FIXED.idOf('d', 1)}`, `team:${FIXED.idOf('d', 2)}`],
    });
  });

  it('are null where the body says nothing', () => {
    expect(filterColumns(smallest)).toEqual({
      eventId: FIXED.idOf('0', 1),
      action: 'system.started',
      category: 'SYSTEM',
      severity: 0,
      outcome: 'SUCCESS',
      actorKind: 'SYSTEM',
      actorId: null,
      oboKind: null,
      oboId: null,
      targetType: null,
      targetId: null,
      conversationId: null,
      contactId: null,
      teamId: null,
      inboxId: null,
      requestId: null,
      causationId: null,
      sessionId: null,
      occurredAt: '2026-01-02T03:04:05.123Z',
      audience: null,
    });
  });

  it.each([
    ['INFO', 0],
    ['NOTICE', 1],
    ['WARNING', 2],
    ['CRITICAL', 3],
  ] as const)('order severity %s as %i', (severity, rank) => {
    expect(filterColumns({ ...smallest, severity }).severity).toBe(rank);
  });
});
