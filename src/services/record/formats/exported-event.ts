import type { RowOf } from '../../../entities/row.js';
import type { Workspace } from '../../../entities/workspace.js';
import { readEvent, type AuditEventRow } from '../history.js';
import type { RecordRow } from '../read.js';

/** An event as it leaves for another system: what its reader may see of it, and which log it is of. */
export interface ExportedEvent extends Omit<AuditEventRow, 'recordedAt'> {
  workspaceId: string;
  /** Of the log and its epoch. With `sequence` it names an event for ever: by both receivers know what they have already. */
  origin: string;
  /** UTC with microseconds, as hashed. */
  recordedAt: string;
}

/** Which log events are of. */
export type LogName = Pick<RowOf<Workspace>, 'id' | 'logOrigin'> & { epoch: number };

/** The origin of one epoch of a log: `inbox.example.com/ws/<id>/e1`. */
export const originOf = ({ logOrigin, epoch }: LogName): string => `${logOrigin}/e${epoch}`;

/** Reads an event for export, masked like everywhere for who may not see addresses and committed values. */
export const exportedEvent = (row: RecordRow, log: LogName, { unmasked }: { unmasked: boolean }): ExportedEvent => ({
  ...readEvent(row, log.id, { unmasked }),
  workspaceId: log.id,
  origin: originOf(log),
  recordedAt: row.recordedAtText,
});

/** The leaf hash as most other systems write hashes. */
export const leafHashInHex = ({ leafHash }: ExportedEvent): string => Buffer.from(leafHash, 'base64').toString('hex');

/** When it happened as far as that is known; of a pruned event only when it was recorded is. */
export const happenedAt = ({ occurredAt, recordedAt }: ExportedEvent): Date => occurredAt ?? new Date(recordedAt);

/** What most readers would call the event: its sentence; of one whose content is gone only that. */
export const messageOf = ({ summary, state, sequence }: ExportedEvent): string =>
  summary ?? `Event ${sequence} (${state.toLowerCase()})`;

/** A copy without the keys that have nothing to say: null, undefined and empty objects. */
export function compact<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => {
      if (value === null || value === undefined) return false;
      return (
        typeof value !== 'object' || Array.isArray(value) || value instanceof Date || Object.keys(value).length > 0
      );
    }),
  ) as Partial<T>;
}
