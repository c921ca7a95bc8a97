import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { KEPT_MS } from '../../src/services/exports/export-steps.js';
import { expireExports, runExports } from '../../src/services/exports/run-exports.js';
import { ExportFiles, type ExportKey } from '../../src/services/exports/export-files.js';
import { newId } from '../../src/services/ids.js';
import { unavailable } from '../../src/services/errors.js';
import type { ApiClient } from '../support/client.js';
import { createWorld } from '../support/world.js';
import { CANCEL_EXPORT, ExportStage } from './stage.js';

let stage: ExportStage;
let admin: ApiClient;
let expected: number[];
beforeAll(async () => {
  stage = await ExportStage.open();
  admin = await stage.world.as('admin');
  await stage.fill(2_600);
  const { auditEvents } = await admin.ask('{ auditEvents(first: 1) { nodes { sequence } } }');
  expected = Array.from({ length: auditEvents.nodes[0].sequence + 1 }, (_, n) => n);
});
afterAll(() => stage.close());

const range = () => ({ toSequence: expected.length - 1 });
const key = (id: string): ExportKey => ({ workspaceId: stage.world.ids.workspace, id });

/** The files of the node, through something that happens to them. */
function through(what: Partial<ExportFiles>): ExportFiles {
  const { files } = stage.server.app.exports;
  return new Proxy(files, {
    get: (target, name) => {
      const instead = what[name as keyof ExportFiles];
      const value = instead ?? target[name as keyof ExportFiles];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
const { files: real } = { files: ExportFiles.prototype };

async function whole(id: string): Promise<number[]> {
  const { downloadUrl } = await stage.export(admin, id);
  const { body } = await stage.download(downloadUrl);
  return body
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).sequence);
}

it('goes on from its last page after it was killed between a page and its mark', async () => {
  const id = await stage.request(admin, range());
  const written: number[] = [];
  const killed = through({
    async putPart(target: ExportKey, part: number, contents: Buffer, before: string) {
      written.push(part);
      const digest = await real.putPart.call(this, target, part, contents, before);
      if (part === 3) throw unavailable('killed');
      return digest;
    },
  } as Partial<ExportFiles>);
  await stage.sweep(killed);
  expect(written).toEqual([0, 1, 2, 3]);
  expect(await stage.export(admin, id)).toMatchObject({
    state: 'RUNNING',
    rows: 1_500,
    bytes: null,
    downloadUrl: null,
  });

  const after: number[] = [];
  await stage.run(
    through({
      putPart(target: ExportKey, part: number, contents: Buffer, before: string) {
        after.push(part);
        return real.putPart.call(this, target, part, contents, before);
      },
    } as Partial<ExportFiles>),
  );
  expect(after).toEqual([3, 4, 5]);
  expect(await whole(id)).toEqual(expected);
});

it('has no file when it was killed before the file was in its place', async () => {
  const id = await stage.request(admin, range());
  const killed = through({
    assemble: async () => {
      throw unavailable('killed');
    },
  });
  await stage.sweep(killed);
  expect(await stage.export(admin, id)).toMatchObject({
    state: 'RUNNING',
    percent: 99,
    bytes: null,
    downloadUrl: null,
  });
  await stage.run();
  expect(await whole(id)).toEqual(expected);
});

it('puts the file in its place again when it was killed before that was known', async () => {
  const id = await stage.request(admin, range());
  const killed = through({
    async assemble(target: ExportKey, parts: number, digest: string) {
      await real.assemble.call(this, target, parts, digest);
      throw unavailable('killed');
    },
  } as Partial<ExportFiles>);
  await stage.sweep(killed);
  await stage.run();
  expect(await whole(id)).toEqual(expected);
});

it.each([
  ['is lost', null],
  ['is cut', Buffer.from('{"sequence":0}\n')],
])('writes everything again when a part %s', async (_, contents) => {
  const id = await stage.request(admin, range());
  let spoilt = false;
  const spoiling = through({
    async assemble(target: ExportKey, parts: number, digest: string) {
      if (!spoilt) {
        spoilt = true;
        if (contents) await real.putPart.call(this, target, 2, contents, '');
        else await real.removeParts.call(this, target, 3);
      }
      return real.assemble.call(this, target, parts, digest);
    },
  } as Partial<ExportFiles>);
  await stage.run(spoiling);
  await stage.run();
  expect(spoilt).toBe(true);
  expect(await stage.export(admin, id)).toMatchObject({ state: 'COMPLETED', rows: expected.length });
  expect(await whole(id)).toEqual(expected);
});

it('fails when its pages cannot be written, and leaves nothing', async () => {
  const id = await stage.request(admin, range());
  const full = through({
    putPart: async () => {
      throw new Error('ENOSPC');
    },
  });
  await stage.run(full);
  expect(await stage.export(admin, id)).toMatchObject({ state: 'FAILED', fault: 'NOT_WRITTEN', rows: 0 });
});

it('removes what a page wrote after somebody cancelled', async () => {
  const id = await stage.request(admin, range());
  await stage.run(
    through({
      async putPart(target: ExportKey, part: number, contents: Buffer, before: string) {
        await admin.ask('mutation($id: ID!) { cancelExport(input: { exportId: $id }) { export { id } } }', { id });
        return real.putPart.call(this, target, part, contents, before);
      },
    } as Partial<ExportFiles>),
  );
  expect(await stage.export(admin, id)).toMatchObject({ state: 'CANCELLED', rows: 0 });
  await expect(stage.server.app.exports.files.assemble(key(id), 1, '')).rejects.toThrow(
    'a part of an export is not there',
  );
});

it('is not removed by a node that comes late with a page', async () => {
  const id = await stage.request(admin, range());
  let late = false;
  await stage.run(
    through({
      async putPart(target: ExportKey, part: number, contents: Buffer, before: string) {
        if (!late) {
          late = true;
          await stage.run();
        }
        return real.putPart.call(this, target, part, contents, before);
      },
    } as Partial<ExportFiles>),
  );
  expect(late).toBe(true);
  expect(await stage.export(admin, id)).toMatchObject({ state: 'COMPLETED', rows: expected.length });
  expect(await whole(id)).toEqual(expected);
});

it('holds up no export of another workspace, whatever goes wrong with those of one', async () => {
  const many: string[] = [];
  while (many.length < 10) many.push(await stage.request(admin, range()));
  const other = await createWorld(stage.server, `other-${newId()}`);
  const otherAdmin = await other.as('admin');
  const id = await stage.request(otherAdmin);
  const asked = async () =>
    (await stage.superuser.query('select id from exports_due(11)')).rows.map((row) => row.id as string);
  expect(await asked()).toEqual([many[0], id, ...many.slice(1)]);
  await stage.sweep(
    through({
      putPart(target: ExportKey, part: number, contents: Buffer, before: string) {
        if (target.workspaceId !== other.ids.workspace) throw unavailable('too slow');
        return real.putPart.call(this, target, part, contents, before);
      },
    } as Partial<ExportFiles>),
  );
  expect(await stage.export(otherAdmin, id)).toMatchObject({ state: 'COMPLETED' });
  // Nothing of the others is lost.
  await stage.run();
  for (const one of many) expect((await stage.export(admin, one)).state).toBe('COMPLETED');
});

it('is written once by two nodes at the same time', async () => {
  const id = await stage.request(admin, range());
  await Promise.all([stage.run(), stage.run()]);
  await stage.run();
  expect(await stage.export(admin, id)).toMatchObject({ state: 'COMPLETED', rows: expected.length });
  expect(await whole(id)).toEqual(expected);
});

it.each([
  ['expires', 'COMPLETED'],
  ['is cancelled', 'RUNNING'],
  ['fails', 'RUNNING'],
])('leaves no file behind when it was killed while an export %s', async (how, before) => {
  const id = await stage.request(await stage.world.as('auditor'), range());
  const { app } = stage.server;
  if (how === 'expires') await stage.run();
  else await app.exports.files.putPart(key(id), 0, Buffer.from('a page'), '');
  if (how !== 'expires') await stage.superuser.query("update export_job set state = 'RUNNING' where id = $1", [id]);
  const { at } = stage.clock;
  const setRole = (role: string) =>
    stage.superuser.query('update agent set role = $1 where id = $2', [role, stage.world.ids.agents.auditor]);
  const end = async () => {
    if (how === 'expires') await expireExports(app);
    else if (how === 'fails') await runExports(app);
    else await admin.send(CANCEL_EXPORT, { input: { exportId: id } });
  };
  if (how === 'fails') await setRole('AGENT');
  const killed = vi.spyOn(app.exports.files, 'remove').mockRejectedValue(new Error('killed'));
  try {
    if (how === 'expires') stage.clock.at += KEPT_MS;
    await end().catch(() => {});
    const { rows } = await stage.superuser.query('select state from export_job where id = $1', [id]);
    expect(rows).toEqual([{ state: before }]);
    expect(isThere(id)).toBe(true);
    killed.mockRestore();
    await end();
    expect(isThere(id)).toBe(false);
    const ended = { expires: 'export.expired', 'is cancelled': 'export.cancelled', fails: 'export.failed' }[how];
    expect((await stage.recorded('export.%')).at(-1)!.action).toBe(ended);
  } finally {
    killed.mockRestore();
    stage.clock.at = at;
    await setRole('AUDITOR');
  }
});

/** Whether anything of an export is on the disk. */
const isThere = (id: string): boolean => existsSync(join(stage.exportsDir, stage.world.ids.workspace, id));
