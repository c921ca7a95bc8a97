import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { Bot } from './bot.js';
import { Contact } from './contact.js';
import { Channel, ConversationStatus, Priority } from './enums.js';
import { Inbox } from './inbox.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';
import { Team } from './team.js';

const p = defineEntity.properties;

/** An index of lists, which are read past nothing that was deleted. */
const listed = (name: string, columns: string) => ({
  name,
  expression: `create index "${name}" on "conversation" (${columns}) where "deleted_at" is null and "merged_into_id" is null`,
});

const ConversationSchema = defineEntity({
  name: 'Conversation',
  tableName: 'conversation',
  properties: {
    ...tenantKey,
    /** For people: #1001. Unique in the workspace, with gaps. */
    number: p.integer(),
    subject: p.text().nullable(),
    status: oneOf(ConversationStatus),
    priority: oneOf(Priority),
    pinned: p.boolean(),
    /** Out of the inbox, in the state that it had; out of what waits, and of what takes anybody's attention. */
    spam: p.boolean().default(false),
    channel: oneOf(Channel),
    inbox: () => inWorkspace(p.manyToOne(Inbox), 'inbox_id'),
    contact: () => inWorkspace(p.manyToOne(Contact), 'contact_id'),
    assignee: () => inWorkspace(p.manyToOne(Agent).nullable(), 'assignee_id'),
    team: () => inWorkspace(p.manyToOne(Team).nullable(), 'team_id'),
    /** The bot that has, or last had, the conversation. It may speak only while botActive. */
    bot: () => inWorkspace(p.manyToOne(Bot).nullable(), 'bot_id'),
    botActive: p.boolean(),
    externalId: p.text().nullable(),
    /** The handover in status REQUESTED, and who it is offered to: they may see the conversation while it is open. */
    openHandoverId: p.uuid().nullable(),
    offeredAgent: () => inWorkspace(p.manyToOne(Agent).nullable(), 'offered_agent_id'),
    offeredTeam: () => inWorkspace(p.manyToOne(Team).nullable(), 'offered_team_id'),
    /** The position of the newest transcript entry; the next one is one higher, given out under this row's lock. */
    lastPosition: p.integer(),
    lastMessageId: p.uuid().nullable(),
    /** How many messages the customer has written to us, without imported ones; an agent's unread count is this less what they have seen. */
    inboundCount: p.integer(),
    handoverCount: p.integer(),
    /** When the oldest message arrived that no person has answered yet. */
    waitingSince: instant().nullable(),
    /** When a person first answered. */
    firstResponseAt: instant().nullable(),
    /** While SNOOZED: when it wakes. */
    snoozedUntil: instant().nullable(),
    createdAt: instant(),
    updatedAt: instant(),
    lastActivityAt: instant(),
    resolvedAt: instant().nullable(),
    /** Since when it is there for nobody; the database hides it, see its migration. */
    deletedAt: instant().nullable(),
    /** By key, as the workspace has defined them. */
    attributes: p.json<Record<string, string | number | boolean>>().defaultRaw(`'{}'`),
    /** The conversation that goes on for this one, which is RESOLVED then and stays as it is. */
    mergedIntoId: p.uuid().nullable(),
  },
  uniques: [{ properties: ['workspaceId', 'number'] }, { properties: ['workspaceId', 'externalId'] }],
  indexes: [
    // Lists are of spam or of what is none: however much of it there is, the other is not read past it.
    listed('conversation_by_activity', '"workspace_id", "spam", "last_activity_at", "id"'),
    listed('conversation_by_creation', '"workspace_id", "spam", "created_at", "id"'),
    listed('conversation_by_inbox', '"workspace_id", "inbox_id", "spam", "last_activity_at", "id"'),
    listed('conversation_by_team', '"workspace_id", "team_id", "spam", "last_activity_at", "id"'),
    listed('conversation_by_assignee', '"workspace_id", "assignee_id", "spam", "last_activity_at", "id"'),
    { properties: ['workspaceId', 'contact', 'inbox', 'lastActivityAt'] },
    {
      name: 'conversation_due',
      expression:
        'create index "conversation_due" on "conversation" ("snoozed_until") where "snoozed_until" is not null and not "spam" and "deleted_at" is null',
    },
    {
      name: 'conversation_open',
      expression:
        'create index "conversation_open" on "conversation" ("workspace_id", "assignee_id", "spam") where "assignee_id" is not null and "status" <> \'RESOLVED\' and "deleted_at" is null',
    },
    {
      name: 'conversation_queued',
      expression:
        'create index "conversation_queued" on "conversation" ("workspace_id", "team_id", (coalesce("waiting_since", "created_at")), "id") where "assignee_id" is null and "status" in (\'OPEN\', \'IN_PROGRESS\') and not "bot_active" and "open_handover_id" is null and not "spam" and "deleted_at" is null',
    },
    {
      name: 'conversation_attributes',
      expression:
        'create index "conversation_attributes" on "conversation" using gin ("attributes" jsonb_path_ops) where "attributes" <> \'{}\'',
    },
    {
      name: 'conversation_unresolved',
      expression: `create index "conversation_unresolved" on "conversation" ("workspace_id", "spam", "status") where "status" <> 'RESOLVED' and "deleted_at" is null`,
    },
    {
      name: 'conversation_merged',
      expression:
        'create index "conversation_merged" on "conversation" ("workspace_id", "merged_into_id") where "merged_into_id" is not null',
    },
    {
      name: 'conversation_offered_agent',
      expression:
        'create index "conversation_offered_agent" on "conversation" ("workspace_id", "offered_agent_id") where "offered_agent_id" is not null',
    },
    {
      name: 'conversation_offered_team',
      expression:
        'create index "conversation_offered_team" on "conversation" ("workspace_id", "offered_team_id") where "offered_team_id" is not null',
    },
  ],
});

/** One talk with one contact in one inbox. */
export class Conversation extends ConversationSchema.class {
  /** What people call it: `#1001`. */
  label(): string {
    return `#${this.number}`;
  }

  /** Back to work: with its agent, or waiting for one. */
  wake(): void {
    this.status = this.status === 'SNOOZED' && this.assignee ? 'IN_PROGRESS' : 'OPEN';
    this.snoozedUntil = null;
  }

  /** From who had it to nobody; where its customer has answered by now, it waits for us and no longer for them. */
  release(): void {
    this.assignee = null;
    if (this.status === 'PENDING' && this.waitingSince) this.status = 'OPEN';
  }

  /** Gives out the position of the next transcript entry. The caller holds this row's lock. */
  takePosition(): number {
    this.lastPosition += 1;
    return this.lastPosition;
  }
}
ConversationSchema.setClass(Conversation);
