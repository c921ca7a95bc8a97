import { sql, type Database } from '../../database.js';
import { verifyWorkspace } from '../verify-workspace.js';
import type { VerifyReport } from '../verify.js';
import { checkNote } from './check-note.js';
import { BundleFindings, type BundleFinding } from './findings.js';
import type { TrustPolicy } from './trust-policy.js';

/** How a log stands to a checkpoint that somebody kept. */
export interface CheckpointReport {
  valid: boolean;
  /** Somebody whom the policy trusts has signed the checkpoint. */
  trusted: boolean;
  /** The log goes on from the checkpoint; not where so much of it is missing that this cannot be seen. */
  consistent: boolean;
  checkpoint: { origin: string; size: string; root: string } | null;
  /** Of the checkpoint. */
  findings: BundleFinding[];
  /** Of the log itself, with what it is against the checkpoint; null where there is none of that name. */
  log: VerifyReport | null;
}

/**
 * Verifies the log that a checkpoint is of, and that its first events are still those that were signed.
 * @throws AppError UNAVAILABLE when the database is out of reach or too slow.
 */
export async function verifyCheckpoint(db: Database, note: string, policy: TrustPolicy): Promise<CheckpointReport> {
  const findings = new BundleFindings();
  const checkpoint = checkNote(note, policy, findings);
  const trusted = checkpoint !== null && findings.areNone;
  let log: VerifyReport | null = null;
  if (checkpoint) {
    const { origin, size, root } = checkpoint;
    const found = await logNamed(db, origin);
    if (!found) findings.note('MISSING', null, 'checkpoint', `there is no log of that name: ${JSON.stringify(origin)}`);
    else {
      const isOfNow = origin === found.origin;
      const known = isOfNow ? [{ size, root: root.toString('base64') }] : [];
      log = await verifyWorkspace(db, found.workspaceId, { known });
      if (!isOfNow) {
        findings.note('NOT_CONSISTENT', null, 'checkpoint', `the log is in another epoch: ${found.origin}`);
      } else if (size === 0n) {
        findings.note('NOT_CONSISTENT', null, 'checkpoint', 'it is of an empty log, which proves nothing');
      }
    }
  }
  return {
    valid: findings.areNone && log?.valid === true,
    trusted,
    consistent: checkpoint !== null && !findings.isAbout('checkpoint') && (log === null || isWhole(log)),
    checkpoint: checkpoint && {
      origin: checkpoint.origin,
      size: checkpoint.size.toString(),
      root: checkpoint.root.toString('base64'),
    },
    findings: findings.kept,
    log,
  };
}

/** The log of a name, whatever epoch the name says. */
async function logNamed(db: Database, origin: string): Promise<{ workspaceId: string; origin: string } | null> {
  const base = origin.replace(/\/e[0-9]+$/, '');
  const [found] = await db.rows<{ workspaceId: string; origin: string }>(sql`
    select w.id as "workspaceId", w.log_origin || '/e' || h.epoch as origin
    from workspace w join record_head h on h.workspace_id = w.id where w.log_origin = ${base}`);
  return found ?? null;
}

/** Only what is whole could be compared; FORKED and REWOUND are what comparing finds. */
const isWhole = ({ counts }: VerifyReport): boolean =>
  counts.GAP + counts.REORDERED + counts.FORKED + counts.REWOUND === 0;
