import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { ALERT } from '../alerts/alert-operations.js';
import type { ApiClient, Subscription } from './client.js';

const ACTOR = 'actor { __typename id displayName }';
const MESSAGE = `id position direction text externalId occurredAt createdAt ${ACTOR}
  attachments { id kind fileName contentType byteSize sha256 durationSeconds }
  translation { language text translatedBy { id displayName } translatedAt }
  delivery { status sentAt deliveredAt readAt failedAt failureReason }`;
const HANDOVER = `id kind status reason comment summary settlementReason requestedAt expiresAt settledAt
  from { id } toAgent { id } toTeam { id } toBot { id } acceptedBy { id } settledBy { id }`;

/** Everything of a conversation that a list shows and a change must keep up to date. */
export const CONVERSATION = `id number subject status priority pinned spam labels { name } attributes waitingSince snoozedUntil
  firstResponseSeconds handoverCount viewerState { unreadCount lastReadPosition starred } channel botActive externalId createdAt updatedAt lastActivityAt resolvedAt
  inbox { id name } contact { id displayName name labels { name } }
  mergedInto { id } mergedConversations { id } participants { __typename id displayName } assignee { id displayName } team { id name } lastMessage { ${MESSAGE} } openHandover { ${HANDOVER} }`;

interface Row {
  id: string;
}

interface Noun {
  /** The list's field, with its filter. */
  list: string;
  /** The stream's field. */
  stream: string;
  fields: string;
  /** The object and its id in a frame. */
  object: string;
  objectId: string;
  filterType: string;
}

const nouns = {
  conversations: {
    list: 'conversations',
    stream: 'conversationChanges',
    fields: CONVERSATION,
    object: 'conversation',
    objectId: 'conversationId',
    filterType: 'ConversationFilter',
  },
  handovers: {
    list: 'handovers',
    stream: 'handoverChanges',
    fields: `${HANDOVER} conversation { id number }`,
    object: 'handover',
    objectId: 'handoverId',
    filterType: 'HandoverFilter',
  },
  alerts: {
    list: 'alerts',
    stream: 'alertEvents',
    fields: ALERT,
    object: 'alert',
    objectId: 'alertId',
    filterType: 'AlertFilter',
  },
} as const satisfies Record<string, Noun>;

/**
 * What a frontend does: query once, subscribe from there, and apply the frames. Whatever happens, its view must become
 * what a fresh query answers.
 */
export class LiveView {
  readonly #rows: Map<string, Row>;

  private constructor(
    private readonly client: ApiClient,
    private readonly noun: Noun,
    private readonly filter: Record<string, unknown>,
    rows: Row[],
    readonly subscription: Subscription,
  ) {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
  }

  static async open(
    client: ApiClient,
    of: keyof typeof nouns,
    filter: Record<string, unknown> = {},
  ): Promise<LiveView> {
    const noun = nouns[of];
    const { rows, eventCursor } = await fresh(client, noun, filter);
    const subscription = client.subscribe(
      `subscription($filter: ${noun.filterType}, $afterEvent: String) {
        ${noun.stream}(filter: $filter, afterEvent: $afterEvent) { changeType cursor ${noun.objectId} ${noun.object} { ${noun.fields} } } }`,
      { filter, afterEvent: eventCursor },
    );
    return new LiveView(client, noun, filter, rows, await subscription.connected());
  }

  /** Proves: old snapshot + delivered frames = fresh query. */
  async matchesFresh(): Promise<void> {
    const { rows } = await fresh(this.client, this.noun, this.filter);
    const wanted = sorted(rows);
    const caughtUp = () => isDeepStrictEqual(this.#apply(), wanted);
    await this.subscription.settle(caughtUp, 'the live view to match a fresh query').catch((error: unknown) => {
      expect(this.#apply()).toEqual(wanted);
      throw error;
    });
  }

  stop(): Promise<void> {
    return this.subscription.stop();
  }

  #apply(): Row[] {
    const rows = new Map(this.#rows);
    for (const frame of this.subscription.frames) {
      const change = frame[this.noun.stream];
      if (change.changeType === 'REMOVED') rows.delete(change[this.noun.objectId]);
      else if (change.changeType !== 'CURSOR') rows.set(change[this.noun.objectId], change[this.noun.object]);
    }
    return sorted([...rows.values()]);
  }
}

/** Runs something and proves for each of these viewers that their live views follow it. */
export async function followedBy<T>(viewers: ApiClient[], act: () => Promise<T>): Promise<T> {
  const views = await Promise.all(
    viewers.flatMap((viewer) => [LiveView.open(viewer, 'conversations'), LiveView.open(viewer, 'handovers')]),
  );
  try {
    const result = await act();
    await Promise.all(views.map((view) => view.matchesFresh()));
    return result;
  } finally {
    await Promise.all(views.map((view) => view.stop()));
  }
}

async function fresh(
  client: ApiClient,
  noun: Noun,
  filter: Record<string, unknown>,
): Promise<{ rows: Row[]; eventCursor: string }> {
  const data = await client.ask(
    `query($filter: ${noun.filterType}) { ${noun.list}(filter: $filter, first: 25) { eventCursor nodes { ${noun.fields} } } }`,
    { filter },
  );
  return { rows: data[noun.list].nodes, eventCursor: data[noun.list].eventCursor };
}

const sorted = (rows: Row[]): Row[] => rows.toSorted((a, b) => a.id.localeCompare(b.id));
