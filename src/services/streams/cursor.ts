import { AppError, invalid } from '../errors.js';
import type { Database } from '../database.js';
import { readHeads, readLeafHash, type RecordRow } from '../record/read.js';

/** Bytes of a leaf hash that a cursor carries: enough to tell one history from another. */
const TAG_BYTES = 8;
const VERSION = 1;
const LENGTH = 1 + 4 + 8 + TAG_BYTES;

/**
 * A place in a workspace's log: after this event. Opaque to clients: base64url of a version byte, the epoch, the
 * sequence and the first bytes of that event's leaf hash, by which a history that is not this one is noticed.
 */
export interface EventCursor {
  epoch: number;
  /** −1 = before the first event. */
  sequence: number;
  tag: Buffer;
}

/** In place of a leaf, before the first event. */
export const START_TAG = Buffer.alloc(TAG_BYTES);

/** Whether a cursor's tag is that of the event with this leaf. */
export const isSameEvent = (leaf: Buffer, tag: Buffer): boolean =>
  leaf.subarray(0, TAG_BYTES).equals(tag.subarray(0, TAG_BYTES));

export function encodeCursor({ epoch, sequence, tag }: EventCursor): string {
  const bytes = Buffer.alloc(LENGTH);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt32BE(epoch, 1);
  bytes.writeBigInt64BE(BigInt(sequence), 5);
  tag.copy(bytes, 13, 0, TAG_BYTES);
  return bytes.toString('base64url');
}

/** @throws AppError VALIDATION_FAILED for what is no cursor of this API. */
export function decodeCursor(text: string, path = 'afterEvent'): EventCursor {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== LENGTH || bytes.readUInt8(0) !== VERSION || bytes.toString('base64url') !== text) {
    throw invalid({ path, message: 'is not an event cursor' });
  }
  const sequence = Number(bytes.readBigInt64BE(5));
  if (!Number.isSafeInteger(sequence) || sequence < -1) throw invalid({ path, message: 'is not an event cursor' });
  return { epoch: bytes.readUInt32BE(1), sequence, tag: bytes.subarray(13) };
}

/** The cursor after an event. */
export const cursorAfter = (row: Pick<RecordRow, 'sequence' | 'leafHash'>, epoch: number): string =>
  encodeCursor({ epoch, sequence: row.sequence, tag: row.leafHash });

/**
 * Where the log of a workspace stands now. Read before any row of an answer, it is a place from which nothing of what
 * comes after those rows is missed.
 */
export async function headCursor(db: Database, workspaceId: string): Promise<EventCursor> {
  const [head] = await readHeads(db, [workspaceId]);
  return head
    ? { epoch: head.epoch, sequence: head.size - 1, tag: head.lastLeafHash ?? START_TAG }
    : { epoch: 1, sequence: -1, tag: START_TAG };
}

/**
 * Checks that a cursor is a place in the history that this database holds.
 * @throws AppError RESYNC_REQUIRED, with a fresh `eventCursor`, when it is not.
 */
export async function accessCursor(db: Database, workspaceId: string, cursor: EventCursor): Promise<EventCursor> {
  const head = await headCursor(db, workspaceId);
  if (cursor.epoch !== head.epoch || cursor.sequence > head.sequence) {
    throw resyncRequired('The cursor belongs to another history of this workspace.', head);
  }
  const leaf = cursor.sequence < 0 ? START_TAG : await readLeafHash(db, workspaceId, cursor.sequence);
  if (!leaf || !isSameEvent(leaf, cursor.tag)) {
    throw resyncRequired('The cursor belongs to another history of this workspace.', head);
  }
  return head;
}

/** Tells a client to query afresh and subscribe from `eventCursor`. */
export const resyncRequired = (message: string, head: EventCursor): AppError =>
  new AppError('RESYNC_REQUIRED', message, { eventCursor: encodeCursor(head) });
