import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { ActorType } from '../schema/actor.type.js';
import { CannedResponseType } from '../schema/canned-response.type.js';
import { AttachmentType } from '../schema/attachment.type.js';
import { ReceiveMessageInputType, SendMessageInputType } from '../schema/conversation.input.js';
import { ConversationType } from '../schema/conversation.type.js';
import { DeliveryType, UpdateDeliveryInputType } from '../schema/delivery.type.js';
import { HandoverType } from '../schema/handover.type.js';
import {
  DeleteMessageInputType,
  EditMessageInputType,
  AddNoteInputType,
  EditNoteInputType,
} from '../schema/entry.input.js';
import { MessageRevisionType, NoteRevisionType, NoteType } from '../schema/note.type.js';
import {
  AddNotePayload,
  DeleteMessagePayload,
  EditMessagePayload,
  EditNotePayload,
  ReceiveMessagePayload,
  SendMessagePayload,
  UpdateDeliveryPayload,
} from '../schema/payloads.type.js';
import { AgentType } from '../schema/people.type.js';
import { DateTime } from '../schema/scalars.js';
import { ConversationEventType, MessageType } from '../schema/transcript.type.js';
import { receiveMessage } from '../services/conversations/receive-message.js';
import type { MessageRow, NoteRow, TranscriptEntryRow } from '../services/conversations/read-transcript.js';
import { deleteMessage, editMessage } from '../services/conversations/revise-message.js';
import { sendMessage } from '../services/conversations/send-message.js';
import { deliveryOf, updateDelivery } from '../services/conversations/update-delivery.js';
import { addNote, editNote } from '../services/notes/write-note.js';
import type { Connection } from '../services/paging.js';
import type { ApiContext } from './context.js';
import type { Loaders } from './loaders.js';

@Resolver(() => MessageType)
export class MessageResolver {
  @Mutation(() => ReceiveMessagePayload, {
    description:
      'A channel delivers what a customer wrote. Finds the conversation, reopens it, or opens one; the same externalId is taken once. Errors: FORBIDDEN without the scope CHANNEL_INGEST, NOT_FOUND, VALIDATION_FAILED.',
  })
  receiveMessage(
    @Arg('input', () => ReceiveMessageInputType) input: ReceiveMessageInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return receiveMessage(call, input);
  }

  @Mutation(() => SendMessagePayload, {
    description:
      'Answers a customer. A person’s answer takes the conversation over from its bot; a bot may answer only while the conversation is its own. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED, CONFLICT.',
  })
  async sendMessage(
    @Arg('input', () => SendMessageInputType) input: SendMessageInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return { message: await sendMessage(call, input) };
  }

  @Mutation(() => UpdateDeliveryPayload, {
    description:
      'A channel reports what became of a message. A report that is late, or was made before, changes nothing and says so. Errors: FORBIDDEN without the scope CHANNEL_INGEST, NOT_FOUND, VALIDATION_FAILED; CONFLICT where the channel has given the externalId to another message.',
  })
  updateDelivery(
    @Arg('input', () => UpdateDeliveryInputType) input: UpdateDeliveryInputType,
    @Ctx() { call }: ApiContext,
  ) {
    return updateDelivery(call, input);
  }

  @Mutation(() => EditMessagePayload, {
    description:
      'Changes what a message says; what it said before is kept. By who wrote it, or an administrator. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT once it is deleted.',
  })
  async editMessage(
    @Arg('input', () => EditMessageInputType) input: EditMessageInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { message: await loaders.message.load(await editMessage(call, input)) };
  }

  @Mutation(() => DeleteMessagePayload, {
    description:
      'Takes a message back; its place and what it said are kept. By who wrote it, or an administrator. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async deleteMessage(
    @Arg('input', () => DeleteMessageInputType) input: DeleteMessageInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { message: await loaders.message.load(await deleteMessage(call, input)) };
  }

  @FieldResolver(() => [AttachmentType])
  attachments(@Root() message: MessageRow, @Ctx() { loaders }: ApiContext) {
    return message.deletedAt ? [] : loaders.attachments.load(message.id);
  }

  @FieldResolver(() => MessageType, { nullable: true })
  replyTo(@Root() message: MessageRow, @Ctx() { loaders }: ApiContext) {
    return message.replyToId ? loaders.message.load(message.replyToId) : null;
  }

  @FieldResolver(() => DeliveryType)
  delivery(@Root() message: MessageRow): DeliveryType {
    return {
      status: deliveryOf(message),
      sentAt: message.sentAt ?? null,
      deliveredAt: message.deliveredAt ?? (message.direction === 'INBOUND' ? message.createdAt : null),
      readAt: message.readAt ?? null,
      failedAt: message.failedAt ?? null,
      failureReason: message.failureReason ?? null,
    };
  }

  @FieldResolver(() => CannedResponseType, { nullable: true })
  cannedResponse(@Root() message: MessageRow, @Ctx() { loaders }: ApiContext) {
    return message.cannedResponseId && loaders.cannedResponse.load(message.cannedResponseId);
  }

  @FieldResolver(() => [MessageRevisionType])
  revisions(@Root() message: MessageRow, @Ctx() { loaders }: ApiContext) {
    return revisions(message, loaders);
  }

  @FieldResolver(() => ActorType, { description: 'Who said or did it.' })
  actor(@Root() message: MessageRow, @Ctx() { loaders }: ApiContext) {
    return loaders.actor({ kind: message.actorKind, id: message.actorId });
  }

  @FieldResolver(() => ConversationType)
  conversation(@Root() message: MessageRow, @Ctx() { loaders }: ApiContext) {
    return loaders.conversation.load(message.conversationId);
  }
}

/**
 * Messages and notes have revisions alike. Who edited is awaited here: compiled queries call resolvers, but do not wait
 * for a promise in a plain property.
 */
const revisions = async (entry: { id: string }, loaders: Loaders) =>
  Promise.all(
    (await loaders.revisions.load(entry.id)).map(async (row) => ({
      ...row,
      editedBy: await loaders.actor({ kind: row.editedByKind, id: row.editedById }),
    })),
  );

@Resolver(() => NoteType)
export class NoteResolver {
  @Mutation(() => AddNotePayload, {
    description:
      'Adds a note, which the customer never sees. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED, CONFLICT.',
  })
  async addNote(@Arg('input', () => AddNoteInputType) input: AddNoteInputType, @Ctx() { call, loaders }: ApiContext) {
    return { note: await loaders.note.load(await addNote(call, input)) };
  }

