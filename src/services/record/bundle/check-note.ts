import { parseCheckpoint, type Checkpoint } from '../proofs/checkpoint.js';
import { Malformed } from '../proofs/malformed.js';
import { parseNote, verifyNote } from '../proofs/signed-note.js';
import type { BundleFindings } from './findings.js';
import type { TrustPolicy } from './trust-policy.js';

/**
 * Reads a signed checkpoint and notes what keeps it from being trusted.
 * @returns what it says, trusted or not, so that everything else can be looked at; null when it cannot be read.
 */
export function checkNote(note: string, policy: TrustPolicy, findings: BundleFindings): Checkpoint | null {
  let checkpoint: Checkpoint;
  let signatures: readonly { name: string; id: string }[];
  try {
    const parsed = parseNote(note);
    checkpoint = parseCheckpoint(parsed.text);
    ({ signatures } = parsed);
  } catch (error) {
    findings.note('MALFORMED', null, 'signature', reasonOf(error));
    return null;
  }
  const { origin, size } = checkpoint;
  const keys = policy.keysFor(origin, size);
  if (!policy.knows(origin)) {
    findings.note('UNKNOWN_KEY', null, 'signature', `the policy has no key of ${JSON.stringify(origin)}`);
  } else if (!keys.some((key) => signatures.some(({ name, id }) => name === key.name && id === key.id))) {
    findings.note(
      'UNKNOWN_KEY',
      null,
      'signature',
      `no key that the policy has for ${size} events of ${JSON.stringify(origin)} has signed the checkpoint`,
    );
  } else {
    try {
      verifyNote(note, keys);
    } catch (error) {
      findings.note('BAD_SIGNATURE', null, 'signature', reasonOf(error));
    }
  }
  return checkpoint;
}

/** What is wrong with something from outside. @throws whatever is no such thing. */
export function reasonOf(error: unknown): string {
  if (error instanceof Malformed) return error.message;
  throw error;
}
