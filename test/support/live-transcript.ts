import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { ApiClient, Subscription } from './client.js';

const entry = (
  ofMessages: string,
) => `id position occurredAt ... on Message { ${ofMessages} } ... on Note { noted: text }
  ... on ConversationEvent { action summary changes { field } handover { id } }`;
const TEXT = 'text';

/** The stream of a transcript, with these fields of its messages. */
export const followTranscript = (ofMessages = TEXT) => `subscription($id: ID!, $after: String) {
  transcriptChanges(conversationId: $id, afterEvent: $after) { changeType cursor entry { ${entry(ofMessages)} } } }`;

export interface Line {
  id: string;
  position: number;
  text?: string | null;
  noted?: string;
  action?: string;
  summary?: string;
}

/** What a frontend has of a transcript: asked once, and followed from there. */
export class LiveTranscript {
  private constructor(
    private readonly client: ApiClient,
    readonly id: string,
    private readonly query: string,
    readonly snapshot: Line[],
    readonly cursor: string,
    readonly stream: Subscription,
  ) {}

  /** @param ofMessages the fields that are asked of the `last` messages, of which there are no more */
  static async open(client: ApiClient, id: string, ofMessages = TEXT, last = 100): Promise<LiveTranscript> {
    const query = `query($id: ID!) { conversations(first: 1) { eventCursor }
      conversation(id: $id) { transcript(last: ${last}) { nodes { ${entry(ofMessages)} } } } }`;
    const { conversations, conversation } = await client.ask(query, { id });
    const cursor = conversations.eventCursor;
    const stream = await client.subscribe(followTranscript(ofMessages), { id, after: cursor }).connected();
    return new LiveTranscript(client, id, query, conversation.transcript.nodes, cursor, stream);
  }

  fresh = async (): Promise<Line[]> =>
    (await this.client.ask(this.query, { id: this.id })).conversation.transcript.nodes;

  applied(): Line[] {
    const lines = new Map(this.snapshot.map((line) => [line.id, line]));
    for (const { transcriptChanges } of this.stream.frames) {
      if (transcriptChanges.entry) lines.set(transcriptChanges.entry.id, transcriptChanges.entry);
    }
    return [...lines.values()].toSorted((one, other) => one.position - other.position);
  }

  /** Old snapshot + delivered frames = fresh query. @returns what both are. */
  async matches(): Promise<Line[]> {
    const wanted = await this.fresh();
    await this.stream
      .settle(() => isDeepStrictEqual(this.applied(), wanted), 'the transcript to match')
      .catch((error: unknown) => {
        expect(this.applied()).toEqual(wanted);
        throw error;
      });
    return wanted;
  }
}
