import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CREATE_DOWNLOAD_LINK, CREATE_UPLOAD_LINK, DELETE_MESSAGE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { filePlaces, type FilePlace } from '../support/file-places.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { announced, put, uploaded } from '../support/uploads.js';
import { createWorld, type World } from '../support/world.js';
import { recording } from './recorded.js';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const SMALL_PNG = PNG.subarray(0, 64);
const HTML = Buffer.from('<!doctype html><script>alert(1)</script>');
const ATTACHMENTS = 'attachments { id kind fileName contentType byteSize sha256 durationSeconds }';
const SEND_FILES = `mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id text ${ATTACHMENTS} } } }`;

describe.each(filePlaces)('%s', (_place, open) => {
  const clock = { ahead: 0 };
  let place: FilePlace;
  let server: TestServer;
  let world: World;
  let foreign: World;
  let admin: ApiClient;
  let agent: ApiClient;
  let viewers: ApiClient[];
  beforeAll(async () => {
    place = await open();
    server = await startTestServer({
      env: { ...place.env, MAX_IMAGE_BYTES: '100' },
      now: () => new Date(Date.now() + clock.ahead),
    });
    [world, foreign] = [await createWorld(server), await createWorld(server, 'globex')];
    [admin, agent] = [await world.as('admin'), await world.as('agent')];
    viewers = [admin, agent, await world.as('outsider')];
  });
  afterAll(async () => {
    await server.stop();
    await place.stop();
  });

  const link = async (client: ApiClient, input: object) =>
    (await client.ask(CREATE_UPLOAD_LINK, { input })).createUploadLink;
  const filesOf = (id: string) => place.files().filter((file) => file.startsWith(`${world.ids.workspace}/${id}/`));
  const isThere = (id: string) => filesOf(id).length > 0;
  async function sent(contents = HTML): Promise<{ conversationId: string; messageId: string; attachmentId: string }> {
    const { conversationId } = await customerWrites(world);
    const attachmentId = await uploaded(agent, { conversationId }, contents);
    const { sendMessage } = await agent.ask(SEND_FILES, { input: { conversationId, attachmentIds: [attachmentId] } });
    return { conversationId, messageId: sendMessage.message.id, attachmentId };
  }
  const codeOf = async (answer: Response) =>
    `${answer.status} ${((await answer.json()) as { errors: { extensions: { code: string } }[] }).errors[0]!.extensions.code}`;

  it('takes a file, sends it without a text, and gives it to who sees the conversation: each on the record, live', async () => {
    const { conversationId } = await customerWrites(world);
    const { result, events } = await recording(admin, () =>
      followedBy(viewers, async () => {
        const input = { conversationId, ...announced(SMALL_PNG, 'Rechnung für Zoë.png'), durationSeconds: 1.5 };
        const { attachmentId, url } = await link(agent, input);
        const answer = await put(url, SMALL_PNG);
        expect([answer.status, await answer.json()]).toEqual([
          201,
          {
            attachmentId,
            kind: 'IMAGE',
            contentType: 'image/png',
            byteSize: SMALL_PNG.length,
            sha256: announced(SMALL_PNG).sha256,
          },
        ]);
        const { message } = (await agent.ask(SEND_FILES, { input: { conversationId, attachmentIds: [attachmentId] } }))
          .sendMessage;
        const given = await admin.ask(CREATE_DOWNLOAD_LINK, { input: { attachmentId, reason: 'To check it' } });
        return { message, attachmentId, url: given.createDownloadLink.url };
      }),
    );
    const attachment = {
      id: result.attachmentId,
      kind: 'IMAGE',
      fileName: 'Rechnung für Zoë.png',
      contentType: 'image/png',
      byteSize: SMALL_PNG.length,
      sha256: announced(SMALL_PNG).sha256,
      durationSeconds: 1.5,
    };
    expect(result.message).toEqual({ id: expect.any(String), text: '', attachments: [attachment] });
    expect(events.map(({ action, reason }) => [action, reason])).toEqual([
      ['attachment.upload_started', null],
      ['attachment.uploaded', null],
      ['message.sent', null],
      ['attachment.downloaded', 'To check it'],
    ]);
    const answer = await fetch(result.url);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(SMALL_PNG);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-disposition': `attachment; filename="Rechnung f_r Zo_.png"; filename*=UTF-8''Rechnung%20f%C3%BCr%20Zo%C3%AB.png`,
      'content-length': String(SMALL_PNG.length),
      'content-security-policy': "default-src 'none'; sandbox",
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
    });
  });

  it('says of what a browser could run only that it is something', async () => {
    const svg = Buffer.from('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>');
    for (const contents of [HTML, svg, Buffer.from('a,b\n=1,2\n')]) {
      const { conversationId } = await customerWrites(world);
      const { url } = await link(agent, {
        conversationId,
        ...announced(contents, 'x.svg'),
        contentType: 'image/svg+xml',
      });
      expect(await (await put(url, contents)).json()).toMatchObject({
        kind: 'FILE',
        contentType: 'application/octet-stream',
      });
    }
  });

  describe('an upload is refused, and nothing is kept of it,', () => {
    it.each([
      ['with more than announced', Buffer.concat([HTML, HTML]), '400 VALIDATION_FAILED'],
      ['with less than announced', HTML.subarray(1), '400 VALIDATION_FAILED'],
      ['with another content', Buffer.alloc(HTML.length, 'x'), '400 VALIDATION_FAILED'],
    ])('%s', async (_, contents, outcome) => {
      const { conversationId } = await customerWrites(world);
      const { attachmentId, url } = await link(agent, { conversationId, ...announced(HTML) });
      const { events } = await recording(admin, async () =>
        expect(await codeOf(await put(url, contents))).toBe(outcome),
      );
      expect(events).toEqual([]);
      expect(filesOf(attachmentId)).toEqual([]);
      const early = await agent.refused(SEND_FILES, { input: { conversationId, attachmentIds: [attachmentId] } });
      expect(early.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'attachmentIds.0' }] });
      // As announced it is still taken, and then no second time.
      expect((await put(url, HTML)).status).toBe(201);
      expect(filesOf(attachmentId)).toEqual([`${world.ids.workspace}/${attachmentId}/whole`]);
      expect(await codeOf(await put(url, HTML))).toBe('409 CONFLICT');
    });

    it('over the limit of what it turns out to be', async () => {
      const { conversationId } = await customerWrites(world);
      const big = Buffer.concat([SMALL_PNG, Buffer.alloc(100)]);
      const { attachmentId, url } = await link(agent, { conversationId, ...announced(big) });
      expect(await codeOf(await put(url, big))).toBe('413 LIMIT_EXCEEDED');
      expect(isThere(attachmentId)).toBe(false);
    });

    it('with a link that is another’s, forged, ended, or whose owner has lost their rights', async () => {
      const { conversationId } = await customerWrites(world);
      const [first, second] = [
        await link(agent, { conversationId, ...announced(HTML) }),
        await link(agent, { conversationId, ...announced(HTML) }),
      ];
      const crossed = first.url.replace(first.attachmentId, second.attachmentId);
      for (const url of [crossed, first.url.slice(0, -4), first.url.split('?')[0]!])
        expect(await codeOf(await put(url, HTML))).toBe('401 UNAUTHENTICATED');
      clock.ahead = 901_000;
      const late = await codeOf(await put(first.url, HTML));
      clock.ahead = 0;
      expect(late).toBe('401 UNAUTHENTICATED');
      expect(isThere(first.attachmentId) || isThere(second.attachmentId)).toBe(false);
    });

    it.each([
      ['a path in its name', { fileName: '../x' }, 'fileName'],
      ['no content', { byteSize: 0 }, 'byteSize'],
      ['more than its kind may have', { byteSize: 101, contentType: 'image/png' }, 'byteSize'],
      ['no digest', { sha256: 'x' }, 'sha256'],
    ])('with %s', async (_, wrong, path) => {
      const { conversationId } = await customerWrites(world);
      const input = { conversationId, ...announced(HTML), ...wrong };
      const refused = await agent.refused(CREATE_UPLOAD_LINK, { input });
      expect(refused.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path }] });
    });

    it('without a conversation, but for channels', async () => {
      const { result, events } = await recording(admin, () =>
        agent.refused(CREATE_UPLOAD_LINK, { input: announced(HTML) }),
      );
      expect(result.extensions.code).toBe('FORBIDDEN');
      expect(events.map(({ action }) => action)).toEqual(['auth.access_denied']);
    });
  });

  describe('a file is sent', () => {
    it('once, by who uploaded it, in its conversation', async () => {
      const [here, there] = [await customerWrites(world), await customerWrites(world)];
      const attachmentId = await uploaded(agent, { conversationId: here.conversationId }, HTML);
      const input = { conversationId: here.conversationId, attachmentIds: [attachmentId] };
      const colleague = await world.as('colleague');
      for (const refused of [
        await colleague.refused(SEND_FILES, { input }),
        await agent.refused(SEND_FILES, { input: { ...input, conversationId: there.conversationId } }),
      ])
        expect(refused.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'attachmentIds.0' }] });
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => agent.send(SEND_FILES, { input: { ...input, text: 'Once' } })),
      );
      expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
      const twice = await agent.refused(SEND_FILES, {
        input: { ...input, attachmentIds: [attachmentId, attachmentId] },
      });
      expect(twice.extensions.code).toBe('VALIDATION_FAILED');
    });

    it('by a channel with what a customer wrote, of this workspace alone', async () => {
      const channel = world.withKey('all');
      const attachmentId = await uploaded(channel, {}, HTML);
      const { conversationId, messageId } = await followedBy(viewers, () =>
        customerWrites(world, { text: null, attachmentIds: [attachmentId] }),
      );
      const { conversation } = await agent.ask(
        `query($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { id text ${ATTACHMENTS} } } } }`,
        { id: conversationId },
      );
      expect(conversation.messages.nodes).toEqual([
        {
          id: messageId,
          text: '',
          attachments: [expect.objectContaining({ id: attachmentId, fileName: 'invoice.pdf' })],
        },
      ]);
      const theirs = await uploaded(foreign.withKey('all'), {}, HTML);
      const receive = 'mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { messageId } }';
      const input = { inboxId: world.ids.inbox, externalId: randomUUID(), contact: { address: randomUUID() } };
      const { result, events } = await recording(admin, () =>
        channel.refused(receive, { input: { ...input, attachmentIds: [theirs] } }),
      );
      expect(result.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'attachmentIds.0' }] });
      expect(events).toEqual([]);
    });
  });

  it('gives a link only while its owner sees the conversation', async () => {
    const { conversationId, attachmentId } = await sent();
    const outsider = await world.as('outsider');
    await admin.ask(ASSIGN, { input: { conversationId, assigneeId: world.ids.agents.outsider } });
    const { createDownloadLink } = await outsider.ask(CREATE_DOWNLOAD_LINK, { input: { attachmentId } });
    expect((await fetch(createDownloadLink.url)).status).toBe(200);
    await admin.ask(ASSIGN, { input: { conversationId, assigneeId: null } });
    expect((await fetch(createDownloadLink.url)).status).toBe(404);
    expect((await outsider.refused(CREATE_DOWNLOAD_LINK, { input: { attachmentId } })).extensions.code).toBe(
      'NOT_FOUND',
    );
    const unsent = await uploaded(agent, { conversationId }, HTML);
    const refused = await agent.refused(CREATE_DOWNLOAD_LINK, { input: { attachmentId: unsent } });
    expect(refused.extensions.code).toBe('NOT_FOUND');
  });

  it('a deleted message shows no files, but its revisions do', async () => {
    const { conversationId, messageId, attachmentId } = await sent();
    await followedBy(viewers, () => agent.ask(DELETE_MESSAGE, { input: { messageId } }));
    const { conversation } = await agent.ask(
      `query($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { text attachments { id } revisions { attachments { id } } } } } }`,
      { id: conversationId },
    );
    expect(conversation.messages.nodes).toEqual([
      { text: null, attachments: [], revisions: [{ attachments: [{ id: attachmentId }] }] },
    ]);
  });
});
