import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { Bot } from './bot.js';
import { Channel } from './enums.js';
import { instant, inWorkspace, oneOf, rootKey, workspaceKey } from './keys.js';
import { Team } from './team.js';

const p = defineEntity.properties;

const InboxSchema = defineEntity({
  name: 'Inbox',
  tableName: 'inbox',
  properties: {
    ...rootKey,
    name: p.text(),
    channel: oneOf(Channel),
    defaultTeam: () => inWorkspace(p.manyToOne(Team).nullable(), 'default_team_id'),
    bot: () => inWorkspace(p.manyToOne(Bot).nullable(), 'bot_id'),
    createdAt: instant(),
    /** From then on nothing arrives in it. */
    deactivatedAt: instant().nullable(),
  },
});

/** Where the messages of one channel arrive. */
export class Inbox extends InboxSchema.class {}
InboxSchema.setClass(Inbox);

const InboxMemberSchema = defineEntity({
  name: 'InboxMember',
  tableName: 'inbox_member',
  properties: {
    workspaceId: workspaceKey(),
    inbox: () => inWorkspace(p.manyToOne(Inbox).primary(), 'inbox_id'),
    agent: () => inWorkspace(p.manyToOne(Agent).primary(), 'agent_id'),
  },
  indexes: [{ properties: ['workspaceId', 'agent'] }],
});

/** An agent sees every conversation of an inbox. */
export class InboxMember extends InboxMemberSchema.class {}
InboxMemberSchema.setClass(InboxMember);
