import { defineEntity } from '@mikro-orm/core';
import { instant, workspaceKey } from './keys.js';

const p = defineEntity.properties;
const bytes = () => p.type('bytea').$type<Buffer>();

const RecordTileSchema = defineEntity({
  name: 'RecordTile',
  tableName: 'record_tile',
  properties: {
    workspaceId: workspaceKey(),
    level: p.smallint().primary(),
    index: p.bigint('number').primary(),
    /** 256 hashes, one after the other: at level 0 of leaves, above it the roots of the tiles below. */
    hashes: bytes(),
    /** Of the tree over these hashes: a hash of the level above. */
    root: bytes(),
  },
});

/** A full tile of a log's tree, so that a proof needs few rows. It repeats what the entries say. */
export class RecordTile extends RecordTileSchema.class {}
RecordTileSchema.setClass(RecordTile);

const RecordCheckpointSchema = defineEntity({
  name: 'RecordCheckpoint',
  tableName: 'record_checkpoint',
  properties: {
    workspaceId: workspaceKey(),
    epoch: p.integer().primary(),
    size: p.bigint('number').primary(),
    root: bytes(),
    /** The signed note, as it was published. */
    note: p.text(),
    issuedAt: instant(),
  },
});

/** What was signed of a log, once for each size. */
export class RecordCheckpoint extends RecordCheckpointSchema.class {}
RecordCheckpointSchema.setClass(RecordCheckpoint);

const RecordKeySchema = defineEntity({
  name: 'RecordKey',
  tableName: 'record_key',
  properties: {
    workspaceId: workspaceKey(),
    /** The text of the public key, with its name, which has the epoch in it. */
    vkey: p.text().primary(),
    epoch: p.integer(),
    /** The first size that it may have signed; it signs up to where the next one begins. */
    fromSize: p.bigint('number'),
    createdAt: instant(),
  },
});

/** Which public key signs which part of a log. The private ones are never in the database. */
export class RecordKey extends RecordKeySchema.class {}
RecordKeySchema.setClass(RecordKey);
