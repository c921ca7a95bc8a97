import { hash } from 'node:crypto';
import { BodyScan, slotOf } from './body-scan.js';
import { belongTogether } from './disclosure.js';
import type { LogEntry } from './log-check.js';
import { PackedColumns } from './packed-columns.js';

const [ACTION, ACTOR_KIND, DIGESTS, VERSION, WORKSPACE] = ['action', 'actor.kind', '_sd', 'v', 'ws'].map(slotOf) as [
  number,
  number,
  number,
  number,
  number,
];
/** What must be noted as an announcement is read whole. */
const ANNOUNCEMENTS: readonly (string | null)[] = ['"audit.pruned"', '"audit.erased"'];

/**
 * Whether body, disclosures and columns of a row fit together beyond doubt, and announce nothing: then no check of them one
 * by one could find anything. It never finds anything itself; false means to check.
 */
export function isSound({ body, bodyHash, disclosures, columns }: LogEntry, workspaceId: string): boolean {
  return (
    body !== null &&
    scan.begin(body) &&
    hash('sha256', scan.text, 'base64url') === bodyHash &&
    scan.isCanonical() &&
    scan.get(VERSION) === '1' &&
    scan.get(WORKSPACE) === `"${workspaceId}"` &&
    scan.get(ACTOR_KIND)?.startsWith('"') === true &&
    !ANNOUNCEMENTS.includes(scan.get(ACTION)) &&
    belongTogether(scan.texts(DIGESTS), disclosures ?? []) &&
    (columns === null || (columns instanceof PackedColumns && columns.repeat(scan)))
  );
}

/** Nothing else runs while a row is checked. */
const scan = new BodyScan();
