import { expect, test } from 'vitest';
import { createLogger } from '../src/log.js';

/** The one line that `say` logs, parsed. */
function logged(say: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = [];
  say(createLogger('debug', { write: (line) => void lines.push(line) }));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!) as Record<string, unknown>;
}

test('secrets and personal data are redacted however deep they are, ids are kept', () => {
  const line = logged((log) =>
    log.child({ email: 'ada@example.com', agentId: 'a1' }).info(
      {
        password: 'p',
        input: { text: 'hello', conversationId: 'c1' },
        headers: { authorization: 'Bearer x', 'user-agent': 'curl', cookie: 'sid=1' },
        request: { origin: { ipAddress: '192.0.2.7', deeper: { refreshToken: 'vbr_x' } } },
      },
      'said',
    ),
  );
  expect(line).toMatchObject({
    level: 'info',
    msg: 'said',
    email: '[redacted]',
    agentId: 'a1',
    password: '[redacted]',
    input: { text: '[redacted]', conversationId: 'c1' },
    headers: { authorization: '[redacted]', 'user-agent': '[redacted]', cookie: '[redacted]' },
    request: { origin: { ipAddress: '[redacted]', deeper: { refreshToken: '[redacted]' } } },
  });
});

test('of an error its type, message, code and causes are logged, not what a driver hangs onto it', () => {
  const cause = Object.assign(new Error('duplicate key value'), { detail: 'Key (email)=(ada@example.com)' });
  const error = Object.assign(new TypeError('it failed', { cause }), {
    code: '23505',
    parameters: ['ada@example.com'],
  });
  const line = logged((log) => log.error({ err: error }, 'a write failed'));
  expect(line['err']).toMatchObject({ type: 'TypeError', message: 'it failed', code: '23505' });
  expect(JSON.stringify(line)).toContain('duplicate key value');
  expect(JSON.stringify(line)).not.toContain('ada@example.com');
});

test('of a request the path is logged without its query', () => {
  const line = logged((log) =>
    log.info({ req: { method: 'GET', url: '/graphql?query={me}', headers: {} } }, 'request'),
  );
  expect(line['req']).toEqual({ method: 'GET', path: '/graphql' });
});
