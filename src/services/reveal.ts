import type { Call } from './application.js';
import { lookups } from './lookups.js';
import { contactLabel } from './lookups.js';
import type { NewEvent } from './record/event.js';

/** What a field of the API can reveal, wherever it stands in an operation. */
export type Revelation = 'transcript' | 'profile' | 'record';

/** An object that is revealed, with as much of its row as was read for the answer. */
type Subject = { id: string } & Record<string, unknown>;

/** What one answer reveals: of each kind the objects; the record as a whole is one. */
export class Revealed {
  readonly #subjects = new Map<Revelation, Map<string, Subject>>();

  add(kind: Revelation, subject: Subject): void {
    let subjects = this.#subjects.get(kind);
    if (!subjects) this.#subjects.set(kind, (subjects = new Map()));
    if (!subjects.has(subject.id)) subjects.set(subject.id, subject);
  }

  of(kind: Revelation): Subject[] {
    return [...(this.#subjects.get(kind)?.values() ?? [])];
  }

  get empty(): boolean {
    return this.#subjects.size === 0;
  }
}

/**
 * Puts onto the record what an answer is about to show, one event an object.
 * @throws AppError UNAVAILABLE when that fails; then the answer must not be given.
 */
export async function recordRevealed(call: Call, revealed: Revealed): Promise<void> {
  if (revealed.empty) return;
  const [conversations, contacts] = await Promise.all([
    known(revealed.of('transcript'), NAMED_BY.transcript, (ids) => lookups.conversations(call, ids)),
    known(revealed.of('profile'), NAMED_BY.profile, (ids) => lookups.contacts(call, ids)),
  ]);
  const events: NewEvent[] = [
    ...conversations.map((row) => transcriptViewed(row)),
    ...contacts.map((row) => ({
      action: 'contact.profile_viewed' as const,
      target: { type: 'contact', id: row.id, label: contactLabel(row) },
      contactId: row.id,
    })),
    ...(revealed.of('record').length > 0 ? [recordRead(call, 'audit.viewed')] : []),
  ];
  await call.app.accessLog.record(call, events);
}

/** What an event of reading says of its object. */
const NAMED_BY = {
  transcript: ['number', 'contactId', 'inboxId', 'teamId'],
  profile: ['name', 'email', 'phone', 'externalId'],
} as const;

/** The rows of what is revealed: as they were read for the answer where that was enough, else read now. */
async function known<R extends { id: string }>(
  subjects: readonly Subject[],
  properties: readonly string[],
  load: (ids: readonly string[]) => Promise<R[]>,
): Promise<R[]> {
  const [enough, rest] = [[] as R[], [] as string[]];
  for (const subject of subjects) {
    if (properties.every((property) => subject[property] !== undefined)) enough.push(subject as unknown as R);
    else rest.push(subject.id);
  }
  return rest.length > 0 ? [...enough, ...(await load(rest))] : enough;
}

/** The event of reading a conversation. */
export const transcriptViewed = (
  row: { id: string; number: number; contactId: string; inboxId: string; teamId: string | null },
  live = false,
): NewEvent => ({
  action: 'transcript.viewed',
  target: { type: 'conversation', id: row.id, label: `#${row.number}` },
  conversationId: row.id,
  contactId: row.contactId,
  inboxId: row.inboxId,
  ...(row.teamId ? { teamId: row.teamId } : {}),
  ...(live ? { metadata: { live } } : {}),
});

/** The event of reading the record. */
export const recordRead = ({ principal }: Call, action: 'audit.viewed' | 'audit.subscribed'): NewEvent => ({
  action,
  target: { type: 'record', id: principal.workspaceId, label: 'the record' },
});
