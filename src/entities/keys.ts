import { defineEntity } from '@mikro-orm/core';
import { Workspace } from './workspace.js';

const p = defineEntity.properties;

/** A column that holds one of the values, with the CHECK constraint that says so. */
export const oneOf = <T extends string>(values: Readonly<Record<T, T>>) => p.enum(Object.values(values) as T[]);

/** A time with the milliseconds that JavaScript and the API carry. */
export const instant = () => p.datetime(3);

/**
 * The first half of every tenant table's key. The workspace is part of each primary and foreign key, so that the
 * database itself refuses a row of one workspace that points at a row of another. No foreign key to the workspace
 * itself: its check would share-lock that one row in every insert of every transaction of the workspace.
 */
export const workspaceKey = () => p.uuid().primary();

/** The whole key, `(workspace_id, id)`; the id is a UUIDv7 made by the application. */
export const tenantKey = { workspaceId: workspaceKey(), id: p.uuid().primary() };

/** The key of what is set up once and seldom changes: with the foreign key to the workspace. */
export const rootKey = {
  workspaceId: () =>
    p
      .manyToOne(Workspace)
      .primary()
      .mapToPk()
      .fieldName('workspace_id')
      .deleteRule('no action')
      .updateRule('no action'),
  id: p.uuid().primary(),
};

interface RelationChain {
  joinColumns(...columns: string[]): RelationChain;
  ownColumns(...columns: string[]): RelationChain;
  deleteRule(rule: string): RelationChain;
  updateRule(rule: string): RelationChain;
}

/**
 * A relation inside one workspace, joined over both columns and owning only its own: setting it to null must leave the
 * shared workspace column alone, hence `ownColumns`; ON DELETE SET NULL would null both, hence no action.
 */
export const inWorkspace = <C>(relation: C, column: string): C =>
  (relation as unknown as RelationChain)
    .joinColumns('workspace_id', column)
    .ownColumns(column)
    .deleteRule('no action')
    .updateRule('no action') as unknown as C;
