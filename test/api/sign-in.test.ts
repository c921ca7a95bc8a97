import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commit } from '../../src/services/commit.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { addAgent } from '../../src/services/workspaces/add-agent.js';
import { ApiClient } from '../support/client.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type Person, type World } from '../support/world.js';
import { recording } from './recorded.js';

let server: TestServer;
let world: World;
let foreign: World;
/** Reads the record, and is not at the mercy of the clock. */
let auditor: ApiClient;
let superuser: pg.Client;
let now = Date.now();
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(now) });
  [world, foreign] = [await createWorld(server), await createWorld(server, 'globex')];
  auditor = world.withKey('audit');
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});

const SIGN_IN = `mutation($input: SignInInput!) { signIn(input: $input) { accessToken accessTokenExpiresAt refreshToken
  viewer { actor { __typename id displayName } role workspace { slug } permissions session { id current } } } }`;
const REFRESH = `mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken refreshToken viewer { actor { id } } } }`;
const VIEWER = '{ viewer { actor { id } } }';

const nobody = () => new ApiClient(server.url, null);
const signIn = async (person: Person) =>
  (await nobody().ask(SIGN_IN, { input: { email: world.email(person), password: PASSWORD } })).signIn;
const refresh = (refreshToken: string) => nobody().send(REFRESH, { input: { refreshToken } });
const codeOf = (answer: Awaited<ReturnType<typeof refresh>>) => answer.errors?.[0]?.extensions.code ?? 'OK';
/** Whether an access token is worth anything, asked a second later. */
const isLive = async (accessToken: string) => {
  now += 1_000;
  return codeOf(await new ApiClient(server.url, accessToken).send(VIEWER)) === 'OK';
};

describe('signing in', () => {
  it('opens a session and says who has signed in', async () => {
    const { result, events } = await recording(auditor, () =>
      nobody().ask(SIGN_IN, { input: { email: `  ${world.email('agent').toUpperCase()} `, password: PASSWORD } }),
    );
    const { accessToken, accessTokenExpiresAt, refreshToken, viewer } = result.signIn;
    expect(Date.parse(accessTokenExpiresAt)).toBe(Math.floor(now / 1000) * 1000 + 600_000);
    expect(refreshToken).toMatch(/^vbr_[\w-]{43}$/);
    expect(viewer).toEqual({
      actor: { __typename: 'Agent', id: world.ids.agents.agent, displayName: 'Bo' },
      role: 'AGENT',
      workspace: { slug: 'acme' },
      permissions: ['READ_CONVERSATIONS', 'WRITE_CONVERSATIONS', 'READ_RECORD_OWN'],
      session: { id: expect.any(String), current: true },
    });
    expect(events).toEqual([
      expect.objectContaining({
        action: 'auth.signed_in',
        actor: { kind: 'AGENT', id: world.ids.agents.agent, label: 'Bo' },
        target: { type: 'session', id: viewer.session.id, label: 'Bo' },
      }),
    ]);
    expect((await new ApiClient(server.url, accessToken).ask(VIEWER)).viewer.actor.id).toBe(world.ids.agents.agent);
  });

  it('says the same of a wrong password and of an unknown account, and records what failed in a known one', async () => {
    const email = world.email('colleague');
    const { result, events } = await recording(auditor, () =>
      Promise.all([
        nobody().refused(SIGN_IN, { input: { email, password: 'not the password' } }),
        nobody().refused(SIGN_IN, { input: { email: 'stranger@acme.test', password: PASSWORD } }),
      ]),
    );
    const [wrong, unknown] = result.map(({ message, extensions }) => ({ message, ...extensions, requestId: '' }));
    expect(wrong).toEqual({ message: 'The e-mail or the password is wrong.', code: 'UNAUTHENTICATED', requestId: '' });
    expect(unknown).toEqual(wrong);
    expect(events).toEqual([
      expect.objectContaining({
        action: 'auth.sign_in_failed',
        outcome: 'FAILURE',
        actor: { kind: 'ANONYMOUS', id: null, label: 'Somebody' },
        target: { type: 'agent', id: world.ids.agents.colleague, label: 'Kim' },
        metadata: { cause: 'password' },
        summary: 'Somebody failed to sign in as Kim',
      }),
    ]);
  });

  it('is RATE_LIMITED after five failures, also with the right password, and for that account alone', async () => {
    const email = world.email('outsider');
    for (let failure = 0; failure < 5; failure += 1) {
      const error = await nobody().refused(SIGN_IN, { input: { email, password: 'not the password' } });
      expect(error.extensions.code).toBe('UNAUTHENTICATED');
    }
    const { result, events } = await recording(auditor, () =>
      nobody().refused(SIGN_IN, { input: { email, password: PASSWORD } }),
    );
    expect(result.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
    expect(events).toEqual([]);
    await signIn('supervisor');
  });

  it('is refused to a deactivated agent', async () => {
    await superuser.query('update agent set active = false where id = $1', [foreign.ids.agents.colleague]);
    const input = { email: foreign.email('colleague'), password: PASSWORD };
    const { result, events } = await recording(foreign.withKey('audit'), () => nobody().refused(SIGN_IN, { input }));
    expect(result.extensions.code).toBe('UNAUTHENTICATED');
    expect(events.map(({ action, metadata }) => [action, metadata])).toEqual([
      ['auth.sign_in_failed', { cause: 'inactive' }],
    ]);
  });

  it('needs the workspace from somebody who is in several', async () => {
    const email = world.email('auditor');
    const call = {
      app: server.app,
      principal: systemPrincipal(foreign.ids.workspace),
      request: { id: newId(), ipAddress: null, userAgent: null },
    };
    await commit(call, (tx) => addAgent(tx, { email, displayName: 'Ines', role: 'AGENT', passwordHash: 'unused' }));
    const input = { email, password: PASSWORD };
    expect((await nobody().refused(SIGN_IN, { input })).extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: 'workspace', message: 'you are in several workspaces, name one of: acme, globex' }],
    });
    const there = await nobody().ask(SIGN_IN, { input: { ...input, workspace: 'globex' } });
    expect(there.signIn.viewer).toMatchObject({ role: 'AGENT', workspace: { slug: 'globex' } });
    const nowhere = await nobody().refused(SIGN_IN, { input: { ...input, workspace: 'initech' } });
    expect(nowhere.extensions.code).toBe('UNAUTHENTICATED');
  });
});

