import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { PresenceStatus } from './enums.js';
import { instant, inWorkspace, oneOf, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const PresenceSchema = defineEntity({
  name: 'Presence',
  tableName: 'presence',
  properties: {
    workspaceId: workspaceKey(),
    agent: () => inWorkspace(p.manyToOne(Agent).primary(), 'agent_id'),
    status: oneOf(PresenceStatus),
    since: instant(),
    reason: p.text().nullable(),
    /** Set by sockets opening and closing; false = chosen by the agent, and kept while any socket is open. */
    automatic: p.boolean(),
  },
});

/** Whether an agent is there. One row an agent, from their first socket on. */
export class Presence extends PresenceSchema.class {}
PresenceSchema.setClass(Presence);

const SocketLeaseSchema = defineEntity({
  name: 'SocketLease',
  tableName: 'socket_lease',
  properties: {
    workspaceId: workspaceKey(),
    agent: () => inWorkspace(p.manyToOne(Agent).primary(), 'agent_id'),
    /** The process that holds the sockets. */
    nodeId: p.uuid().primary(),
    sockets: p.integer(),
    /** Renewed while the process lives; the sockets of one that died are forgotten after it. */
    expiresAt: instant(),
  },
  indexes: [{ properties: ['expiresAt'] }],
});

/** An agent has sockets open on one node. */
export class SocketLease extends SocketLeaseSchema.class {}
SocketLeaseSchema.setClass(SocketLease);
