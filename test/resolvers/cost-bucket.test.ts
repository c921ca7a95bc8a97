import { describe, expect, it } from 'vitest';
import { CostBucket, type CostBucketOptions } from '../../src/resolvers/admission/cost-bucket.js';
import { AppError } from '../../src/services/errors.js';
import { outcome } from './admission-sample.js';

describe('the cost bucket', () => {
  const start = Date.UTC(2026, 0, 1);
  function bucketAt(options: Partial<CostBucketOptions> = {}) {
    const clock = { ms: start };
    return { clock, bucket: new CostBucket({ now: () => new Date(clock.ms), ...options }) };
  }
  const refusedFor = (take: () => unknown) => {
    const refused = outcome(take);
    return refused instanceof AppError && { code: refused.code, ...refused.details };
  };

  it('gives a caller a bucketful at once and fills it continuously', () => {
    const { clock, bucket } = bucketAt();
    expect(bucket.take('a', 19_999)).toEqual({ remaining: 1 });
    expect(bucket.take('a', 1)).toEqual({ remaining: 0 });
    clock.ms += 100;
    expect(bucket.take('a', 300)).toEqual({ remaining: 200 });
    clock.ms += 60_000;
    expect(bucket.take('a', 1)).toEqual({ remaining: 19_999 });
  });

  it('says after how many seconds there is enough, and takes nothing before', () => {
    const { clock, bucket } = bucketAt();
    bucket.take('a', 20_000);
    expect(refusedFor(() => bucket.take('a', 1))).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
    expect(refusedFor(() => bucket.take('a', 5_001))).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 2 });
    clock.ms += 2_000;
    expect(bucket.take('a', 5_001)).toEqual({ remaining: 4_999 });
  });

  it('refuses for good what no bucket can hold', () => {
    const { bucket } = bucketAt();
    expect(refusedFor(() => bucket.take('a', 20_001))).toEqual({
      code: 'LIMIT_EXCEEDED',
      limit: 'cost',
      max: 20_000,
      actual: 20_001,
    });
    expect(bucket.take('a', 20_000)).toEqual({ remaining: 0 });
  });

  it('keeps callers apart', () => {
    const { bucket } = bucketAt();
    bucket.take('a', 20_000);
    expect(bucket.take('b', 1)).toEqual({ remaining: 19_999 });
  });

  it('makes nobody wait longer than for a full bucket when the clock is set back', () => {
    const { clock, bucket } = bucketAt();
    bucket.take('a', 1);
    clock.ms -= 3_600_000;
    expect(refusedFor(() => bucket.take('a', 20_000))).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 4 });
  });

  it('forgets full buckets first, then the fullest', () => {
    const { clock, bucket } = bucketAt({ maxKeys: 3 });
    bucket.take('low', 20_000);
    bucket.take('high', 6_000);
    bucket.take('full', 500);
    clock.ms += 100;
    bucket.take('new', 1_000);
    expect(bucket.size).toBe(3);
    expect(refusedFor(() => bucket.take('high', 20_000))).toMatchObject({ code: 'RATE_LIMITED' });
    bucket.take('newer', 10_000);
    expect(bucket.size).toBe(3);
    expect(bucket.take('low', 0)).toEqual({ remaining: 500 });
    expect(bucket.take('high', 0)).toEqual({ remaining: 14_500 });
  });
});
