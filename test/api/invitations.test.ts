import { text } from 'node:stream/consumers';
import pg from 'pg';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Scope } from '../../src/entities/enums.js';
import { newId } from '../../src/services/ids.js';
import { ACCEPT_INVITATION, CANCEL_INVITATION, CREATE_KEY, INVITE, RESEND } from '../security/administration-rows.js';
import { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';
import { recording } from './recorded.js';

let server: TestServer;
let smtp: SMTPServer;
let world: World;
let elsewhere: World;
let admin: ApiClient;
let superuser: pg.Client;
const mails: { to: string[]; text: string }[] = [];
let refusesMail = false;
beforeAll(async () => {
  smtp = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    onData: async (stream, { envelope }, done) => {
      mails.push({ to: envelope.rcptTo.map(({ address }) => address), text: await text(stream) });
      done(refusesMail ? new Error('no room') : null);
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const { port } = smtp.server.address() as { port: number };
  server = await startTestServer({
    env: { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'no-reply@acme.test' },
  });
  world = await createWorld(server);
  elsewhere = await createWorld(server, 'globex');
  admin = await world.as('admin');
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
  await new Promise<void>((resolve) => smtp.close(resolve));
});

const newEmail = () => `${newId()}@invited.test`;
const nobody = () => new ApiClient(server.url, null);
async function invite(input: Record<string, unknown> = {}, as = admin) {
  const { inviteAgent } = await as.ask(INVITE, { input: { email: newEmail(), role: 'AGENT', ...input } });
  return { ...inviteAgent.invitation, token: inviteAgent.token, mailed: inviteAgent.mailed };
}
const accept = (token: string, more: Record<string, unknown> = {}) =>
  nobody().send(ACCEPT_INVITATION, { input: { token, displayName: 'Nia', password: 'a new password', ...more } });
const codeOf = async (answer: ReturnType<typeof accept>) => (await answer).errors?.[0]?.extensions.code;

it('invites by e-mail, and makes who accepts an agent with a session, the teams and inboxes given by the inviter', async () => {
  const email = newEmail();
  const { support, inbox } = world.ids;
  const asked = { email: ` ${email.toUpperCase()} `, role: 'SUPERVISOR', teamIds: [support], inboxIds: [inbox] };
  const invited = await recording(admin, () => invite({ ...asked, reason: 'New hire' }));
  const invitation = invited.result;
  expect(invitation).toMatchObject({
    email,
    role: 'SUPERVISOR',
    teams: [{ id: support }],
    inboxes: [{ id: inbox }],
    invitedBy: { id: world.ids.agents.admin },
    mailed: true,
    acceptedAt: null,
  });
  expect(mails.at(-1)).toMatchObject({ to: [email] });
  // Long lines are folded in an e-mail.
  expect(mails.at(-1)!.text.replace(/=\r?\n/g, '')).toContain(invitation.token);
  expect(invited.events).toMatchObject([
    {
      action: 'agent.invited',
      target: { type: 'invitation', id: invitation.id, label: email },
      metadata: { role: 'SUPERVISOR', expiresAt: invitation.expiresAt },
      summary: `Ada invited ${email} as SUPERVISOR: New hire`,
    },
  ]);
  const accepted = await recording(admin, async () => (await accept(invitation.token)).data!.acceptInvitation);
  const agentId = accepted.result.viewer.actor.id;
  expect(accepted.result.viewer).toEqual({
    role: 'SUPERVISOR',
    workspace: { id: world.ids.workspace },
    actor: { id: agentId, displayName: 'Nia' },
  });
  const byAda = { kind: 'AGENT', id: world.ids.agents.admin };
  expect(accepted.events).toMatchObject([
    {
      action: 'agent.joined',
      actor: { kind: 'AGENT', id: agentId, label: 'Nia' },
      target: { type: 'agent', id: agentId },
      metadata: { role: 'SUPERVISOR', invitationId: invitation.id },
    },
    { action: 'team.member_added', actor: byAda, target: { id: support }, metadata: { as: 'MEMBER', agentId } },
    { action: 'inbox.member_added', actor: byAda, target: { id: inbox }, metadata: { agentId } },
    { action: 'auth.signed_in', actor: { id: agentId } },
  ]);
  // The session works, and so does the password from now on.
  const session = new ApiClient(server.url, accepted.result.accessToken);
  expect((await session.ask('{ viewer { actor { id } } }')).viewer.actor.id).toBe(agentId);
  await ApiClient.signIn(server.url, email, 'a new password');
  const { agents } = await admin.ask(
    'query($search: String!) { agents(filter: { search: $search }) { nodes { id teams { id } } } }',
    {
      search: email,
    },
  );
  expect(agents.nodes).toEqual([{ id: agentId, teams: [{ id: support }] }]);
  expect(await codeOf(accept(invitation.token))).toBe('CONFLICT');
  const { invitations } = await admin.ask('{ invitations { id } }');
  expect(invitations).not.toContainEqual({ id: invitation.id });
});

it('keeps neither token nor password, and puts none on the record', async () => {
  const { id, token } = await invite();
  await accept(token, { password: 'an unusual password' });
  const { rows } = await superuser.query<{ found: string }>(
    `select to_jsonb(i)::text as found from invitation i where i.id = $1
     union all select b.body || array_to_string(array(select convert_from(decode(translate(d, '-_', '+/') || repeat('=', (4 - length(d) % 4) % 4), 'base64'), 'utf8') from unnest(b.disclosures) d), ' ')
     from record_body b where b.workspace_id = $2`,
    [id, world.ids.workspace],
  );
  expect(rows.length).toBeGreaterThan(3);
  for (const { found } of rows) {
    expect(found).not.toContain(token);
    expect(found).not.toContain('an unusual password');
  }
});

it('refuses a token that was never one, that was withdrawn, sent anew or has expired, and leaves nothing', async () => {
  const withdrawn = await invite();
  await admin.ask(CANCEL_INVITATION, { input: { invitationId: withdrawn.id, reason: 'A mistake' } });
  const again = await recording(admin, () => admin.ask(CANCEL_INVITATION, { input: { invitationId: withdrawn.id } }));
  expect(again.events).toEqual([]);
  const old = await invite();
  const { resendInvitation } = await admin.ask(RESEND, { input: { invitationId: old.id } });
  expect(resendInvitation.mailed).toBe(true);
  for (const token of ['vbi_nonsense', withdrawn.token, old.token])
    expect(await codeOf(accept(token))).toBe('UNAUTHENTICATED');
  const { rows } = await superuser.query('select 1 from account where email in ($1, $2)', [withdrawn.email, old.email]);
  expect(rows).toEqual([]);
  const gone = await admin.refused(RESEND, { input: { invitationId: withdrawn.id } });
  expect(gone.extensions).toMatchObject({ code: 'CONFLICT', current: { status: 'CANCELLED' } });
  expect(await codeOf(accept(resendInvitation.token))).toBeUndefined();
  const done = await admin.refused(CANCEL_INVITATION, { input: { invitationId: old.id } });
  expect(done.extensions).toMatchObject({ code: 'CONFLICT', current: { status: 'ACCEPTED' } });
  // Who was withdrawn may be invited again; who was invited may not, nor who is here.
  await invite({ email: withdrawn.email });
  expect((await admin.refused(INVITE, { input: { email: withdrawn.email, role: 'AGENT' } })).extensions.code).toBe(
    'CONFLICT',
  );
  const here = await admin.refused(INVITE, { input: { email: world.email('agent'), role: 'ADMIN' } });
  expect(here.extensions).toMatchObject({
    code: 'CONFLICT',
    current: { agentId: world.ids.agents.agent, active: true },
  });
});

it('makes one agent of two who accept at once, and one invitation of two who invite', async () => {
  const { token, email } = await invite();
  const codes = await Promise.all([1, 2, 3].map(() => codeOf(accept(token))));
  expect(codes.toSorted()).toEqual(['CONFLICT', 'CONFLICT', undefined]);
  const { rows } = await superuser.query('select 1 from agent where email = $1', [email]);
  expect(rows).toHaveLength(1);
  const twice = { email: newEmail(), role: 'AGENT' };
  const answers = await Promise.all([1, 2, 3].map(() => admin.send(INVITE, { input: twice })));
  expect(answers.map(({ errors }) => errors?.[0]!.extensions.code).toSorted()).toEqual([
    'CONFLICT',
    'CONFLICT',
    undefined,
  ]);
});

it('wants the password of the account where the e-mail has one, so that a token alone lets nobody be them', async () => {
  const email = elsewhere.email('colleague');
  const { token } = await invite({ email });
  // What no password can be is no attempt: it says nothing of the account.
  const probed = await recording(await elsewhere.as('admin'), async () =>
    [...(await accept(token, { password: 'short', displayName: '' })).errors!].map(({ extensions }) => extensions),
  );
  expect(probed).toMatchObject({
    result: [{ code: 'VALIDATION_FAILED', fields: [{ path: 'displayName' }, { path: 'password' }] }],
    events: [],
  });
  const before = await recording(await elsewhere.as('admin'), () => codeOf(accept(token)));
  expect(before.result).toBe('UNAUTHENTICATED');
  expect(before.events).toMatchObject([
    { action: 'auth.sign_in_failed', target: { id: elsewhere.ids.agents.colleague }, metadata: { cause: 'password' } },
  ]);
  const { data } = await accept(token, { password: PASSWORD });
  expect(data!.acceptInvitation.viewer.workspace.id).toBe(world.ids.workspace);
  // In both workspaces now, by the one password.
  const signIn = 'mutation($input: SignInInput!) { signIn(input: $input) { viewer { actor { id } } } }';
  for (const workspace of [world.slug, elsewhere.slug]) {
    await nobody().ask(signIn, { input: { email, password: PASSWORD, workspace } });
  }
});

it('is worth nothing once its inviter may not give that role any more', async () => {
  const { createApiKey } = await admin.ask(CREATE_KEY, {
    input: { displayName: 'Onboarding', scopes: ['ADMIN', 'AUDIT_READ', 'AUDIT_EXPORT'] satisfies Scope[] },
  });
  const onboarding = new ApiClient(server.url, createApiKey.secret);
  for (const role of ['AGENT', 'SUPERVISOR', 'ADMIN']) {
    const refused = await onboarding.refused(INVITE, { input: { email: newEmail(), role } });
    expect(refused.extensions.code).toBe('FORBIDDEN');
  }
  const mightier = await invite({ role: 'ADMIN' });
  expect((await onboarding.refused(RESEND, { input: { invitationId: mightier.id } })).extensions.code).toBe(
    'FORBIDDEN',
  );
  const invitation = await invite({ role: 'AUDITOR' }, onboarding);
  expect(invitation.invitedBy.id).toBe(createApiKey.apiKey.id);
  await superuser.query('update api_key set revoked_at = now() where id = $1', [createApiKey.apiKey.id]);
  expect(await codeOf(accept(invitation.token))).toBe('UNAUTHENTICATED');
  const { resendInvitation } = await admin.ask(RESEND, { input: { invitationId: invitation.id } });
  expect(resendInvitation.invitation.invitedBy.id).toBe(world.ids.agents.admin);
  expect(await codeOf(accept(resendInvitation.token))).toBeUndefined();
});

it('answers a repeated request with the same invitation and no token, and sends nothing more', async () => {
  const input = { email: newEmail(), idempotencyKey: newId() };
  const first = await invite(input);
  const sent = mails.length;
  const again = await recording(admin, () => invite(input));
  expect(again.result).toMatchObject({ id: first.id, token: null, mailed: false });
  expect(again.events).toEqual([]);
  expect(mails).toHaveLength(sent);
  const other = { email: newEmail(), role: 'AGENT', idempotencyKey: input.idempotencyKey };
  expect((await admin.refused(INVITE, { input: other })).extensions.code).toBe('CONFLICT');
});

it('holds, and says that it was not sent, where the server for e-mail does not take it', async () => {
  refusesMail = true;
  try {
    const { token, mailed } = await invite();
    expect(mailed).toBe(false);
    expect(await codeOf(accept(token))).toBeUndefined();
  } finally {
    refusesMail = false;
  }
});

it('hears everything that is wrong at once', async () => {
  const { extensions } = await admin.refused(INVITE, {
    input: { email: 'nobody', role: 'AGENT', teamIds: Array.from({ length: 51 }, newId), reason: 'x'.repeat(501) },
  });
  expect(extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: 'email' }, { path: 'reason' }, { path: 'teamIds' }],
  });
  const { token } = await invite();
  expect(await codeOf(accept(token, { displayName: ' ' }))).toBe('VALIDATION_FAILED');
  expect(await codeOf(accept(token, { password: 'short' }))).toBe('VALIDATION_FAILED');
  expect(await codeOf(accept(token))).toBeUndefined();
});

it('has expired after seven days, and can be sent anew', async () => {
  const { token, id, createdAt, expiresAt } = await invite();
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(7 * 86_400_000);
  await superuser.query('update invitation set expires_at = now() where id = $1', [id]);
  expect(await codeOf(accept(token))).toBe('UNAUTHENTICATED');
  const { resendInvitation } = await admin.ask(RESEND, { input: { invitationId: id } });
  expect(await codeOf(accept(resendInvitation.token))).toBeUndefined();
});

it('tries one password a request', async () => {
  const email = elsewhere.email('outsider');
  const { token } = await invite({ email });
  const guess = (alias: string) =>
    `${alias}: acceptInvitation(input: { token: "${token}", displayName: "Nia", password: "guess number ${alias}" }) { accessToken }`;
  const { result, events } = await recording(await elsewhere.as('admin'), () =>
    nobody().send(`mutation { ${guess('a')} ${guess('b')} }`),
  );
  expect(result.errors).toMatchObject([
    { extensions: { code: 'LIMIT_EXCEEDED', limit: 'credentialFields', max: 1, actual: 2 } },
  ]);
  expect(events).toEqual([]);
});
