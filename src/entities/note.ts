import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { Conversation } from './conversation.js';
import { ActorKind } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const NoteSchema = defineEntity({
  name: 'Note',
  tableName: 'note',
  properties: {
    ...tenantKey,
    conversation: () => inWorkspace(p.manyToOne(Conversation), 'conversation_id'),
    position: p.integer(),
    actorKind: oneOf(ActorKind),
    actorId: p.uuid(),
    text: p.text(),
    /** As a message's. */
    salt: p.text(),
    createdAt: instant(),
    editedAt: instant().nullable(),
  },
  uniques: [{ properties: ['workspaceId', 'conversation', 'position'] }],
});

/** What people tell each other about a conversation. Never for the customer. */
export class Note extends NoteSchema.class {}
NoteSchema.setClass(Note);

const NoteMentionSchema = defineEntity({
  name: 'NoteMention',
  tableName: 'note_mention',
  properties: {
    workspaceId: workspaceKey(),
    note: () => inWorkspace(p.manyToOne(Note).primary(), 'note_id'),
    agent: () => inWorkspace(p.manyToOne(Agent).primary(), 'agent_id'),
  },
  indexes: [{ properties: ['workspaceId', 'agent'] }],
});

/** A note calls for an agent's attention. */
export class NoteMention extends NoteMentionSchema.class {}
NoteMentionSchema.setClass(NoteMention);

const TextRevisionSchema = defineEntity({
  name: 'TextRevision',
  tableName: 'text_revision',
  properties: {
    workspaceId: workspaceKey(),
    /** The message or note. */
    entryId: p.uuid().primary(),
    /** 1, 2, 3 …, oldest first. */
    number: p.integer().primary(),
    /** What it said until it was changed. */
    text: p.text(),
    /** Of that text. */
    salt: p.text(),
    /** Who changed it. */
    editedByKind: oneOf(ActorKind),
    editedById: p.uuid().nullable(),
    editedAt: instant(),
    reason: p.text().nullable(),
  },
});

/** A former text of a message or a note: an edit or a deletion never loses what was said. */
export class TextRevision extends TextRevisionSchema.class {}
TextRevisionSchema.setClass(TextRevision);