  @Mutation(() => EditNotePayload, {
    description:
      'Changes what a note says; what it said before is kept. Errors: NOT_FOUND, FORBIDDEN, VALIDATION_FAILED.',
  })
  async editNote(
    @Arg('input', () => EditNoteInputType) input: EditNoteInputType,
    @Ctx() { call, loaders }: ApiContext,
  ) {
    return { note: await loaders.note.load(await editNote(call, input)) };
  }

  @FieldResolver(() => ActorType, { description: 'Who wrote it.' })
  actor(@Root() note: NoteRow, @Ctx() { loaders }: ApiContext) {
    return loaders.actor({ kind: note.actorKind, id: note.actorId });
  }

  @FieldResolver(() => ConversationType)
  conversation(@Root() note: NoteRow, @Ctx() { loaders }: ApiContext) {
    return loaders.conversation.load(note.conversationId);
  }

  @FieldResolver(() => [AgentType])
  mentions(@Root() note: NoteRow, @Ctx() { loaders }: ApiContext) {
    return loaders.mentions.load(note.id);
  }

  @FieldResolver(() => [NoteRevisionType])
  revisions(@Root() note: NoteRow, @Ctx() { loaders }: ApiContext) {
    return revisions(note, loaders);
  }

  /** A note is said when it is written. */
  @FieldResolver(() => DateTime, { description: 'When it was written.' })
  occurredAt(@Root() note: NoteRow): Date {
    return note.createdAt;
  }
}

@Resolver(() => ConversationEventType)
export class ConversationEventResolver {
  @FieldResolver(() => ActorType, { description: 'Who said or did it.' })
  actor(@Root() entry: TranscriptEntryRow, @Ctx() { loaders }: ApiContext) {
    return loaders.actor({ kind: entry.actorKind, id: entry.actorId });
  }

  @FieldResolver(() => ConversationType)
  conversation(@Root() entry: TranscriptEntryRow, @Ctx() { loaders }: ApiContext) {
    return loaders.conversation.load(entry.conversationId);
  }

  @FieldResolver()
  async summary(@Root() entry: TranscriptEntryRow, @Ctx() { loaders }: ApiContext): Promise<string> {
    return (await loaders.sentence.load(entry.id)) ?? 'What happened here was pruned';
  }

  @FieldResolver()
  changes(@Root() entry: TranscriptEntryRow): ConversationEventType['changes'] {
    return (entry.changes ?? []).map((change) => ({ ...change, redacted: false }));
  }

  @FieldResolver(() => HandoverType, { nullable: true })
  handover(@Root() entry: TranscriptEntryRow, @Ctx() { loaders }: ApiContext) {
    return entry.handoverId && loaders.handover.load(entry.handoverId);
  }
}

/** A line of a transcript with everything that its type has, and the type's name. */
export async function transcriptEntry(entry: TranscriptEntryRow, loaders: Loaders) {
  if (entry.kind === 'MESSAGE') return { ...(await loaders.message.load(entry.id))!, __typename: 'Message' };
  if (entry.kind === 'NOTE') return { ...(await loaders.note.load(entry.id))!, __typename: 'Note' };
  return { ...entry, __typename: 'ConversationEvent' };
}

/** Puts the messages and notes into their places in a page of a transcript. */
export async function transcriptConnection(page: Connection<TranscriptEntryRow>, loaders: Loaders) {
  const nodes = await Promise.all(page.nodes.map((entry) => transcriptEntry(entry, loaders)));
  const edges = page.edges.map(({ cursor }, index) => ({ cursor, node: nodes[index]! }));
  return { nodes, edges, pageInfo: page.pageInfo };
}
