import type { Call } from './application.js';
import { lookups } from './lookups.js';
import { contactLabel } from './lookups.js';
import type { NewEvent } from './record/event.js';

/** What a field of the API can reveal, wherever it stands in an operation. */
export type Revelation = 'transcript' | 'profile' | 'record';

/** What one answer reveals: of each kind the objects' ids; the record as a whole has none. */
export class Revealed {
  readonly #ids = new Map<Revelation, Set<string>>();

  add(kind: Revelation, id: string): void {
    let ids = this.#ids.get(kind);
    if (!ids) this.#ids.set(kind, (ids = new Set()));
    ids.add(id);
  }

  of(kind: Revelation): string[] {
    return [...(this.#ids.get(kind) ?? [])];
  }

  get empty(): boolean {
    return this.#ids.size === 0;
  }
}

/**
 * Puts onto the record what an answer is about to show, one event an object.
 * @throws AppError UNAVAILABLE when that fails; then the answer must not be given.
 */
export async function recordRevealed(call: Call, revealed: Revealed): Promise<void> {
  if (revealed.empty) return;
  const [conversations, contacts] = await Promise.all([
    lookups.conversations(call, revealed.of('transcript')),
    lookups.contacts(call, revealed.of('profile')),
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
