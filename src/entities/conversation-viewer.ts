import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { Conversation } from './conversation.js';
import { inWorkspace, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const ConversationViewerSchema = defineEntity({
  name: 'ConversationViewer',
  tableName: 'conversation_viewer',
  properties: {
    workspaceId: workspaceKey(),
    conversation: () => inWorkspace(p.manyToOne(Conversation).primary(), 'conversation_id'),
    agent: () => inWorkspace(p.manyToOne(Agent).primary(), 'agent_id'),
    /** How many of the customer's messages the agent has seen. */
    seenCount: p.integer(),
    lastReadPosition: p.integer().nullable(),
    starred: p.boolean(),
  },
});

/** How far an agent has read a conversation, and their own star on it. */
export class ConversationViewer extends ConversationViewerSchema.class {}
ConversationViewerSchema.setClass(ConversationViewer);
