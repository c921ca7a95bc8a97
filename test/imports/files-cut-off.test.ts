import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Application } from '../../src/services/application.js';
import { removeFiles, removeUnsent } from '../../src/services/attachments/remove-attachments.js';
import { unavailable } from '../../src/services/errors.js';
import { findTarget, type ImportTarget } from '../../src/services/imports/import-target.js';
import { runImport } from '../../src/services/imports/run-import.js';
import { filesInMemory, type SourceFiles } from '../../src/services/imports/source-files.js';
import { sql } from '../../src/services/sql.js';
import { filePlaces, type FilePlace } from '../support/file-places.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { conversation, message, PATIENCE } from './stage.js';

const HOUR_MS = 3_600_000;
const BYTES = Buffer.from('What somebody has sent');

describe.each(filePlaces)('%s', (_place, open) => {
  const clock = { ahead: 0 };
  let place: FilePlace;
  let server: TestServer;
  let world: World;
  let target: ImportTarget;
  beforeAll(async () => {
    place = await open();
    server = await startTestServer({ env: place.env, now: () => new Date(Date.now() + clock.ahead) });
    world = await createWorld(server);
    target = await findTarget(server.app, { workspace: world.slug, inbox: 'Web chat' });
  }, PATIENCE);
  afterAll(async () => {
    await server.stop();
    await place.stop();
  });

  const inMemory = filesInMemory(new Map([['a.txt', BYTES]]));
  const line = (id: string, files = 1) =>
    conversation(id, {
      messages: [message(`${id}-1`, 0, { attachments: Array.from({ length: files }, () => ({ file: 'a.txt' })) })],
    });
  async function imported(lines: object[], files: SourceFiles = inMemory, app: Application = server.app) {
    const rejected: [number, string[]][] = [];
    const source = async function* () {
      for (const [index, value] of lines.entries()) yield { number: index + 1, value };
    };
    const summary = await runImport(app, target, source(), {
      format: 'ndjson',
      files,
      onRejected: async ({ line: number, reasons }) => void rejected.push([number, reasons]),
    });
    return { summary, rejected };
  }

  /** The application, to which something happens when a file is in its place and nothing is written of it yet. */
  function when(settled: (times: number) => Promise<void>): Application {
    let times = 0;
    const { files } = server.app.attachments;
    const write: typeof files.write = async (...args) => {
      const file = await files.write(...args);
      const settle = async () => {
        await file.settle();
        await settled((times += 1));
      };
      return { ...file, settle };
    };
    const seen = { limits: files.limits, write, remove: files.remove.bind(files) } as unknown as typeof files;
    return { ...server.app, attachments: { files: seen } };
  }

  /** The states of the files of this test, and of which of them something is in the store. */
  async function left(before: ReadonlySet<string>) {
    const rows = await server.app.db.rows<{ id: string; state: string; sent: boolean; sha256: string }>(sql`
      select id, state, message_id is not null as sent, sha256 from attachment where workspace_id = ${world.ids.workspace}
      order by id`);
    const there = new Set(place.files().map((file) => file.split('/')[1]));
    return rows.filter(({ id }) => !before.has(id)).map(({ id, ...row }) => ({ ...row, there: there.has(id) }));
  }
  async function all(): Promise<ReadonlySet<string>> {
    const rows = await server.app.db.rows<{ id: string }>(sql`select id from attachment`);
    return new Set(rows.map(({ id }) => id));
  }
  async function sweep(ahead: number): Promise<void> {
    clock.ahead = ahead;
    await removeUnsent(server.app);
    clock.ahead += 60_000;
    await removeFiles(server.app);
    clock.ahead = 0;
  }

  const digest = createHash('sha256').update(BYTES).digest('hex');
  const UPLOADED = { state: 'UPLOADED', sent: true, sha256: digest, there: true };
  const AWAITED = { state: 'AWAITED', sent: false, sha256: '', there: true };
  const REMOVED = { state: 'REMOVED', sent: false, sha256: '', there: false };

  it('leaves only what the sweep removes where it is cut off between the file and its message', async () => {
    const before = await all();
    // What is killed takes no place for a transaction any more.
    let killed = false;
    const app = when(async () => void (killed = true));
    const { slots } = server.app;
    const take: typeof slots.take = async (...args) => {
      if (killed) throw new Error('killed');
      return slots.take(...args);
    };
    const dying = { ...app, slots: { take } as unknown as typeof slots };
    await expect(imported([line('cut')], inMemory, dying)).rejects.toThrow('killed');
    expect(await left(before)).toEqual([AWAITED]);
    expect((await imported([line('cut')])).summary).toMatchObject({ messages: { created: 1 }, files: { created: 1 } });
    expect(await left(before)).toEqual([AWAITED, UPLOADED]);
    await sweep(2 * HOUR_MS);
    expect(await left(before)).toEqual([REMOVED, UPLOADED]);
    expect((await imported([line('cut')])).summary).toMatchObject({ messages: { created: 0 }, files: { created: 0 } });
  });

  it('stores nothing twice where a transaction is tried again', async () => {
    const before = await all();
    let refusals = 0;
    let stored = false;
    const app = when(async () => void (stored = true));
    const { slots } = server.app;
    const take: typeof slots.take = async (...args) => {
      if (stored && (refusals += 1) <= 2) throw unavailable('Not now.');
      return slots.take(...args);
    };
    const { summary } = await imported([line('again')], inMemory, {
      ...app,
      slots: { take } as unknown as typeof slots,
    });
    expect([summary.files.created, refusals > 2, await left(before)]).toEqual([1, true, [UPLOADED]]);
  });

  it('goes on where the store was out of reach for a moment', async () => {
    const before = await all();
    const app = when(async (times) => {
      if (times === 2) throw unavailable('The files are out of reach.');
    });
    const { summary } = await imported([line('away', 3)], inMemory, app);
    expect(summary).toMatchObject({ files: { created: 3 }, rejected: 0 });
    const found = await left(before);
    expect(found.filter(({ state }) => state === 'UPLOADED')).toEqual([UPLOADED, UPLOADED, UPLOADED]);
    await sweep(2 * HOUR_MS);
    expect((await left(before)).filter(({ there }) => there)).toEqual([UPLOADED, UPLOADED, UPLOADED]);
  });

  it('stores a file again that was swept before its message was written, and leaves the first nowhere', async () => {
    const before = await all();
    // Its row is removed while it is on its way, so that it arrives behind its removal.
    let sweeps = 0;
    const { files } = server.app.attachments;
    const write: typeof files.write = async (...args) => {
      if ((sweeps += 1) === 1) await sweep(2 * HOUR_MS);
      return files.write(...args);
    };
    const seen = { limits: files.limits, write } as unknown as typeof files;
    const { summary } = await imported([line('slow')], inMemory, { ...server.app, attachments: { files: seen } });
    expect(summary).toMatchObject({ messages: { created: 1 }, files: { created: 1 } });
    expect(await left(before)).toEqual([{ ...REMOVED, there: true }, UPLOADED]);
    await sweep(3 * HOUR_MS);
    expect(await left(before)).toEqual([REMOVED, UPLOADED]);
  });

  it('refuses a line whose file changes while it is read, and takes the others', async () => {
    const before = await all();
    let opened = 0;
    const changing: SourceFiles = {
      open: async (file) => {
        const found = await inMemory.open('a.txt');
        if (file === 'a.txt' || 'fault' in found || (opened += 1) === 1) return found;
        return {
          ...found,
          contents: async function* () {
            yield BYTES.subarray(1);
          },
        };
      },
    };
    const changed = conversation('changed', {
      messages: [message('changed-1', 0), message('changed-2', 1, { attachments: [{ file: 'b.txt' }] })],
    });
    const { summary, rejected } = await imported([line('whole'), changed], changing);
    expect(summary).toMatchObject({ conversations: { created: 1 }, files: { created: 1 }, rejected: 1 });
    const reason = 'has changed since it was looked at, or cannot be read to its end';
    expect(rejected).toEqual([[2, [`messages.1.attachments.0.file: ${reason}`]]]);
    const found = await left(before);
    expect(found.toSorted((one, two) => (one.state < two.state ? -1 : 1))).toEqual([
      { ...AWAITED, there: false },
      UPLOADED,
    ]);
    await sweep(2 * HOUR_MS);
  });

  it('takes one transaction more for the files of a batch, and none where there are none', async () => {
    const { slots } = server.app;
    const transactions = async (lines: object[]): Promise<number> => {
      let taken = 0;
      const take: typeof slots.take = (...args) => {
        taken += 1;
        return slots.take(...args);
      };
      const counting = { ...server.app, slots: { take } as unknown as typeof slots };
      expect((await imported(lines, inMemory, counting)).summary.rejected).toBe(0);
      return taken;
    };
    // Its beginning, the batch, its end.
    expect(await transactions([conversation('plain')])).toBe(3);
    expect(await transactions([line('with-1', 3), line('with-2', 3)])).toBe(4);
    expect(await transactions([line('with-1', 3), line('with-2', 3)])).toBe(2);
  });

  it('has few files open at once, and stores of two lines that say the same only what is sent', async () => {
    const before = await all();
    let [now, most] = [0, 0];
    const counted: SourceFiles = {
      open: async (file) => {
        const found = await inMemory.open(file);
        if ('fault' in found) return found;
        most = Math.max(most, (now += 1));
        return { ...found, close: async () => void (now -= 1) };
      },
    };
    const lines = [...Array.from({ length: 4 }, (_, n) => line(`many-${n}`, 10)), line('many-0', 10)];
    const { summary } = await imported(lines, counted);
    expect(summary).toMatchObject({ messages: { created: 4 }, files: { created: 40 } });
    expect([now, most]).toEqual([0, 4]);
    const found = await left(before);
    expect(found.filter(({ sent }) => sent)).toEqual(Array.from({ length: 40 }, () => UPLOADED));
    await sweep(2 * HOUR_MS);
    expect((await left(before)).filter(({ there }) => there)).toHaveLength(40);
  });
});
