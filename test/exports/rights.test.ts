import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/services/ids.js';
import { canExportRecord, exportSight } from '../../src/services/policy.js';
import { systemPrincipal } from '../../src/services/principal.js';
import type { ApiClient } from '../support/client.js';
import { ExportStage } from './stage.js';

let stage: ExportStage;
let admin: ApiClient;
beforeAll(async () => {
  stage = await ExportStage.open();
  admin = await stage.world.as('admin');
});
afterAll(() => stage.close());

it('gives no file with what is unmasked to who may no longer see that', async () => {
  const key = await stage.withScopes(['AUDIT_EXPORT', 'AUDIT_READ']);
  const id = await stage.request(key);
  await stage.run();
  const { downloadUrl, unmasked } = await stage.export(key, id);
  expect([unmasked, (await stage.download(downloadUrl)).status]).toEqual([true, 200]);
  const asked = 'select requested_by_id from export_job where id = $1';
  await stage.superuser.query(`update api_key set scopes = array['AUDIT_EXPORT'] where id = (${asked})`, [id]);
  const before = (await stage.recorded('export.downloaded')).length;
  expect((await stage.download(downloadUrl)).status).toBe(404);
  expect((await stage.recorded('export.downloaded')).length).toBe(before);
  const denied = (await stage.recorded('auth.access_denied')).at(-1)!;
  expect(denied.metadata).toMatchObject({ attempted: 'export.download' });
  // What a node knows of a caller's rights is half a second old at the most.
  stage.clock.at += 500;
  expect((await stage.export(key, id)).downloadUrl).toBeNull();
  expect((await stage.export(admin, id)).downloadUrl).not.toBeNull();
});

it('knows who exports, and what they see of the record', () => {
  const base = { ...systemPrincipal(newId()), id: newId() };
  const key = (...scopes: ('AUDIT_READ' | 'AUDIT_EXPORT')[]) => ({ ...base, kind: 'API_KEY' as const, scopes });
  const agent = (role: 'ADMIN' | 'AUDITOR' | 'SUPERVISOR' | 'AGENT') => ({ ...base, kind: 'AGENT' as const, role });
  const all = [key('AUDIT_READ'), key('AUDIT_EXPORT'), key('AUDIT_READ', 'AUDIT_EXPORT')];
  expect(all.map(canExportRecord)).toEqual([false, true, true]);
  expect(all.map((one) => exportSight(one).unmasked)).toEqual([true, false, true]);
  const people = (['ADMIN', 'AUDITOR', 'SUPERVISOR', 'AGENT'] as const).map(agent);
  expect(people.map(canExportRecord)).toEqual([true, true, false, false]);
});
