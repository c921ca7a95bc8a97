import { setTimeout } from 'node:timers/promises';
import type { Role } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { newId } from '../ids.js';
import { ownWorkspace } from '../lookups.js';

/** For how long whoever invites waits for the server that takes e-mail, in milliseconds. */
const PATIENCE_MS = 5_000;

const WORDS: Record<Role, string> = {
  ADMIN: 'an administrator',
  SUPERVISOR: 'a supervisor',
  AUDITOR: 'an auditor',
  AGENT: 'an agent',
};

/**
 * Sends the token of an invitation to whom it is for. An invitation holds also when that fails: its inviter has the token.
 * @returns whether the server has taken it.
 */
export async function mailInvitation(
  call: Call,
  { email, role, token, expiresAt }: { email: string; role: Role; token: string; expiresAt: Date },
): Promise<boolean> {
  const { app } = call;
  const { mails } = app.outgoing;
  if (!mails) return false;
  // The invitation is committed, and its token is nowhere but here: nothing may fail the answer any more.
  const workspace = await ownWorkspace(call).catch((error: unknown) => {
    app.log.warn({ err: error, requestId: call.request.id }, 'an invitation could not be sent by e-mail');
    return null;
  });
  if (!workspace) return false;
  const { name } = workspace;
  const text = [
    `${call.principal.displayName} invites you to join "${name}" as ${WORDS[role]}.`,
    '',
    'Your invitation, which is good once:',
    '',
    `  ${token}`,
    '',
    `It is good until ${expiresAt.toISOString()}${app.exports.publicUrl ? `, at ${app.exports.publicUrl}` : ''}.`,
    'If you did not expect this, do nothing.',
    '',
  ].join('\n');
  const sent = mails.send({ id: newId(), to: [email], subject: `Join ${name}`, text }).then(
    () => true,
    (error: unknown) => {
      app.log.warn({ err: error, requestId: call.request.id }, 'an invitation could not be sent by e-mail');
      return false;
    },
  );
  const patience = new AbortController();
  const late = setTimeout(PATIENCE_MS, false, { signal: patience.signal, ref: false }).catch(() => false);
  return Promise.race([sent, late]).finally(() => patience.abort());
}
