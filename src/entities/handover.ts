import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { Bot } from './bot.js';
import { Conversation } from './conversation.js';
import { ActorKind, HandoverKind, HandoverReason, HandoverStatus } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';
import { Team } from './team.js';

const p = defineEntity.properties;

const HandoverSchema = defineEntity({
  name: 'Handover',
  tableName: 'handover',
  properties: {
    ...tenantKey,
    conversation: () => inWorkspace(p.manyToOne(Conversation), 'conversation_id'),
    kind: oneOf(HandoverKind),
    status: oneOf(HandoverStatus),
    reason: oneOf(HandoverReason),
    comment: p.text().nullable(),
    summary: p.text().nullable(),
    fromKind: oneOf(ActorKind),
    fromId: p.uuid().nullable(),
    toAgent: () => inWorkspace(p.manyToOne(Agent).nullable(), 'to_agent_id'),
    toTeam: () => inWorkspace(p.manyToOne(Team).nullable(), 'to_team_id'),
    toBot: () => inWorkspace(p.manyToOne(Bot).nullable(), 'to_bot_id'),
    settledByKind: oneOf(ActorKind).nullable(),
    settledById: p.uuid().nullable(),
    settlementReason: p.text().nullable(),
    /** Nobody of those it was offered to was online when it was requested. */
    unattended: p.boolean(),
    /** The shift that it was handed over with. */
    batchId: p.uuid().nullable(),
    requestedAt: instant(),
    expiresAt: instant(),
    settledAt: instant().nullable(),
  },
  indexes: [
    { properties: ['workspaceId', 'conversation', 'requestedAt'] },
    { properties: ['workspaceId', 'requestedAt', 'id'] },
    {
      name: 'handover_one_open_per_conversation',
      expression:
        'create unique index "handover_one_open_per_conversation" on "handover" ("workspace_id", "conversation_id") where "status" = \'REQUESTED\'',
    },
    {
      name: 'handover_one_per_batch',
      expression:
        'create unique index "handover_one_per_batch" on "handover" ("workspace_id", "batch_id", "conversation_id") where "batch_id" is not null',
    },
    {
      name: 'handover_due',
      expression: 'create index "handover_due" on "handover" ("expires_at") where "status" = \'REQUESTED\'',
    },
  ],
});

/** A conversation is offered to an agent, a team or a bot, and taken or not. */
export class Handover extends HandoverSchema.class {
  /** Whether somebody may still accept, decline or cancel it. */
  isOpen(): boolean {
    return this.status === HandoverStatus.REQUESTED;
  }
}
HandoverSchema.setClass(Handover);
