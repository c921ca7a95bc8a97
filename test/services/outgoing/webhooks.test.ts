import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { createOutgoing } from '../../../src/services/outgoing/outgoing.js';
import { fingerprintOf, isSecret, newSecret } from '../../../src/services/outgoing/secrets.js';
import { startReceiver, status } from './receiver.js';

const now = new Date('2026-11-22T10:00:00.900Z');
const outgoing = (allowPrivate = true, attemptMs = 5_000) =>
  createOutgoing({ allowPrivate, now: () => now, attemptMs }).webhooks;

let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

const message = (over: { url?: URL; secrets?: string[] } = {}) => ({
  id: 'evt_1',
  url: new URL(`${receiver.url}/hook?a=1`),
  secrets: [newSecret()],
  body: '{"text":"naïve ✓"}',
  ...over,
});

describe('an attempt', () => {
  it('is signed so that the receiver can verify it by the published rules', async () => {
    // Known answer: HMAC-SHA-256 of "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}".
    const signature = new Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw').sign(
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      new Date(1_614_265_330_000),
      '{"test": 2432232314}',
    );
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');

    const sent = message();
    expect(await outgoing().attempt(sent)).toMatchObject({ outcome: 'ACCEPTED', status: 204, fault: null });
    const [{ path, headers, body }] = receiver.received as [(typeof receiver.received)[0]];
    expect({ path, body }).toEqual({ path: '/hook?a=1', body: sent.body });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': 'evt_1',
      'webhook-timestamp': '1795341600',
      'webhook-signature': new Webhook(sent.secrets[0]!).sign('evt_1', now, sent.body),
    });
  });

  it('carries the signatures of both secrets during a rotation', async () => {
    const secrets = [newSecret(), newSecret()];
    await outgoing().attempt(message({ secrets }));
    const [{ headers, body }] = receiver.received as [(typeof receiver.received)[0]];
    const signatures = String(headers['webhook-signature']).split(' ');
    expect(signatures).toEqual(secrets.map((secret) => new Webhook(secret).sign('evt_1', now, body)));
  });

  it.each([
    [200, 'ACCEPTED', null],
    [299, 'ACCEPTED', null],
    [400, 'FAILED', 'STATUS'],
    [404, 'FAILED', 'STATUS'],
    [410, 'GONE', 'STATUS'],
    [500, 'FAILED', 'STATUS'],
  ])('that is answered with %s is %s', async (code, outcome, fault) => {
    receiver.answerWith(status(code));
    expect(await outgoing().attempt(message())).toMatchObject({ outcome, status: code, fault, retryAfterMs: null });
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect: %s', async (code) => {
    receiver.answerWith(status(code, { location: `${receiver.url}/elsewhere` }));
    expect(await outgoing().attempt(message())).toMatchObject({ outcome: 'FAILED', status: code, fault: 'REDIRECTED' });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook?a=1']);
  });

  it.each([
    ['120', 120_000],
    ['Sun, 22 Nov 2026 10:00:30 GMT', 29_100],
    ['999999999', 86_400_000],
    ['0', null],
    ['soon', null],
    ['Sun, 22 Nov 2020 10:00:30 GMT', null],
  ])('hears how long to wait: %s', async (value, expected) => {
    receiver.answerWith(status(503, { 'retry-after': value }));
    expect(await outgoing().attempt(message())).toMatchObject({ outcome: 'FAILED', retryAfterMs: expected });
  });

  it('ends when the receiver takes too long', async () => {
    receiver.answerWith(() => {});
    expect(await outgoing(true, 200).attempt(message())).toMatchObject({
      outcome: 'FAILED',
      status: null,
      fault: 'TIMED_OUT',
    });
  });

  it('ends when the process is to end', async () => {
    const stopping = new AbortController();
    receiver.answerWith(() => stopping.abort());
    expect(await outgoing().attempt(message(), stopping.signal)).toMatchObject({ outcome: 'FAILED', status: null });
  });

  it('does not read an answer that has no end', async () => {
    receiver.answerWith((_, response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.on('close', () => clearInterval(more));
    });
    expect(await outgoing().attempt(message())).toMatchObject({ outcome: 'ACCEPTED', status: 200 });
  });

  it.each([
    ['nobody listens', 'http://127.0.0.1:1/', 'NOT_CONNECTED'],
    ['there is no such name', 'http://no-such-name.invalid/', 'NOT_RESOLVED'],
  ])('fails when %s', async (_, url, fault) => {
    expect(await outgoing().attempt(message({ url: new URL(url) }))).toMatchObject({ status: null, fault });
  });

  it('fails when the receiver hangs up', async () => {
    receiver.answerWith((_, response) => void response.socket!.destroy());
    expect(await outgoing().attempt(message())).toMatchObject({ status: null, fault: 'CLOSED' });
  });
});

describe('where private addresses are not allowed', () => {
  it.each([
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fe80::1]/',
    'https://[fd00::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://localhost/',
    'https://router.local/',
    'http://example.com/',
    'ftp://example.com/',
    'https://name:password@example.com/',
  ])('%s is not connected to', async (url) => {
    expect(await outgoing(false).attempt(message({ url: new URL(url) }))).toMatchObject({
      outcome: 'FAILED',
      status: null,
      fault: 'ADDRESS_REFUSED',
    });
  });

  it('nothing is sent to a receiver of this machine', async () => {
    const url = new URL(receiver.url.replace('http:', 'https:'));
    await outgoing(false).attempt(message({ url }));
    await outgoing(false).attempt(message());
    expect(receiver.received).toEqual([]);
  });
});

test('streams of bytes go where requests may go', async () => {
  const { port } = new URL(receiver.url);
  const local = { host: '127.0.0.1', port: Number(port), tls: false };
  const open = (allowPrivate: boolean, host: string, tls = false) =>
    createOutgoing({ allowPrivate, now: () => now }).destinations.open(
      { ...local, host, tls },
      AbortSignal.timeout(5_000),
    );
  const socket = await open(true, '127.0.0.1');
  expect(socket.remotePort).toBe(local.port);
  socket.destroy();
  await expect(open(false, '127.0.0.1')).rejects.toThrow('must not be a private or local address');
  await expect(open(false, '::1')).rejects.toThrow('must not be a private or local address');
  await expect(open(false, 'localhost')).rejects.toThrow('Hostname is not a public domain');
  // It speaks no TLS.
  await expect(open(true, '127.0.0.1', true)).rejects.toMatchObject({ code: expect.stringMatching(/SSL|ECONNRESET/) });
});

test('a secret is 24 to 64 bytes, and known by its fingerprint', () => {
  const secret = newSecret();
  expect(isSecret(secret)).toBe(true);
  expect(newSecret()).not.toBe(secret);
  const of = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
  expect([23, 24, 64, 65].map((bytes) => isSecret(of(bytes)))).toEqual([false, true, true, false]);
  expect(['', 'whsec_', 'whsec_!!!!', secret.slice(6), secret.slice(0, -1)].map(isSecret)).toEqual(
    Array.from({ length: 5 }, () => false),
  );
  // printf 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' | sha256sum
  expect(fingerprintOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe('96ad2ccd81462a76');
});
