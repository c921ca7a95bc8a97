import type pg from 'pg';
import { findAction } from '../../src/services/record/actions.js';
import { decodeCursor } from '../../src/services/streams/cursor.js';
import { Follower } from '../support/follower.js';
import type { World } from '../support/world.js';

interface Recorded {
  sequence: number;
  action: string;
  category: string;
  outcome: string;
  conversationId: string | null;
}

interface Witness {
  follower: Follower;
  /** Whether this stream tells of an event to who sees everything. */
  tells: (event: Recorded) => boolean;
  carries: (frame: Record<string, unknown>) => boolean;
}

const OF_THE_FEED = ['CONVERSATION', 'MESSAGE', 'NOTE', 'HANDOVER', 'CONTACT', 'PEOPLE', 'CONFIG', 'BOT'];
const ABOUT_ENTRIES = ['message.received', 'message.sent', 'note.created'];
const changes = (action: string, stream: 'conversation' | 'handover') =>
  findAction(action)?.streams?.includes(stream) ?? false;

/** Those from whom nothing is taken: one for each stream, who must be told of every event all the while. */
export class Witnesses {
  private constructor(
    private readonly owner: pg.Pool,
    private readonly workspaceId: string,
    private readonly all: Record<string, Witness>,
  ) {}

  /** @param conversationId whose transcript is followed. */
  static async begin(world: World, owner: pg.Pool, conversationId: string): Promise<Witnesses> {
    const [auditor, reader, feed] = [await world.as('auditor'), world.withKey('read'), world.withKey('feed')];
    const { conversations } = await reader.ask('{ conversations(first: 1) { eventCursor } }');
    const after: string = conversations.eventCursor;
    const urls = [reader.url];
    return new Witnesses(owner, world.ids.workspace, {
      auditEvents: {
        follower: new Follower(auditor, urls, { field: 'auditEvents', selection: 'event { id }', after, once: true }),
        tells: () => true,
        carries: ({ event }) => event !== null,
      },
      workspaceEvents: {
        follower: new Follower(feed, urls, { field: 'workspaceEvents', selection: 'id', after, once: true }),
        tells: ({ category, outcome }) => outcome === 'SUCCESS' && OF_THE_FEED.includes(category),
        carries: ({ id }) => id !== null,
      },
      conversationChanges: {
        follower: new Follower(reader, urls, {
          field: 'conversationChanges',
          selection: 'conversation { id }',
          after,
          once: false,
        }),
        tells: ({ action }) => changes(action, 'conversation'),
        carries: ({ conversation }) => conversation !== null,
      },
      handoverChanges: {
        follower: new Follower(reader, urls, {
          field: 'handoverChanges',
          selection: 'handover { id }',
          after,
          once: false,
        }),
        tells: ({ action }) => changes(action, 'handover'),
        carries: ({ handover }) => handover !== null,
      },
      transcriptChanges: {
        follower: new Follower(reader, urls, {
          field: 'transcriptChanges',
          given: { conversationId },
          selection: 'entry { id }',
          after,
          once: false,
        }),
        tells: (event) =>
          event.conversationId === conversationId &&
          (ABOUT_ENTRIES.includes(event.action) || findAction(event.action)?.inTranscript === true),
        carries: ({ entry }) => entry !== null,
      },
    });
  }

  /** When the record's auditor was told of anything, in milliseconds as `performance.now()` says them. */
  get toldAt(): number[] {
    return this.all['auditEvents']!.follower.arrived.map(({ at }) => at);
  }

  /** Of each stream, the sequences that were told and, from the record, those that had to be, up to a cursor. */
  async account(upTo: string): Promise<Record<string, { told: number[]; recorded: number[]; ends: unknown[] }>> {
    const last = decodeCursor(upTo).sequence;
    const { rows } = await this.owner.query<Recorded>(
      `select sequence::int, action, category, outcome, conversation_id as "conversationId" from record_body
       where workspace_id = $1 and sequence <= $2 order by sequence`,
      [this.workspaceId, last],
    );
    return Object.fromEntries(
      Object.entries(this.all).map(([name, { follower, tells, carries }]) => {
        const told = follower.arrived.filter(({ sequence, frame }) => sequence <= last && carries(frame));
        const recorded = rows.filter((event) => event.sequence > follower.start && tells(event));
        const sequences = (of: { sequence: number }[]) => of.map(({ sequence }) => sequence);
        return [name, { told: sequences(told), recorded: sequences(recorded), ends: follower.ends }];
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.all).map(({ follower }) => follower.stop()));
  }
}
