import { Agent } from '../../entities/agent.js';
import { Conversation } from '../../entities/conversation.js';
import { TranscriptEntry } from '../../entities/message.js';
import { Note, NoteMention } from '../../entities/note.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import type { Tx } from '../commit.js';
import { keepRevision } from '../conversations/revise-message.js';
import { recordOfConversation } from '../conversations/transcript-entries.js';
import { forbidden, invalid, notFound, type Denial } from '../errors.js';
import { claimKey, ownKeys } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { canEditEntry, canReadNotes } from '../policy.js';
import { contentDigest } from '../record/content-digest.js';
import { randomSalt } from '../record/disclosure.js';
import { Faults, MAX_REASON, MAX_TEXT } from '../text.js';
import { withTransaction } from '../transaction.js';

/** Most agents that one note calls for. */
const MAX_MENTIONS = 25;

export interface AddNoteInput {
  conversationId: string;
  text: string;
  mentionIds?: readonly string[] | null | undefined;
  idempotencyKey?: string | null | undefined;
  reason?: string | null | undefined;
}

/**
 * Adds a note, which the customer never sees.
 * @returns its id; for a repeated idempotencyKey the first one's.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED, CONFLICT
 */
export async function addNote(call: Call, input: AddNoteInput): Promise<string> {
  const faults = new Faults();
  faults.text('text', input.text, MAX_TEXT);
  faults.optionalText('reason', input.reason, MAX_REASON);
  if ((input.mentionIds?.length ?? 0) > MAX_MENTIONS) faults.add('mentionIds', `must be ${MAX_MENTIONS} at most`);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const { em, principal, now } = tx;
    const { workspaceId } = principal;
    const id = newId();
    if (input.idempotencyKey) {
      const { idempotencyKey, ...request } = input;
      const claim = { owner: ownKeys(tx), mutation: 'addNote', key: idempotencyKey!, request, resultId: id };
      const known = await claimKey(tx, claim);
      if (known) {
        const note = await em.findOneOrFail(Note, { workspaceId, id: known });
        await accessConversation(tx, note.conversation.id, 'note.read');
        return known;
      }
    }
    const accessed = await accessConversation(tx, input.conversationId, 'note.add');
    const { conversation } = accessed;
    const mentioned = await findMentioned(tx, input.mentionIds ?? []);
    const position = conversation.takePosition();
    const salt = randomSalt();
    em.persist(
      em.create(TranscriptEntry, {
        workspaceId,
        id,
        conversation,
        position,
        kind: 'NOTE',
        actorKind: principal.kind,
        actorId: principal.id,
        action: null,
        changes: null,
        handoverId: null,
        occurredAt: now,
      }),
    );
    const note = em.create(Note, {
      workspaceId,
      id,
      conversation,
      position,
      actorKind: principal.kind,
      actorId: principal.id!,
      text: input.text,
      salt,
      createdAt: now,
      editedAt: null,
    });
    em.persist(note);
    recordOfConversation(tx, accessed, {
      action: 'note.created',
      ...aboutNote(accessed, id),
      content: [{ message: id, digest: contentDigest(input.text, salt) }],
      reason: input.reason ?? null,
      ...(input.idempotencyKey ? { idempotencyKey: input.idempotencyKey } : {}),
    });
    for (const agent of mentioned) {
      em.persist(em.create(NoteMention, { workspaceId, note, agent }));
      recordOfConversation(tx, accessed, {
        action: 'mention.created',
        target: aboutNote(accessed, id).target,
        labels: { agent: agent.displayName, conversation: conversation.label() },
        metadata: { agentId: agent.id },
      });
    }
    return id;
  });
}

/**
 * Changes what a note says; what it said before is kept. By who wrote it or an administrator. The same text changes
 * nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function editNote(
  call: Call,
  input: { noteId: string; text: string; reason?: string | null | undefined },
): Promise<string> {
  const faults = new Faults();
  faults.text('text', input.text, MAX_TEXT);
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const { workspaceId } = tx.principal;
    const found = isId(input.noteId) ? await tx.em.findOne(Note, { workspaceId, id: input.noteId }) : null;
    if (!found) throw notFound('note');
    if (!canReadNotes(tx.principal)) {
      const conversation = await tx.em.findOne(Conversation, { workspaceId, id: found.conversation.id });
      if (!conversation) throw notFound('note');
      throw notFound('note').recordedAs(denialOf(conversation, found.id));
    }
    const accessed = await accessConversation(tx, found.conversation.id, 'note.read');
    const note = await tx.em.findOneOrFail(Note, { workspaceId, id: found.id }, { refresh: true });
    if (!canEditEntry(tx.principal, { kind: note.actorKind, id: note.actorId })) {
      const denial = denialOf(accessed.conversation, note.id);
      throw forbidden('Only who wrote it, or an administrator, may change it.').recordedAs(denial);
    }
    if (note.text === input.text) return note.id;
    const revision = await keepRevision(tx, note.id, note.text, note.salt, input.reason ?? null);
    note.text = input.text;
    note.salt = randomSalt();
    note.editedAt = tx.now;
    recordOfConversation(tx, accessed, {
      action: 'note.edited',
      ...aboutNote(accessed, note.id),
      metadata: { revision },
      content: [{ message: note.id, digest: contentDigest(note.text, note.salt) }],
      reason: input.reason ?? null,
    });
    return note.id;
  });
}

async function findMentioned({ em, principal }: Tx, ids: readonly string[]): Promise<Agent[]> {
  const wanted = [...new Set(ids)];
  const found = await em.find(Agent, {
    workspaceId: principal.workspaceId,
    id: { $in: wanted.filter(isId) },
    active: true,
  });
  const byId = new Map(found.map((agent) => [agent.id, agent]));
  const missing = wanted.findIndex((id) => !byId.has(id));
  if (missing >= 0) throw invalid({ path: `mentionIds.${missing}`, message: 'there is no such agent' });
  return wanted.map((id) => byId.get(id)!);
}

const aboutNote = ({ conversation }: AccessedConversation, id: string) => ({
  target: { type: 'note', id, label: conversation.label() },
  labels: { conversation: conversation.label() },
});

const denialOf = (conversation: Conversation, id: string): Denial => ({
  attempted: 'note.edit',
  target: { type: 'note', id, label: conversation.label() },
  conversationId: conversation.id,
  inboxId: conversation.inbox.id,
  ...(conversation.team ? { teamId: conversation.team.id } : {}),
});
