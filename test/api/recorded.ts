import type { ApiClient } from '../support/client.js';
import { newestSequence } from '../support/operations.js';

/** An event as these tests look at it. */
export interface RecordedEvent {
  action: string;
  outcome: string;
  actor: { kind: string; id: string | null; label: string };
  target: { type: string; id: string; label: string };
  /** `field: before → after`. */
  changes: string[];
  reason: string | null;
  metadata: Record<string, unknown> | null;
  summary: string;
}

const EVENT = `sequence category action outcome actor { kind id label } target { type id label }
  changes { field before after } reason metadata summary`;

/**
 * Runs something; its result, and what it put onto the record, in order, as an administrator reads it; comings and
 * readings aside, of which every look at the record is one.
 */
export async function recording<T>(
  admin: ApiClient,
  act: () => Promise<T>,
): Promise<{ result: T; events: RecordedEvent[] }> {
  const before = await newestSequence(admin);
  const result = await act();
  const data = await admin.ask(`{ auditEvents(first: 50) { nodes { ${EVENT} } } }`);
  const events = data.auditEvents.nodes
    .filter(
      (event: { sequence: number; category: string }) =>
        event.sequence > before && !['ACCESS', 'PRESENCE'].includes(event.category),
    )
    .toReversed()
    .map(
      ({
        sequence: _sequence,
        category: _category,
        changes,
        ...event
      }: Omit<RecordedEvent, 'changes'> & { sequence: number; category: string; changes: Change[] }) => ({
        ...event,
        changes: changes.map(({ field, before, after }) => `${field}: ${before} → ${after}`),
      }),
    );
  return { result, events };
}

interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

/** What most tests compare of events. */
export const brief = (events: RecordedEvent[]) => events.map(({ action, changes }) => ({ action, changes }));

/** A conversation's state as an administrator sees it. */
export async function stateOf(admin: ApiClient, conversationId: string) {
  const { conversation } = await admin.ask(
    `query($id: ID!) { conversation(id: $id) { status botActive resolvedAt assignee { id } team { id } openHandover { id } } }`,
    { id: conversationId },
  );
  const { assignee, team, openHandover, resolvedAt, ...state } = conversation;
  return {
    ...state,
    resolved: resolvedAt !== null,
    assignee: assignee?.id ?? null,
    team: team?.id ?? null,
    openHandover: openHandover?.id ?? null,
  };
}

/** The lines of a conversation's transcript: a message's text, an event's action. */
export async function transcriptOf(admin: ApiClient, conversationId: string): Promise<string[]> {
  const { conversation } = await admin.ask(
    `query($id: ID!) { conversation(id: $id) { transcript(last: 100) { nodes { position ... on Message { text } ... on ConversationEvent { action } } } } }`,
    { id: conversationId },
  );
  return conversation.transcript.nodes.map(
    (line: { position: number; text?: string; action?: string }) => `${line.position} ${line.text ?? line.action}`,
  );
}
