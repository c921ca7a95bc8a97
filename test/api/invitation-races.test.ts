import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/services/ids.js';
import { ACCEPT_INVITATION, INVITE } from '../security/administration-rows.js';
import { ApiClient } from '../support/client.js';
import { waitingForLocks } from '../support/locks.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { recording } from './recorded.js';

let server: TestServer;
let superuser: pg.Client;
let world: World;
let elsewhere: World;
let admin: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  elsewhere = await createWorld(server, 'globex');
  admin = await world.as('admin');
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});
afterEach(() => superuser.query('rollback'));

const newEmail = () => `${newId()}@invited.test`;
async function invite(email: string, as = admin, role = 'AGENT'): Promise<{ id: string; token: string }> {
  const { inviteAgent } = await as.ask(INVITE, { input: { email, role } });
  return { id: inviteAgent.invitation.id, token: inviteAgent.token };
}
const accept = (token: string, password: string) =>
  new ApiClient(server.url, null).send(ACCEPT_INVITATION, { input: { token, displayName: 'Nia', password } });
const waiting = () => waitingForLocks(superuser);

it('wants the password of an account that came into being while the invitation was being accepted', async () => {
  const email = newEmail();
  const { id, token } = await invite(email);
  const other = await invite(email, await elsewhere.as('admin'));
  await superuser.query('begin');
  await superuser.query('select 1 from invitation where id = $1 for update', [id]);
  const { result, events } = await recording(admin, async () => {
    const accepting = accept(token, 'a guessed password');
    await expect.poll(waiting, { timeout: 1_500 }).toBe(1);
    expect((await accept(other.token, 'the password of Nia')).errors).toBeUndefined();
    await superuser.query('rollback');
    return accepting;
  });
  expect(result.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  expect(events).toEqual([]);
  expect((await accept(token, 'the password of Nia')).errors).toBeUndefined();
});

it('is worth nothing when its inviter is let go at the same moment', async () => {
  const made = await accept((await invite(newEmail(), admin, 'ADMIN')).token, 'a new password');
  const { accessToken, viewer } = made.data!.acceptInvitation;
  const { token } = await invite(newEmail(), new ApiClient(server.url, accessToken), 'ADMIN');
  await superuser.query('begin');
  await superuser.query('update agent set active = false where id = $1', [viewer.actor.id]);
  const { result, events } = await recording(admin, async () => {
    const accepting = accept(token, 'a new password');
    await expect.poll(waiting, { timeout: 1_500 }).toBe(1);
    await superuser.query('commit');
    return accepting;
  });
  expect(result.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  expect(events).toEqual([]);
});
