import { decodeCursor } from '../../src/services/streams/cursor.js';
import type { ApiClient } from './client.js';
import { CONVERSATION } from './live-view.js';
import { Follower } from './follower.js';

const HANDOVER = 'id status kind settlementReason settledAt toTeam { id } acceptedBy { id } conversation { id }';
const EVENT = 'id sequence action leafHash leafData summary actor { kind id label } changes { field before after }';
const FEED = `id action occurredAt actor { __typename id } changes { field before after redacted }
  conversation { id } message { id text } handover { id }`;

/** What is followed, and what is queried to compare: state as a whole, events page by page. */
const streams = {
  auditEvents: {
    selection: `event { ${EVENT} }`,
    start: '{ list: auditEvents(first: 1) { eventCursor } }',
    fresh: `query($after: String) { list: auditEvents(orderBy: RECORDED_ASC, first: 100, after: $after) {
      nodes { ${EVENT} } pageInfo { endCursor hasNextPage } } }`,
  },
  workspaceEvents: {
    selection: FEED,
    start: '{ list: workspaceEvents(first: 1) { eventCursor } }',
    fresh: `query($after: String) { list: workspaceEvents(first: 100, afterEvent: $after) {
      nodes { cursor ${FEED} } pageInfo { endCursor hasNextPage } } }`,
  },
  conversationChanges: {
    selection: `changeType id: conversationId object: conversation { ${CONVERSATION} }`,
    start: `{ list: conversations(first: 70) { eventCursor nodes { ${CONVERSATION} } } }`,
    fresh: null,
  },
  handoverChanges: {
    selection: `changeType id: handoverId object: handover { ${HANDOVER} }`,
    start: `{ list: handovers(first: 100) { eventCursor nodes { ${HANDOVER} } } }`,
    fresh: null,
  },
} as const;

interface Row {
  id: string;
}
interface Event extends Row {
  sequence?: number;
  cursor?: string;
}

/** Queries, follows from there, and can say at any time what the frames alone have shown. */
export class Reader {
  private constructor(
    readonly client: ApiClient,
    private readonly field: keyof typeof streams,
    readonly follower: Follower,
    private readonly snapshot: readonly Row[],
  ) {}

  /** @param urls the nodes, its own first. */
  static async begin(client: ApiClient, field: keyof typeof streams, urls: readonly string[]): Promise<Reader> {
    const { list } = await client.at(urls[0]!).ask(streams[field].start);
    const { selection, fresh } = streams[field];
    const source = { field, selection, after: list.eventCursor, once: fresh !== null };
    return new Reader(client, field, new Follower(client, urls, source), list.nodes ?? []);
  }

  /** Of streams of events those up to a sequence, as they came; of streams of state the view that the frames make. */
  seen(upTo: number): unknown[] {
    const { arrived } = this.follower;
    if (streams[this.field].fresh) {
      const events = arrived.filter(({ sequence }) => sequence <= upTo).map(({ frame }) => frame);
      // The others say no more than where the stream is.
      if (this.field === 'auditEvents') return events.flatMap(({ event }) => event ?? []);
      return events.filter(({ id }) => id !== null);
    }
    const rows = new Map(this.snapshot.map((row) => [row.id, row]));
    for (const { frame } of arrived) {
      if (frame.changeType === 'REMOVED') rows.delete(frame.id);
      else if (frame.changeType !== 'CURSOR') rows.set(frame.id, frame.object);
    }
    return sorted([...rows.values()]);
  }

  /** The same, as a query at a node says it now. */
  async fresh(url: string, upTo: number): Promise<unknown[]> {
    const client = this.client.at(url);
    const { start, fresh } = streams[this.field];
    if (!fresh) return sorted((await client.ask(start)).list.nodes);
    const events: Event[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { nodes, pageInfo }: Page = (await client.ask(fresh, { after })).list;
      events.push(...nodes);
      after = pageInfo.endCursor;
      // Reading the record is on it too, and there would always be one more.
      more = pageInfo.hasNextPage && (nodes.length === 0 || sequenceOf(nodes.at(-1)!) < upTo);
    }
    const within = (event: Event) => sequenceOf(event) > this.follower.start && sequenceOf(event) <= upTo;
    return events.filter(within);
  }
}

interface Page {
  nodes: Event[];
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
}

const sequenceOf = ({ sequence, cursor }: Event): number => sequence ?? decodeCursor(cursor!).sequence;
const sorted = (rows: readonly Row[]): Row[] => rows.toSorted((a, b) => a.id.localeCompare(b.id));