describe('an access token', () => {
  it('ends after ten minutes, which it says, and the session goes on with the refresh token', async () => {
    const { accessToken, refreshToken } = await signIn('agent');
    const client = new ApiClient(server.url, accessToken);
    now += 599_000;
    await client.ask(VIEWER);
    now += 1_000;
    expect((await client.refused(VIEWER)).extensions).toMatchObject({ code: 'UNAUTHENTICATED', expired: true });
    const { data } = await refresh(refreshToken);
    await new ApiClient(server.url, data.refreshSession.accessToken).ask(VIEWER);
  });

  it.each(['nonsense', 'vbk_00000000_short', 'eyJhbGciOiJub25lIn0.e30.', ''])(
    'that is "%s" is UNAUTHENTICATED',
    async (token) => {
      const client = new ApiClient(server.url, null, { authorization: `Bearer ${token}` });
      expect((await client.refused(VIEWER)).extensions.code).toBe('UNAUTHENTICATED');
    },
  );
});

describe('a refresh token', () => {
  it('is good once: it is exchanged for the next, on the record', async () => {
    const { refreshToken, viewer } = await signIn('agent');
    const { result, events } = await recording(auditor, () => refresh(refreshToken));
    expect(result.data.refreshSession).toMatchObject({ viewer: { actor: { id: world.ids.agents.agent } } });
    expect(result.data.refreshSession.refreshToken).not.toBe(refreshToken);
    expect(events.map(({ action, target }) => [action, target.id])).toEqual([
      ['auth.session_refreshed', viewer.session.id],
    ]);
    expect(codeOf(await refresh(result.data.refreshSession.refreshToken))).toBe('OK');
  });

  it('used again after its successor ends the session: every token of it is dead', async () => {
    const first = await signIn('agent');
    const second = (await refresh(first.refreshToken)).data.refreshSession;
    const third = (await refresh(second.refreshToken)).data.refreshSession;
    const { result, events } = await recording(auditor, () => refresh(first.refreshToken));
    expect(codeOf(result)).toBe('UNAUTHENTICATED');
    expect(events).toEqual([
      expect.objectContaining({
        action: 'auth.session_revoked',
        actor: { kind: 'SYSTEM', id: null, label: 'Verbatim' },
        target: { type: 'session', id: first.viewer.session.id, label: 'Bo' },
        metadata: { cause: 'refresh_token_reused' },
      }),
    ]);
    for (const { accessToken } of [first, second, third]) expect(await isLive(accessToken)).toBe(false);
    expect(codeOf(await refresh(third.refreshToken))).toBe('UNAUTHENTICATED');
  });

  it('may be repeated for 10 seconds when its answer was lost, and not after', async () => {
    const { refreshToken } = await signIn('agent');
    const lost = (await refresh(refreshToken)).data.refreshSession;
    now += 10_000;
    const { data } = await refresh(refreshToken);
    expect(data.refreshSession.refreshToken).not.toBe(lost.refreshToken);
    expect(await isLive(data.refreshSession.accessToken)).toBe(true);
    now += 9_000;
    expect(codeOf(await refresh(refreshToken))).toBe('UNAUTHENTICATED');
    expect(await isLive(data.refreshSession.accessToken)).toBe(false);
  });

  it('ends after 30 days without use, and with its session after 90', async () => {
    const DAY = 86_400_000;
    const idle = await signIn('agent');
    const used = await signIn('agent');
    let { refreshToken } = used;
    for (const day of [29, 58, 87]) {
      now += 29 * DAY;
      const answer = await refresh(refreshToken);
      expect(codeOf(answer), `day ${day}`).toBe('OK');
      refreshToken = answer.data.refreshSession.refreshToken;
    }
    expect(codeOf(await refresh(idle.refreshToken))).toBe('UNAUTHENTICATED');
    now += 3 * DAY;
    expect(codeOf(await refresh(refreshToken))).toBe('UNAUTHENTICATED');
  });

  it('that is none is UNAUTHENTICATED', async () => {
    expect(codeOf(await refresh('vbr_nothing'))).toBe('UNAUTHENTICATED');
  });
});

