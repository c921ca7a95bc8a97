import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { ActorKind } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';
import { Team } from './team.js';

const p = defineEntity.properties;

const ShiftHandoverSchema = defineEntity({
  name: 'ShiftHandover',
  tableName: 'shift_handover',
  properties: {
    ...tenantKey,
    agent: () => inWorkspace(p.manyToOne(Agent), 'agent_id'),
    toAgent: () => inWorkspace(p.manyToOne(Agent).nullable(), 'to_agent_id'),
    toTeam: () => inWorkspace(p.manyToOne(Team).nullable(), 'to_team_id'),
    byKind: oneOf(ActorKind),
    byId: p.uuid().nullable(),
    /** What the handovers to come say; null once they have said it, since it is about people. */
    comment: p.text().nullable(),
    summary: p.text().nullable(),
    expiresInSeconds: p.integer().nullable(),
    /** Nobody of those it goes to was online when it began. */
    unattended: p.boolean(),
    /** The conversations that are still to be offered. */
    pending: p.array().columnType('uuid[]'),
    /** How many there were, how many of them were offered, and how many were not theirs to give any more. */
    conversations: p.integer(),
    handedOver: p.integer(),
    skipped: p.integer(),
    startedAt: instant(),
    completedAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'shift_handover_open',
      expression: 'create index "shift_handover_open" on "shift_handover" ("started_at") where "completed_at" is null',
    },
    {
      name: 'shift_handover_one_open_per_agent',
      expression:
        'create unique index "shift_handover_one_open_per_agent" on "shift_handover" ("workspace_id", "agent_id") where "completed_at" is null',
    },
  ],
});

/** All open work of an agent is handed over, conversation by conversation; taken up again where it was interrupted. */
export class ShiftHandover extends ShiftHandoverSchema.class {}
ShiftHandoverSchema.setClass(ShiftHandover);
