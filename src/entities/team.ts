import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { instant, inWorkspace, rootKey, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const TeamSchema = defineEntity({
  name: 'Team',
  tableName: 'team',
  properties: {
    ...rootKey,
    name: p.text(),
    createdAt: instant(),
    /** From then on it gets nothing new. */
    deactivatedAt: instant().nullable(),
  },
});

/** A group of agents that conversations are handed over to. */
export class Team extends TeamSchema.class {}
TeamSchema.setClass(Team);

const TeamMemberSchema = defineEntity({
  name: 'TeamMember',
  tableName: 'team_member',
  properties: {
    workspaceId: workspaceKey(),
    team: () => inWorkspace(p.manyToOne(Team).primary(), 'team_id'),
    agent: () => inWorkspace(p.manyToOne(Agent).primary(), 'agent_id'),
  },
  indexes: [{ properties: ['workspaceId', 'agent'] }],
});

/** An agent works in a team. */
export class TeamMember extends TeamMemberSchema.class {}
TeamMemberSchema.setClass(TeamMember);

const TeamSupervisorSchema = defineEntity({
  name: 'TeamSupervisor',
  tableName: 'team_supervisor',
  properties: {
    workspaceId: workspaceKey(),
    team: () => inWorkspace(p.manyToOne(Team).primary(), 'team_id'),
    agent: () => inWorkspace(p.manyToOne(Agent).primary(), 'agent_id'),
  },
  indexes: [{ properties: ['workspaceId', 'agent'] }],
});

/** An agent of the role SUPERVISOR watches over a team. */
export class TeamSupervisor extends TeamSupervisorSchema.class {}
TeamSupervisorSchema.setClass(TeamSupervisor);
