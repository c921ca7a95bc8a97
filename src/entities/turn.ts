import { defineEntity } from '@mikro-orm/core';

const p = defineEntity.properties;

const TurnSchema = defineEntity({
  name: 'Turn',
  tableName: 'turn',
  properties: {
    /** What is done by one node at a time. */
    duty: p.text().primary(),
    /** The node whose turn it is. */
    nodeId: p.uuid(),
    /** By the database's clock. Renewed while the node lives; then the next one may take the turn. */
    expiresAt: p.datetime(3),
  },
});

/** Which of all nodes does a duty that one is enough for. Belongs to the installation, not to a workspace. */
export class Turn extends TurnSchema.class {}
TurnSchema.setClass(Turn);
