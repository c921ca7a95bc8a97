import { z } from 'zod';
import { Malformed } from '../proofs/malformed.js';
import { parseVerifierKey, publicKeyObject, type VerifierKey } from '../proofs/verifier-key.js';

/** A key that whoever verifies trusts, and for which sizes of the log. */
interface TrustedKey {
  key: VerifierKey;
  fromSize: bigint;
  /** Null = it may still sign. */
  toSize: bigint | null;
}

/** Which keys are trusted for which logs. It is the verifier's own; nothing of it ever comes from what is verified. */
export class TrustPolicy {
  private constructor(readonly origins: ReadonlyMap<string, readonly TrustedKey[]>) {}

  /**
   * Reads `{"origins": {"<origin>": [{"vkey": "<key>", "fromSize": 1, "toSize": 99}]}}`, the sizes optional.
   * @throws Malformed saying where it is wrong.
   */
  static parse(text: string): TrustPolicy {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new Malformed('the policy is not JSON');
    }
    const policy = shape.safeParse(parsed);
    if (!policy.success) {
      const { path, message } = policy.error.issues[0]!;
      throw new Malformed(
        `the policy is wrong${path.length > 0 ? ` at ${path.map(String).join('.')}` : ''}: ${message}`,
      );
    }
    const origins = new Map<string, TrustedKey[]>();
    for (const [origin, keys] of Object.entries(policy.data.origins)) {
      origins.set(
        origin,
        keys.map(({ vkey, fromSize = 0, toSize = null }) => {
          const key = parseVerifierKey(vkey);
          // Found out here, and not as a signature that seems to be wrong.
          publicKeyObject(key);
          if (key.name !== origin) throw new Malformed(`the policy has a key of "${key.name}" under "${origin}"`);
          if (toSize !== null && toSize < fromSize) throw new Malformed('a key of the policy ends before it begins');
          return { key, fromSize: BigInt(fromSize), toSize: toSize === null ? null : BigInt(toSize) };
        }),
      );
    }
    return new TrustPolicy(origins);
  }

  /** Whether anything is known of this log. */
  knows(origin: string): boolean {
    return this.origins.has(origin);
  }

  /** The keys that may sign this log at this size, each once. */
  keysFor(origin: string, size: bigint): VerifierKey[] {
    const able = (this.origins.get(origin) ?? []).filter(
      ({ fromSize, toSize }) => fromSize <= size && (toSize === null || size <= toSize),
    );
    return [...new Map(able.map(({ key }) => [`${key.id} ${key.publicKey.toString('hex')}`, key])).values()];
  }
}

const size = z.int().min(0);
const shape = z.strictObject({
  origins: z.record(
    z.string().min(1),
    z.array(z.strictObject({ vkey: z.string(), fromSize: size.optional(), toSize: size.optional() })).min(1),
  ),
});
