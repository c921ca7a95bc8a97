import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFiles, removeUnsent } from '../../src/services/attachments/remove-attachments.js';
import { CREATE_UPLOAD_LINK, ERASE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { everythingOf } from '../support/everything-of.js';
import { filePlaces, type FilePlace } from '../support/file-places.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { announced, openPut, uploaded } from '../support/uploads.js';
import { createWorld, type World } from '../support/world.js';

describe.each(filePlaces)('%s', (_place, open) => {
  const clock = { ahead: 0 };
  let place: FilePlace;
  let server: TestServer;
  let world: World;
  let admin: ApiClient;
  let agent: ApiClient;
  beforeAll(async () => {
    place = await open();
    server = await startTestServer({
      env: place.env,
      now: () => new Date(Date.now() + clock.ahead),
    });
    world = await createWorld(server);
    [admin, agent] = [await world.as('admin'), await world.as('agent')];
  });
  afterAll(async () => {
    await server.stop();
    await place.stop();
  });

  const HTML = Buffer.from('<!doctype html><script>alert(1)</script>');
  const link = async (client: ApiClient, input: object) =>
    (await client.ask(CREATE_UPLOAD_LINK, { input })).createUploadLink;
  const isThere = (id: string) => place.files().includes(`${world.ids.workspace}/${id}/whole`);
  async function sent(): Promise<{ conversationId: string; attachmentId: string }> {
    const { conversationId } = await customerWrites(world);
    const attachmentId = await uploaded(agent, { conversationId }, HTML);
    await agent.ask(SEND, { input: { conversationId, attachmentIds: [attachmentId] } });
    return { conversationId, attachmentId };
  }

  it('removes what was never sent, and nothing else', async () => {
    const { conversationId, attachmentId } = await sent();
    const unsent = await uploaded(agent, { conversationId }, HTML);
    const { attachmentId: awaited } = await link(agent, { conversationId, ...announced(HTML) });
    await removeUnsent(server.app);
    expect(isThere(unsent)).toBe(true);
    clock.ahead = 25 * 3_600_000;
    await removeUnsent(server.app);
    clock.ahead += 60_000;
    await removeFiles(server.app);
    clock.ahead = 0;
    expect([isThere(attachmentId), isThere(unsent), isThere(awaited)]).toEqual([true, false, false]);
    const owner = new pg.Client({ connectionString: server.database.url });
    await owner.connect();
    const { rows } = await owner.query(
      `select id, state, file_name, sha256, file_removed_at is not null as gone from attachment where id = any($1) order by id`,
      [[unsent, awaited].toSorted()],
    );
    await owner.end();
    expect(rows).toEqual(
      [unsent, awaited].toSorted().map((id) => ({ id, state: 'REMOVED', file_name: '', sha256: '', gone: true })),
    );
  });

  it('keeps nothing of a file that was given up while it arrived', async () => {
    const { conversationId } = await customerWrites(world);
    const { attachmentId, url } = await link(agent, { conversationId, ...announced(HTML) });
    const ofIt = () => place.arriving().filter((file) => file.includes(attachmentId));
    const upload = openPut(url, HTML.length);
    upload.write(HTML.subarray(0, 20));
    await expect.poll(ofIt, { timeout: 5_000 }).toHaveLength(1);
    clock.ahead = 2 * 3_600_000;
    await removeUnsent(server.app);
    clock.ahead += 60_000;
    await removeFiles(server.app);
    clock.ahead = 0;
    upload.end(HTML.subarray(20));
    expect(await upload.status).toBeGreaterThanOrEqual(404);
    await expect.poll(ofIt, { timeout: 5_000 }).toEqual([]);
  });

  it('erases the files of a contact: on the record first, then from the disk, and takes it up where it was cut off', async () => {
    const { conversationId, attachmentId } = await sent();
    const other = await sent();
    const query = 'query($id: ID!) { conversation(id: $id) { contact { id } } }';
    const contactId = (await admin.ask(query, { id: conversationId })).conversation.contact.id;
    const { files } = server.app.attachments;
    const remove = files.remove.bind(files);
    let cutOff = true;
    files.remove = async (key) => {
      if (cutOff) throw new Error('killed');
      return remove(key);
    };
    const keys = world.withKey('all');
    const first = (await keys.ask(ERASE, { input: { contactId, reason: 'They asked for it' } })).eraseContact;
    expect([first.completed, isThere(attachmentId)]).toEqual([false, true]);
    const actions = async () =>
      (
        await keys.ask(
          'query($f: AuditEventFilter) { auditEvents(filter: $f, orderBy: RECORDED_ASC, first: 50) { nodes { action } } }',
          { f: { actions: ['attachment.deleted', 'contact.erased'], targetIds: [attachmentId, contactId] } },
        )
      ).auditEvents.nodes.map(({ action }: { action: string }) => action);
    expect(await actions()).toEqual(['attachment.deleted']);
    cutOff = false;
    const second = (await keys.ask(ERASE, { input: { contactId, reason: 'They asked for it' } })).eraseContact;
    expect([second.completed, isThere(attachmentId), isThere(other.attachmentId)]).toEqual([true, false, true]);
    expect(await actions()).toEqual(['attachment.deleted', 'contact.erased']);
    const owner = new pg.Client({ connectionString: server.database.url });
    await owner.connect();
    const left = await everythingOf(owner, world.ids.workspace);
    await owner.end();
    // The other conversation’s file has the same name: of this one nothing but its id is left.
    expect(left.split('\n').filter((row) => row.includes(attachmentId) && row.includes('invoice.pdf'))).toEqual([]);
  });
});
