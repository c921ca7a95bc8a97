import { rootAt, type SubtreeSource } from '../proofs/subtrees.js';
import type { OwnCheckpoint } from './own-checkpoints.js';
import { inconsistent, type SignedLog } from './stored.js';

/**
 * Refuses a log that does not go on from what was signed of it, in the database and by this signer: then it was rewound,
 * by a restored backup, or somebody changed it.
 * @throws AppError RECORD_INCONSISTENT
 */
export async function refuseInconsistent(
  log: SignedLog,
  own: OwnCheckpoint | null,
  source: SubtreeSource,
): Promise<void> {
  const signed = [log.last];
  if (own) {
    const { base, epoch } = splitOrigin(own.origin);
    if (base !== splitOrigin(log.origin).base) throw inconsistent('it is called otherwise than when it was signed');
    if (epoch > log.epoch) throw inconsistent(`epoch ${epoch} was signed already, and it is in epoch ${log.epoch}`);
    // Of an older epoch nothing is promised: that is what a new one is opened for.
    if (epoch === log.epoch) signed.push({ ...own, size: Number(own.size), epoch, issuedAt: new Date(0) });
  }
  for (const checkpoint of signed) {
    if (!checkpoint) continue;
    const { size, root } = checkpoint;
    if (checkpoint !== log.last && size === log.last?.size && root.equals(log.last.root)) continue;
    if (size > log.size) throw inconsistent(`it has ${log.size} events, and ${size} were signed`);
    if (!(await rootAt(source, BigInt(size))).equals(root)) {
      throw inconsistent(`its first ${size} events are not those that were signed`);
    }
  }
}

/** The name of a log without its epoch, and the epoch. */
export function splitOrigin(origin: string): { base: string; epoch: number } {
  const [, base = '', epoch = ''] = /^(.*)\/e([1-9][0-9]{0,8})$/.exec(origin) ?? [];
  if (base === '') throw inconsistent(`"${origin}" is the name of no log`);
  return { base, epoch: Number(epoch) };
}
