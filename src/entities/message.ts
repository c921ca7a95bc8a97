import { defineEntity } from '@mikro-orm/core';
import { Conversation } from './conversation.js';
import { ActorKind, DeliveryStatus, Direction, TranscriptEntryKind } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';

const p = defineEntity.properties;

/** A field of a change as a transcript shows it: enums and ids only, never anything personal. */
export interface TranscriptFieldChange {
  field: string;
  before: string | boolean | number | null;
  after: string | boolean | number | null;
}

const TranscriptEntrySchema = defineEntity({
  name: 'TranscriptEntry',
  tableName: 'transcript_entry',
  properties: {
    ...tenantKey,
    conversation: () => inWorkspace(p.manyToOne(Conversation), 'conversation_id'),
    /** 1, 2, 3 … inside the conversation, without gaps, given out under the conversation's lock. */
    position: p.integer(),
    kind: oneOf(TranscriptEntryKind),
    actorKind: oneOf(ActorKind),
    actorId: p.uuid().nullable(),
    /** An EVENT's action; its id is the id of the event in the record. */
    action: p.text().nullable(),
    changes: p.json<TranscriptFieldChange[]>().nullable(),
    handoverId: p.uuid().nullable(),
    /** The run that took something from the line, at last. */
    removalId: p.uuid().nullable(),
    occurredAt: instant(),
  },
  uniques: [{ properties: ['workspaceId', 'conversation', 'position'] }],
  indexes: [{ name: 'transcript_entry_timeline', properties: ['workspaceId', 'conversation', 'occurredAt', 'id'] }],
});

/** One line of a conversation's story. A MESSAGE shares its id with the message, an EVENT with the event. */
export class TranscriptEntry extends TranscriptEntrySchema.class {}
TranscriptEntrySchema.setClass(TranscriptEntry);

const MessageSchema = defineEntity({
  name: 'Message',
  tableName: 'message',
  properties: {
    ...tenantKey,
    conversation: () => inWorkspace(p.manyToOne(Conversation), 'conversation_id'),
    position: p.integer(),
    direction: oneOf(Direction),
    /** Of an INBOUND one: whether it is in the conversation's inboundCount. What the blocked write is not, nor what is imported. */
    counted: p.boolean().default(true),
    actorKind: oneOf(ActorKind),
    actorId: p.uuid(),
    /** The version of its settings by which a bot wrote it. */
    botVersion: p.integer().nullable(),
    /** Null once deleted; what it said is in its revisions. */
    text: p.text().nullable(),
    /** 128 random bits, base64url: the record holds the text's digest under this salt, and the salt dies with the text. */
    salt: p.text(),
    /** The channel's own id. */
    externalId: p.text().nullable(),
    /** The message of the same conversation that it answers. */
    replyToId: p.uuid().nullable(),
    /** What its channel has reported last of an OUTBOUND message; null until it does. */
    deliveryStatus: oneOf(DeliveryStatus).nullable(),
    /** When, as the channel says, it came into each of these states. */
    sentAt: instant().nullable(),
    deliveredAt: instant().nullable(),
    readAt: instant().nullable(),
    failedAt: instant().nullable(),
    failureReason: p.text().nullable(),
    /** When it was written, as the channel says. */
    occurredAt: instant(),
    createdAt: instant(),
    editedAt: instant().nullable(),
    deletedAt: instant().nullable(),
    /** The canned response that it was sent with. */
    cannedResponseId: p.uuid().nullable(),
  },
  uniques: [{ properties: ['workspaceId', 'conversation', 'position'] }],
});

/** What was said, by a contact, an agent, a bot or a key. */
export class Message extends MessageSchema.class {}
MessageSchema.setClass(Message);
