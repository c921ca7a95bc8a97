import { createHash } from 'node:crypto';
import { sql, type Database } from '../database.js';
import type { Principal } from '../principal.js';
import { findAction } from './actions.js';
import type { NewEvent } from './event.js';

/** How long a workspace's setting is remembered, in milliseconds. */
const SETTING_AGE_MS = 5_000;
/** Views that are remembered at the most; who is forgotten is only recorded once more. */
const MAX_REMEMBERED = 100_000;

const isToldTogether = ({ action }: NewEvent): boolean => findAction(action)?.toldTogether === true;

/** Of what somebody asked for, which may be long: another question is another view. */
const digestOf = ({ changes }: NewEvent): string =>
  changes ? createHash('sha256').update(JSON.stringify(changes)).digest('base64') : '';

interface Told {
  at: number;
  /** For how long its event says that it speaks. */
  seconds: number;
  durable: Promise<void>;
}

/**
 * One event tells of all views of one object by one session or key within the workspace's window: people open what they
 * work on again and again, and a record in which every look is a line hides the one that matters. The event is durable
 * before the first view is shown, and says for how long it speaks. Each node has its own memory, so there may be one
 * event a node.
 */
export class ViewWindows {
  readonly #told = new Map<string, Told>();
  readonly #settings = new Map<string, { seconds: Promise<number>; at: number }>();

  constructor(private readonly db: Database) {}

  /**
   * Resolves when all of these are on the record, by events of now or by earlier ones.
   * @param record puts one onto the record; resolves when it is durable.
   */
  async tell(
    { kind, id, workspaceId, sessionId, apiKeyId }: Principal,
    events: readonly NewEvent[],
    now: number,
    record: (event: NewEvent) => Promise<void>,
  ): Promise<void> {
    const seconds = events.some(isToldTogether) ? await this.#window(workspaceId, now) : 0;
    await Promise.all(
      events.map((event) => {
        if (seconds === 0 || !isToldTogether(event)) return record(event);
        const { action, target, metadata } = event;
        const who = [workspaceId, kind, id, sessionId ?? apiKeyId];
        const key = [...who, action, target.id, JSON.stringify(metadata), digestOf(event)].join(' ');
        const told = this.#told.get(key);
        if (told && now >= told.at && now - told.at < Math.min(seconds, told.seconds) * 1000) return told.durable;
        return this.#remember(
          key,
          now,
          seconds,
          record({ ...event, metadata: { ...metadata, windowSeconds: seconds } }),
        );
      }),
    );
  }

  #remember(key: string, at: number, seconds: number, durable: Promise<void>): Promise<void> {
    // The oldest first.
    this.#told.delete(key);
    if (this.#told.size >= MAX_REMEMBERED) this.#told.delete(this.#told.keys().next().value!);
    const told = { at, seconds, durable };
    this.#told.set(key, told);
    durable.catch(() => {
      if (this.#told.get(key) === told) this.#told.delete(key);
    });
    return durable;
  }

  #window(workspaceId: string, now: number): Promise<number> {
    const known = this.#settings.get(workspaceId);
    if (known && now >= known.at && now - known.at < SETTING_AGE_MS) return known.seconds;
    const seconds = this.#ask(workspaceId);
    const setting = { seconds, at: now };
    this.#settings.set(workspaceId, setting);
    seconds.catch(() => {
      if (this.#settings.get(workspaceId) === setting) this.#settings.delete(workspaceId);
    });
    return seconds;
  }

  async #ask(workspaceId: string): Promise<number> {
    const [row] = await this.db.rows<{ seconds: number }>(
      sql`select view_window_seconds as seconds from workspace where id = ${workspaceId}`,
    );
    return row!.seconds;
  }
}
