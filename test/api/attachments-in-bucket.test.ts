import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openS3Store } from '../../src/services/files/s3-store.js';
import { CREATE_DOWNLOAD_LINK, CREATE_UPLOAD_LINK } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { valuesOf } from '../support/metrics.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startS3, type TestS3 } from '../support/s3.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { announced, openPut, put, uploaded } from '../support/uploads.js';
import { createWorld, type World } from '../support/world.js';
import { recording } from './recorded.js';

const FILE = Buffer.alloc(300_000, 'some of it, ');

let s3: TestS3;
let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
beforeAll(async () => {
  s3 = await startS3();
  server = await startTestServer({ env: s3.env });
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
});
afterAll(async () => {
  await server.stop();
  await s3.stop();
});

const link = async (contents: Buffer) => {
  const { conversationId } = await customerWrites(world);
  return (await agent.ask(CREATE_UPLOAD_LINK, { input: { conversationId, ...announced(contents) } })).createUploadLink;
};
const keysOf = (id: string) => s3.keys().filter((key) => key.startsWith(`${world.ids.workspace}/${id}/`));
const health = async () => (await (await fetch(`${server.url}/readyz`)).json()) as object;
const outcome = async (answer: Response) =>
  `${answer.status} ${((await answer.json()) as { errors: { extensions: { code: string } }[] }).errors[0]!.extensions.code}`;

describe('while the bucket is out of reach', () => {
  it('a file is neither taken nor given, everything else works, and afterwards the same links do', async () => {
    const { conversationId } = await customerWrites(world);
    const attachmentId = await uploaded(agent, { conversationId }, FILE);
    await agent.ask(SEND, { input: { conversationId, attachmentIds: [attachmentId] } });
    const awaited = await link(FILE);
    await s3.kill();
    const { events } = await recording(admin, async () => {
      expect(await outcome(await put(awaited.url, FILE))).toBe('503 UNAVAILABLE');
    });
    expect(events).toEqual([]);
    const { createDownloadLink } = await agent.ask(CREATE_DOWNLOAD_LINK, { input: { attachmentId } });
    expect(await outcome(await fetch(createDownloadLink.url))).toBe('503 UNAVAILABLE');
    await expect.poll(health, { timeout: 10_000 }).toMatchObject({ status: 'degraded', database: true, files: false });
    expect(await valuesOf(server, ['verbatim_files_reachable'])).toEqual([0]);
    await s3.restart();
    expect(keysOf(awaited.attachmentId)).toEqual([]);
    expect((await put(awaited.url, FILE)).status).toBe(201);
    expect(keysOf(awaited.attachmentId)).toEqual([`${world.ids.workspace}/${awaited.attachmentId}/whole`]);
    expect(Buffer.from(await (await fetch(createDownloadLink.url)).arrayBuffer())).toEqual(FILE);
    await expect.poll(health, { timeout: 10_000 }).toMatchObject({ files: true });
    expect(await valuesOf(server, ['verbatim_files_reachable'])).toEqual([1]);
  });

  it('a server does not start, and says why', async () => {
    await expect(server.another({ S3_ENDPOINT: 'http://127.0.0.1:1' })).rejects.toThrow(
      /^The bucket "verbatim-files" of ATTACHMENTS_BUCKET cannot be used: it is out of reach \(.*ECONNREFUSED/,
    );
    await expect(server.another({ ATTACHMENTS_BUCKET: 'another-one' })).rejects.toThrow(
      'The bucket "another-one" of ATTACHMENTS_BUCKET cannot be used: there is no such bucket.',
    );
  });
});

it('passes a file on while it arrives, and leaves nothing of one that is cut off', async () => {
  const { attachmentId, url } = await link(FILE);
  const arriving = () => s3.arriving().filter((key) => key.includes(attachmentId));
  const upload = openPut(url, FILE.length);
  upload.write(FILE.subarray(0, 200_000));
  await expect.poll(arriving, { timeout: 5_000 }).toEqual([expect.stringContaining(`/${attachmentId}/unfinished-`)]);
  upload.destroy();
  await expect.poll(arriving, { timeout: 5_000 }).toEqual([]);
  expect(keysOf(attachmentId)).toEqual([]);
  expect((await put(url, FILE)).status).toBe(201);
});

it('says what to install where the packages for it are missing', async () => {
  vi.doMock('@aws-sdk/client-s3', () => {
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  });
  const place = { bucket: 'files', region: null, endpoint: null, pathStyle: false };
  await expect(openS3Store(place)).rejects.toThrow(
    'ATTACHMENTS_BUCKET needs packages that are not installed. Run: ' +
      'npm install --no-save @aws-sdk/client-s3@3.1162.0 @aws-sdk/s3-request-presigner@3.1162.0',
  );
  vi.doUnmock('@aws-sdk/client-s3');
});
