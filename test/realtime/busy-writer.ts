import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient } from '../support/client.js';
import { CANCEL, REQUEST, SEND } from '../support/operations.js';

const ADD_NOTE = 'mutation($input: AddNoteInput!) { addNote(input: $input) { note { id } } }';
const SET_PRESENCE = 'mutation($input: SetPresenceInput!) { setPresence(input: $input) { agent { id } } }';

const MAX_TRIES = 20;

/** A conversation that is kept busy, and the team that it is offered to now and then. */
export interface Busy {
  conversationId: string;
  teamId: string;
}

/**
 * Keeps events coming: messages, notes, handovers that are asked for and withdrawn, and somebody who now has time and
 * now has not.
 */
export class BusyWriter {
  #stopped = false;
  readonly #running: Promise<unknown>;

  /** @param everyMs how long after the beginning of one write to a conversation the next begins, at the earliest. */
  constructor(client: ApiClient, person: ApiClient, busy: readonly Busy[], everyMs: number) {
    const stories = busy.map((one) => this.#write(() => story(client, one), everyMs));
    this.#running = Promise.all([...stories, this.#write(() => comings(person), 2 * everyMs)]);
    // Whoever stops it hears of it.
    this.#running.catch(() => {});
  }

  /** @throws whatever a write failed with. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #write(tell: () => AsyncGenerator<void, void, void>, everyMs: number): Promise<void> {
    while (!this.#stopped) {
      let next = pause(everyMs);
      for await (const _step of tell()) {
        if (this.#stopped) return;
        await next;
        next = pause(everyMs);
      }
    }
  }
}

/** One event a step. */
async function* story(client: ApiClient, { conversationId, teamId }: Busy): AsyncGenerator<void, void, void> {
  const once = () => ({ conversationId, idempotencyKey: randomUUID() });
  const { requestHandover } = await insist(client, REQUEST, { ...once(), toTeamId: teamId, reason: 'NEEDS_EXPERTISE' });
  yield;
  await insist(client, SEND, { ...once(), text: 'Still here' });
  yield;
  await insist(client, CANCEL, { handoverId: requestHandover.handover.id });
  yield;
  await insist(client, ADD_NOTE, { ...once(), text: 'They are waiting' });
  yield;
}

async function* comings(person: ApiClient): AsyncGenerator<void, void, void> {
  for (const status of ['AWAY', 'BUSY']) {
    await insist(person, SET_PRESENCE, { status });
    yield;
  }
}

/** Asks again while the database is too busy, as callers do; one key is one effect. */
// What an answer holds is what was asked for.
// oxlint-disable-next-line typescript/no-explicit-any
async function insist(client: ApiClient, query: string, input: Record<string, unknown>): Promise<any> {
  for (let tries = 1; ; tries += 1) {
    const { data, errors } = await client.send(query, { input });
    if (!errors) return data;
    const { code } = errors[0]!.extensions;
    // Withdrawn already, by the time before, whose answer was lost.
    if (code === 'CONFLICT' && tries > 1) return data;
    if (code !== 'UNAVAILABLE' || tries === MAX_TRIES)
      throw new Error(`a write was refused: ${JSON.stringify(errors)}`);
  }
}
