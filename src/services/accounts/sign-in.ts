import type { Call } from '../application.js';
import { sql } from '../database.js';
import { invalid, unauthenticated } from '../errors.js';
import { newId } from '../ids.js';
import { anonymousPrincipal } from '../principal.js';
import { commit } from '../commit.js';
import { openSession, type SignedIn } from './sessions.js';

export interface SignInInput {
  email: string;
  password: string;
  /** The workspace's slug, needed only by people who are in several. */
  workspace?: string | null | undefined;
}

interface Membership {
  workspaceId: string;
  slug: string;
  agentId: string;
  active: boolean;
  displayName: string;
}

interface KnownAccount {
  accountId: string;
  passwordHash: string;
  memberships: Membership[];
}

/** Trims and lowers an e-mail as accounts keep it. */
export const normalEmail = (email: string): string => email.trim().toLowerCase();

/**
 * Checks an e-mail and password and opens a session in one workspace. Failures of a known account are recorded in its
 * workspaces; which of e-mail and password was wrong is never said.
 * @throws AppError UNAUTHENTICATED, RATE_LIMITED; VALIDATION_FAILED when the workspace must be named.
 */
export async function signIn(call: Omit<Call, 'principal'>, input: SignInInput): Promise<SignedIn> {
  const { app, request } = call;
  const email = normalEmail(input.email);
  await app.signInLimits.admit(email, request.ipAddress);
  const account = await findAccount(call, email);
  const matched = await app.passwords.matches(input.password, account?.passwordHash ?? null);
  const open = account?.memberships.filter((membership) => membership.active) ?? [];
  const wanted = input.workspace ? open.filter((membership) => membership.slug === input.workspace) : open;
  if (!account || !matched || wanted.length === 0) {
    await app.signInLimits.failed(email, request.ipAddress);
    const cause = !matched ? 'password' : open.length === 0 ? 'inactive' : 'workspace';
    for (const membership of account?.memberships ?? []) await recordFailure(call, membership, cause);
    if (!account) app.log.info({ requestId: request.id }, 'sign-in failed for an unknown account');
    throw unauthenticated('The e-mail or the password is wrong.');
  }
  if (wanted.length > 1) {
    throw invalid({
      path: 'workspace',
      message: `you are in several workspaces, name one of: ${wanted.map((membership) => membership.slug).join(', ')}`,
    });
  }
  await app.signInLimits.succeeded(email, request.ipAddress);
  if (app.passwords.isOutdated(account.passwordHash)) {
    const hash = await app.passwords.hash(input.password);
    await app.db.asApplication(sql`select account_set_password_hash(${account.accountId}, ${hash})`);
  }
  const [{ workspaceId, agentId }] = wanted as [Membership];
  const principal = await app.principals.signingIn(workspaceId, agentId, newId());
  return openSession({ ...call, principal });
}

/** The account of an e-mail with everything that it is an agent of, or null. */
export async function findAccount({ app }: Omit<Call, 'principal'>, email: string): Promise<KnownAccount | null> {
  const statement = sql`select account_id as "accountId", password_hash as "passwordHash", memberships from account_for_sign_in(${email})`;
  const [row] = await app.db.asApplication<KnownAccount>(statement);
  return row ?? null;
}

/** Records in one of an account's workspaces that its password was not known. */
export async function recordFailure(
  call: Omit<Call, 'principal'>,
  membership: Membership,
  cause: string,
): Promise<void> {
  await commit({ ...call, principal: anonymousPrincipal(membership.workspaceId) }, async (tx) => {
    tx.record({
      action: 'auth.sign_in_failed',
      outcome: 'FAILURE',
      target: { type: 'agent', id: membership.agentId, label: membership.displayName },
      metadata: { cause },
    });
  });
}
