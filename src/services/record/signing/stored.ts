import { AppError } from '../../errors.js';
import { sql, type Sql } from '../../database.js';
import { entryText } from '../envelope.js';
import { HASH_BYTES } from '../merkle.js';
import type { SubtreeSource } from '../proofs/subtrees.js';
import { subtreesOfTiles, type Tile } from '../proofs/tiles.js';

/** Runs a reading statement, in a transaction or outside. */
export type Rows = <T extends object>(statement: Sql) => Promise<T[]>;

/** A log as it stands, with what was signed of it last. */
export interface SignedLog {
  epoch: number;
  size: number;
  frontier: Buffer[];
  /** Of this epoch. */
  origin: string;
  last: StoredCheckpoint | null;
}

/** A checkpoint as it was published. */
export interface StoredCheckpoint {
  origin: string;
  epoch: number;
  size: number;
  root: Buffer;
  note: string;
  issuedAt: Date;
}

/** The one that says that a log does not fit what was signed of it. */
export const inconsistent = (why: string): AppError =>
  new AppError(
    'RECORD_INCONSISTENT',
    `The record does not fit a checkpoint that was signed of it: ${why}. An operator must look at it.`,
  );

const originColumn = sql`w.log_origin || '/e' || c.epoch as origin`;
const checkpointColumns = sql`c.epoch, c.size, c.root, c.note, c.issued_at as "issuedAt"`;

/** The log of a workspace, or null where nothing was ever recorded. */
export async function readSignedLog(rows: Rows, workspaceId: string): Promise<SignedLog | null> {
  const [row] = await rows<
    Omit<SignedLog, 'last'> & {
      last: (Omit<StoredCheckpoint, 'issuedAt' | 'root'> & { root: string; issuedAt: string }) | null;
    }
  >(sql`
    select h.epoch, h.size, h.frontier, w.log_origin || '/e' || h.epoch as origin, (
      select jsonb_build_object('origin', w.log_origin || '/e' || c.epoch, 'epoch', c.epoch, 'size', c.size,
        'root', encode(c.root, 'hex'), 'note', c.note, 'issuedAt', c.issued_at)
      from record_checkpoint c where c.workspace_id = h.workspace_id and c.epoch = h.epoch
      order by c.size desc limit 1) as last
    from record_head h join workspace w on w.id = h.workspace_id where h.workspace_id = ${workspaceId}`);
  if (!row) return null;
  const { last } = row;
  return {
    ...row,
    last: last && { ...last, root: Buffer.from(last.root, 'hex'), issuedAt: new Date(last.issuedAt) },
  };
}

/** The smallest checkpoint of an epoch over at least so many entries, or null. */
export async function checkpointCovering(
  rows: Rows,
  workspaceId: string,
  epoch: number,
  size: number,
): Promise<StoredCheckpoint | null> {
  const [row] = await rows<StoredCheckpoint>(sql`
    select ${originColumn}, ${checkpointColumns} from record_checkpoint c join workspace w on w.id = c.workspace_id
    where c.workspace_id = ${workspaceId} and c.epoch = ${epoch} and c.size >= ${size} order by c.size limit 1`);
  return row ?? null;
}

/** The public keys of a log, in the order in which they began to sign. */
export interface StoredKey {
  vkey: string;
  epoch: number;
  fromSize: number;
}

/** All keys of a log, of every epoch. */
export const readKeys = (rows: Rows, workspaceId: string): Promise<StoredKey[]> =>
  rows<StoredKey>(sql`
    select k.vkey, k.epoch, k.from_size as "fromSize" from record_key k where k.workspace_id = ${workspaceId}
    order by k.epoch, k.from_size, k.created_at`);

/** The bytes of tiles, full or not, in one statement: what is not full is put together from what is below it. */
export async function readTiles(rows: Rows, workspaceId: string, tiles: readonly Tile[]): Promise<Buffer[]> {
  const levels = tiles.map(({ level }) => level);
  const indexes = tiles.map(({ index }) => String(index));
  const found = await rows<{ hashes: Buffer | null }>(sql`
    select coalesce(t.hashes, case when w.level = 0 then (
        select string_agg(e.leaf_hash, ''::bytea order by e.sequence) from record_entry e
        where e.workspace_id = ${workspaceId} and e.sequence between w.index * 256 and w.index * 256 + 255)
      else (
        select string_agg(b.root, ''::bytea order by b.index) from record_tile b
        where b.workspace_id = ${workspaceId} and b.level = w.level - 1
          and b.index between w.index * 256 and w.index * 256 + 255) end) as hashes
    from unnest(${levels}::int[], ${indexes}::bigint[]) with ordinality w(level, index, place)
    left join record_tile t on t.workspace_id = ${workspaceId} and t.level = w.level and t.index = w.index
    order by w.place`);
  return tiles.map(({ level, index, width }, place) => {
    const hashes = found[place]?.hashes ?? Buffer.alloc(0);
    if (hashes.length < width * HASH_BYTES) throw inconsistent(`events below tile ${level}/${index} are missing`);
    return hashes.subarray(0, width * HASH_BYTES);
  });
}

/** The leaf data of the entries from `first` on, `count` of them. */
export async function readLeafData(rows: Rows, workspaceId: string, first: number, count: number): Promise<string[]> {
  const entries = await rows<{ sequence: number; bodyHash: Buffer; recordedAt: string }>(sql`
    select e.sequence, e.body_hash as "bodyHash",
      to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "recordedAt"
    from record_entry e where e.workspace_id = ${workspaceId}
      and e.sequence between ${first} and ${first + count - 1} order by e.sequence`);
  if (entries.length !== count) throw inconsistent(`events from ${first} on are missing`);
  return entries.map((entry) => entryText({ ...entry, sequence: BigInt(entry.sequence), workspaceId }));
}

/** The perfect subtrees of a log, one statement a proof. */
export const storedSubtrees = (rows: Rows, workspaceId: string): SubtreeSource =>
  subtreesOfTiles((tiles) => readTiles(rows, workspaceId, tiles));
