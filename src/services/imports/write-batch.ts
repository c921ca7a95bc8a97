import type { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import type { AccessedConversation } from '../access.js';
import { audienceOf } from '../audience.js';
import { lockContacts } from '../contacts/contact-locks.js';
import { PlainConversation } from '../conversations/plain-conversation.js';
import { changesSince, NOT_THERE, recordOfConversation, shownChanges } from '../conversations/transcript-entries.js';
import { newId } from '../ids.js';
import { contentDigest } from '../record/content-digest.js';
import { randomSalt } from '../record/disclosure.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';
import { addLabel } from '../workspaces/add-label.js';
import { BatchFiles } from './batch-files.js';
import { BatchHandovers } from './batch-handovers.js';
import { decide, type Decision } from './decide.js';
import { channelOf } from './contact-address.js';
import { ImportedContacts, knownBy } from './import-contact.js';
import type { ImportFiles } from './import-files.js';
import { countEntries, type CountedEntries, type ImportedConversation, type ImportedEntry } from './import-line.js';
import { ImportRows } from './import-rows.js';
import type { ImportTarget } from './import-target.js';
import { CLAIMED_FOR, claimKeyOf, claimName, readKnown, type Claimed, type Known } from './known.js';

/** What became of one conversation of a batch. */
export type Outcome =
  | { faults: string[] }
  | ({
      conversation: 'CREATED' | 'EXTENDED' | 'UNCHANGED';
      contacts: number;
      files: number;
    } & Record<CountedEntries, number>);

/** The colour of labels that an import makes: nobody has chosen one. */
const LABEL_COLOR = '#808080';

/**
 * Writes what is new of these conversations, with its events, in the transaction of the caller.
 * @param numbers for those that are new, taken before @param files those of their messages, which are stored already
 * @throws KeyTaken where something of it came in by another way meanwhile; the whole is to be done again.
 */
export async function writeBatch(
  tx: Tx,
  target: ImportTarget,
  conversations: readonly ImportedConversation[],
  numbers: number[],
  files: Pick<ImportFiles, 'of'>,
): Promise<Outcome[]> {
  await lockContacts(tx, target.workspaceId, knownBy(target, conversations));
  const known = await readKnown(tx.rowsAnew, tx.call.app.db, target, conversations, { locked: true });
  const batch = new Batch(tx, target, known, new BatchFiles(tx, files));
  const outcomes: Outcome[] = [];
  for (const said of conversations) {
    const decision = decide(said, target, known);
    if ('faults' in decision) outcomes.push(decision);
    else outcomes.push(await batch.add(said, decision, numbers));
  }
  await batch.write();
  return outcomes;
}

class Batch {
  readonly #rows = new ImportRows();
  readonly #contacts: ImportedContacts;
  readonly #handovers: BatchHandovers;
  /** New ones by their ids, to be inserted as they are in the end. */
  readonly #made = new Map<string, { row: RowOf<Conversation>; conversation: PlainConversation }>();
  readonly #changed = new Map<string, PlainConversation>();

  constructor(
    private readonly tx: Tx,
    private readonly target: ImportTarget,
    private readonly known: Known,
    private readonly files: BatchFiles,
  ) {
    this.#contacts = new ImportedContacts(tx, target, known);
    this.#handovers = new BatchHandovers(tx, target, known, this.#rows);
  }

  async add(said: ImportedConversation, { conversation: there, fresh }: Decision, numbers: number[]): Promise<Outcome> {
    if (there && fresh.length === 0) return { conversation: 'UNCHANGED', contacts: 0, files: 0, ...countEntries([]) };
    const faults = this.files.faultsOf(fresh);
    if (faults.length > 0) return { faults };
    const contacts = this.#contacts.made.length;
    const files = this.files.count;
    const isKnown = this.known.claimed.has(claimName('CONVERSATION', claimKeyOf(this.target, said.externalId)));
    const accessed = there ? this.#access(there.row) : await this.#create(said, fresh, numbers);
    const { conversation } = accessed;
    // Also of one that a channel has opened: once its contact is erased nothing else tells that it was there.
    if (!isKnown) this.#claim('CONVERSATION', said.externalId, conversation.id);
    let lastMessageAt = there?.lastMessageAt ?? null;
    for (const entry of fresh) {
      const id = this.#addEntry(accessed, entry);
      if (entry.kind !== 'MESSAGE') continue;
      if (lastMessageAt && lastMessageAt > entry.at) continue;
      lastMessageAt = entry.at;
      conversation.lastMessageId = id;
    }
    const last = fresh.at(-1)?.at ?? said.startedAt;
    if (last > conversation.lastActivityAt) conversation.lastActivityAt = last;
    const answered = fresh.find(({ kind, author }) => kind === 'MESSAGE' && typeof author === 'object');
    if (answered && !conversation.waitingSince) conversation.firstResponseAt ??= answered.at;
    conversation.updatedAt = this.tx.now;
    const row = there?.row ?? this.#made.get(conversation.id)!.row;
    this.known.conversations.set(conversation.id, { row, lastMessageAt });
    this.known.conversationsByExternalId.set(said.externalId, { row, lastMessageAt });
    return {
      conversation: there ? 'EXTENDED' : 'CREATED',
      contacts: this.#contacts.made.length - contacts,
      files: this.files.count - files,
      ...countEntries(fresh),
    };
  }

  async write(): Promise<void> {
    const { tx, target } = this;
    for (const { row, conversation } of this.#made.values()) {
      const { lastMessageId, firstResponseAt, lastActivityAt } = conversation;
      const resolvedAt = row.status === 'RESOLVED' ? lastActivityAt : null;
      const { last_position: lastPosition } = conversation.changes();
      this.#rows.conversations.push({
        ...row,
        lastPosition,
        lastMessageId,
        firstResponseAt,
        lastActivityAt,
        resolvedAt,
      });
    }
    if (this.#rows.keys.length === 0) return;
    for (const conversation of this.#changed.values()) this.#rows.changed.push(conversation.changes());
    await this.#rows.write(tx, target, this.#contacts);
    await this.files.write(target.workspaceId);
  }

  #access(row: RowOf<Conversation>): AccessedConversation<PlainConversation> {
    const made = this.#made.get(row.id);
    if (made) return { conversation: made.conversation, audience: [] };
    let conversation = this.#changed.get(row.id);
    if (!conversation) this.#changed.set(row.id, (conversation = new PlainConversation(row)));
    return { conversation, audience: audienceOf(row) };
  }

  async #create(
    said: ImportedConversation,
    fresh: readonly ImportedEntry[],
    numbers: number[],
  ): Promise<AccessedConversation<PlainConversation>> {
    const { tx, target } = this;
    const id = newId();
    const { row: contact } = this.#contacts.of(said, id);
    const channel = channelOf(said, target);
    const row: RowOf<Conversation> = {
      workspaceId: target.workspaceId,
      id,
      number: numbers.shift() ?? (await this.#numberInside()),
      subject: said.subject,
      status: said.status,
      priority: 'NONE',
      pinned: false,
      spam: false,
      channel,
      inboxId: target.inbox.id,
      contactId: contact.id,
      assigneeId: null,
      teamId: target.inbox.defaultTeamId,
      botId: fresh.some(({ kind, author }) => kind === 'MESSAGE' && author === 'bot') ? target.bot!.id : null,
      botActive: false,
      externalId: said.externalId,
      openHandoverId: null,
      offeredAgentId: null,
      offeredTeamId: null,
      lastPosition: 0,
      lastMessageId: null,
      inboundCount: 0,
      handoverCount: 0,
      waitingSince: null,
      firstResponseAt: null,
      snoozedUntil: null,
      createdAt: said.startedAt,
      updatedAt: tx.now,
      lastActivityAt: said.startedAt,
      resolvedAt: null,
      deletedAt: null,
      attributes: {},
      mergedIntoId: null,
    };
    const conversation = new PlainConversation(row);
    this.#made.set(row.id, { row, conversation });
    // Nobody could see it before: whoever sees it now is told of something new.
    const accessed = { conversation, audience: [] };
    const changes = changesSince(NOT_THERE, conversation);
    this.#addEvent(accessed, said, { action: 'conversation.created', metadata: { channel, imported: true }, changes });
    for (const name of said.labels) {
      const labelId = await this.#labelOf(name);
      this.#rows.ties.push({ conversation_id: row.id, label_id: labelId });
      const metadata = { labelId, imported: true };
      this.#addEvent(accessed, said, { action: 'conversation.label_added', labels: { label: name }, metadata });
    }
    return accessed;
  }

  /** An event that stands in the transcript under the same id. */
  #addEvent(
    accessed: AccessedConversation<PlainConversation>,
    { startedAt }: ImportedConversation,
    event: Parameters<typeof recordOfConversation>[2],
  ): void {
    const id = recordOfConversation(this.tx, accessed, { ...event, occurredAt: startedAt });
    this.#rows.entries.push({
      id,
      conversation_id: accessed.conversation.id,
      position: accessed.conversation.takePosition(),
      kind: 'EVENT',
      actor_kind: this.tx.principal.kind,
      actor_id: this.tx.principal.id,
      action: event.action,
      changes: JSON.stringify(shownChanges(event.changes ?? [])),
      handover_id: null,
      occurred_at: startedAt,
    });
  }

  #addEntry(accessed: AccessedConversation<PlainConversation>, entry: ImportedEntry): string {
    const id = entry.kind === 'HANDOVER' ? this.#handovers.add(accessed, entry) : this.#addSaid(accessed, entry);
    this.#claim(entry.kind, entry.key, id);
    return id;
  }

  #addSaid(accessed: AccessedConversation<PlainConversation>, entry: ImportedEntry): string {
    const { conversation } = accessed;
    const [id, salt, position] = [newId(), randomSalt(), conversation.takePosition()];
    const author = this.#authorOf(conversation, entry);
    const place = { id, conversation_id: conversation.id, position, actor_kind: author.kind, actor_id: author.id };
    const content = { text: entry.text, salt };
    const isNote = entry.kind === 'NOTE';
    const line = { action: null, changes: null, handover_id: null, occurred_at: entry.at };
    this.#rows.entries.push({ ...place, ...line, kind: isNote ? 'NOTE' : 'MESSAGE' });
    if (isNote) {
      this.#rows.notes.push({ ...place, ...content, created_at: entry.at });
    } else {
      const isOutbound = author.kind !== 'CONTACT';
      this.#rows.messages.push({
        ...place,
        ...content,
        direction: isOutbound ? 'OUTBOUND' : 'INBOUND',
        // Nobody has to read what was read elsewhere.
        counted: false,
        // It was sent elsewhere, and waits for nobody.
        delivery_status: isOutbound ? 'SENT' : null,
        sent_at: isOutbound ? entry.at : null,
        external_id: entry.key,
        occurred_at: entry.at,
        created_at: this.tx.now,
      });
      this.known.conversationOfMessage.set(id, conversation.id);
    }
    const [action, type] = isNote ? (['note.created', 'note'] as const) : (['message.imported', 'message'] as const);
    recordOfConversation(this.tx, accessed, {
      action,
      target: { type, id, label: conversation.label() },
      labels: { conversation: conversation.label() },
      content: [{ message: id, digest: contentDigest(entry.text, salt) }, ...this.files.add(accessed, entry, id)],
      // Who wrote it is said, but it was not done by them here: the actor is whoever imports.
      related: author.kind === 'CONTACT' ? [] : [{ type: author.kind.toLowerCase(), id: author.id }],
      metadata: { author: author.kind, ...(isNote ? { imported: true } : {}) },
      occurredAt: entry.at,
    });
    return id;
  }

  #authorOf(conversation: PlainConversation, { author }: ImportedEntry) {
    if (author === 'contact') return { kind: 'CONTACT' as const, id: conversation.contact.id };
    if (author === 'bot') return { kind: 'BOT' as const, id: this.target.bot!.id };
    return { kind: 'AGENT' as const, id: this.known.agents.get(author.email)!.id };
  }

  #claim(kind: Claimed, key: string, id: string): void {
    const kept = claimKeyOf(this.target, key);
    this.known.claimed.set(claimName(kind, kept), id);
    this.#rows.keys.push({ mutation: CLAIMED_FOR[kind], key: kept, resultId: id });
  }

  async #labelOf(name: string): Promise<string> {
    let id = this.known.labels.get(name);
    if (id === undefined) this.known.labels.set(name, (id = await addLabel(this.tx, { name, color: LABEL_COLOR })));
    return id;
  }

  /** Where fewer were taken before than are needed: it was there when we looked, and is not now. */
  async #numberInside(): Promise<number> {
    const [row] = await this.tx.rows<{ number: number }>(
      sql`select next_conversation_number(${this.target.workspaceId}) as number`,
    );
    return row!.number;
  }
}
