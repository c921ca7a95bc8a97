import { defineEntity } from '@mikro-orm/core';
import { Account } from './account.js';
import { Role } from './enums.js';
import { instant, oneOf, rootKey } from './keys.js';

const p = defineEntity.properties;

const AgentSchema = defineEntity({
  name: 'Agent',
  tableName: 'agent',
  properties: {
    ...rootKey,
    account: () => p.manyToOne(Account).deleteRule('no action').updateRule('no action'),
    displayName: p.text(),
    email: p.text(),
    /** Where a picture of them is, in no place of ours. */
    avatarUrl: p.text().nullable(),
    role: oneOf(Role),
    active: p.boolean(),
    /** Up to how many conversations they are given by automatic assignment; null = as many as there are. */
    capacity: p.integer().nullable(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['workspaceId', 'account'] }],
});

/** A person who works in a workspace: an account with a name and a role there. */
export class Agent extends AgentSchema.class {}
AgentSchema.setClass(Agent);
