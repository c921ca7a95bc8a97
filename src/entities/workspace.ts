import { defineEntity } from '@mikro-orm/core';

const p = defineEntity.properties;

const WorkspaceSchema = defineEntity({
  name: 'Workspace',
  tableName: 'workspace',
  properties: {
    id: p.uuid().primary(),
    name: p.text(),
    slug: p.text().unique(),
    /** The origin of this workspace's log, without its epoch: a schema-less URL, fixed when the workspace is created. */
    logOrigin: p.text(),
    timeZone: p.text(),
    handoverExpirySeconds: p.integer(),
    agentsSeeOwnEvents: p.boolean(),
    /** For how long one event of reading speaks, 0 to 3,600 s; 0 = every reading is an event. */
    viewWindowSeconds: p.integer().default(300),
    /** For how many days a deleted conversation can be restored, 1 to 365. */
    restoreDays: p.integer().default(30),
    createdAt: p.datetime(3),
  },
});

/** A company's inbox with everything in it. Nothing is shared between two workspaces but accounts. */
export class Workspace extends WorkspaceSchema.class {}
WorkspaceSchema.setClass(Workspace);

/**
 * The last number given to a conversation. A row of its own, moved in a statement of its own, so that two new
 * conversations never wait for each other's transaction; a rolled-back one leaves a gap in the numbers.
 */
const WorkspaceCounterSchema = defineEntity({
  name: 'WorkspaceCounter',
  tableName: 'workspace_counter',
  properties: {
    workspaceId: () =>
      p
        .manyToOne(Workspace)
        .primary()
        .mapToPk()
        .fieldName('workspace_id')
        .deleteRule('no action')
        .updateRule('no action'),
    conversations: p.integer(),
  },
});
export class WorkspaceCounter extends WorkspaceCounterSchema.class {}
WorkspaceCounterSchema.setClass(WorkspaceCounter);