describe('signing out', () => {
  it('ends the session: writes are refused at once, reads within a second, and its socket is closed', async () => {
    const { conversationId } = await customerWrites(world);
    const { accessToken, refreshToken, viewer } = await signIn('agent');
    const client = new ApiClient(server.url, accessToken);
    const stream = await client.subscribe('subscription { conversationChanges { changeType } }').connected();
    const { result, events } = await recording(auditor, () => client.ask('mutation { signOut { signedOut } }'));
    expect(result).toEqual({ signOut: { signedOut: true } });
    expect(events.map(({ action, target }) => [action, target.id])).toEqual([['auth.signed_out', viewer.session.id]]);
    const write = await client.refused(SEND, { input: { conversationId, text: 'Still here' } });
    expect(write.extensions.code).toBe('UNAUTHENTICATED');
    expect(await isLive(accessToken)).toBe(false);
    expect(codeOf(await refresh(refreshToken))).toBe('UNAUTHENTICATED');
    expect(await stream.end()).toMatchObject({ code: 4401 });
    await stream.stop();
  });

  it('is FORBIDDEN for a key, and UNAUTHENTICATED for nobody', async () => {
    const operation = 'mutation { signOut { signedOut } }';
    expect((await world.withKey('all').refused(operation)).extensions.code).toBe('FORBIDDEN');
    expect((await nobody().refused(operation)).extensions.code).toBe('UNAUTHENTICATED');
  });
});

describe('an API key', () => {
  it.each([
    ['revoked', (id: string) => superuser.query('update api_key set revoked_at = now() where id = $1', [id])],
    ['expired', (id: string) => superuser.query("update api_key set expires_at = '2020-01-01' where id = $1", [id])],
  ] as const)('that is %s ends: for writes at once, for reads within a second', async (what, end) => {
    const other = what === 'revoked' ? await createWorld(server, 'initech') : await createWorld(server, 'umbrella');
    const key = other.withKey('all');
    const own = await customerWrites(other);
    const { viewer } = await key.ask(VIEWER);
    await end(viewer.actor.id);
    const write = await key.refused(SEND, { input: { conversationId: own.conversationId, text: 'Still here' } });
    expect(write.extensions.code).toBe('UNAUTHENTICATED');
    now += 1_000;
    expect((await key.refused(VIEWER)).extensions.code).toBe('UNAUTHENTICATED');
  });
});
