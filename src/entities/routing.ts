import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { Conversation } from './conversation.js';
import { RoutingStrategy } from './enums.js';
import { instant, inWorkspace, oneOf, workspaceKey } from './keys.js';
import { Team } from './team.js';

const p = defineEntity.properties;

const RoutingPolicySchema = defineEntity({
  name: 'RoutingPolicy',
  tableName: 'routing_policy',
  properties: {
    workspaceId: workspaceKey(),
    team: () => inWorkspace(p.manyToOne(Team).primary(), 'team_id'),
    enabled: p.boolean(),
    strategy: oneOf(RoutingStrategy),
    /** After how long without an answer a conversation goes to the next one; null = never. */
    requeueAfterSeconds: p.integer().nullable(),
    /** Who was given something last: whose turn it is follows from it. */
    lastAgentId: p.uuid().nullable(),
    changedAt: instant(),
  },
});

/** How a team's waiting conversations are given to its members. Without a row they are not. */
export class RoutingPolicy extends RoutingPolicySchema.class {}
RoutingPolicySchema.setClass(RoutingPolicy);

const RoutingAssignmentSchema = defineEntity({
  name: 'RoutingAssignment',
  tableName: 'routing_assignment',
  properties: {
    workspaceId: workspaceKey(),
    conversation: () => inWorkspace(p.manyToOne(Conversation).primary(), 'conversation_id'),
    team: () => inWorkspace(p.manyToOne(Team), 'team_id'),
    agent: () => inWorkspace(p.manyToOne(Agent), 'agent_id'),
    /** The position of its line in the transcript: what a person says after it is an answer. */
    position: p.integer(),
    assignedAt: instant(),
    /** When it is looked at whether somebody has answered; null once that is settled. */
    checkAt: instant().nullable(),
    /** Who did not answer, until somebody is given it again. */
    passedAgentId: p.uuid().nullable(),
  },
  indexes: [
    {
      name: 'routing_assignment_due',
      expression:
        'create index "routing_assignment_due" on "routing_assignment" ("check_at") where "check_at" is not null',
    },
  ],
});

/** To whom a conversation was given automatically the last time. */
export class RoutingAssignment extends RoutingAssignmentSchema.class {}
RoutingAssignmentSchema.setClass(RoutingAssignment);
