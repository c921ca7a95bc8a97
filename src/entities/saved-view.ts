import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { ViewSharing } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';
import { Team } from './team.js';

const p = defineEntity.properties;

const SavedViewSchema = defineEntity({
  name: 'SavedView',
  tableName: 'saved_view',
  properties: {
    ...tenantKey,
    name: p.text(),
    /** Whose it is; nobody's where a key made it. */
    owner: () => inWorkspace(p.manyToOne(Agent).nullable(), 'owner_id'),
    sharing: oneOf(ViewSharing),
    /** Of a view that is shared with a team. */
    team: () => inWorkspace(p.manyToOne(Team).nullable(), 'team_id'),
    /** A filter of conversations as the API takes it. */
    filter: p.json<Record<string, unknown>>(),
    orderBy: p.text(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  indexes: [{ properties: ['workspaceId', 'owner'] }],
});

/** A filter and an order of conversations, kept under a name. */
export class SavedView extends SavedViewSchema.class {}
SavedViewSchema.setClass(SavedView);
