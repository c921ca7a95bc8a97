import { LockMode } from '@mikro-orm/core';
import { Agent } from '../../entities/agent.js';
import { Inbox, InboxMember } from '../../entities/inbox.js';
import { Invitation } from '../../entities/invitation.js';
import { Team, TeamMember } from '../../entities/team.js';
import { loadAgents, loadKeys } from '../accounts/load-principals.js';
import { checkPassword } from '../accounts/passwords.js';
import { openSession, type SignedIn } from '../accounts/sessions.js';
import { findAccount, recordFailure } from '../accounts/sign-in.js';
import { secretHash } from '../accounts/tokens.js';
import type { Call } from '../application.js';
import { commit, type Tx } from '../commit.js';
import { isUniqueViolation } from '../database-errors.js';
import { sql } from '../database.js';
import { conflict, unauthenticated } from '../errors.js';
import { canGrantRole } from '../grants.js';
import { newId } from '../ids.js';
import { systemPrincipal, type Principal } from '../principal.js';
import { Faults, MAX_REMARK } from '../text.js';
import { addAgent } from '../workspaces/add-agent.js';
import { membershipEvent } from '../workspaces/membership-events.js';

export interface AcceptInvitationInput {
  token: string;
  displayName: string;
  password: string;
}

type Open = Pick<Invitation, 'workspaceId' | 'id' | 'email'>;

/**
 * Makes who was invited an agent and signs them in. Their e-mail may have an account already, of another workspace: then
 * they prove that it is theirs by its password, or whoever holds a token could come in as them.
 * @throws AppError UNAUTHENTICATED for a token that is not good, or a password that is not the account's;
 *   VALIDATION_FAILED, RATE_LIMITED; CONFLICT when it was accepted, or they are an agent already: they sign in.
 */
export async function acceptInvitation(call: Omit<Call, 'principal'>, input: AcceptInvitationInput): Promise<SignedIn> {
  const { app, request } = call;
  const faults = new Faults();
  faults.text('displayName', input.displayName, MAX_REMARK);
  // Before the account is looked up: the answer would tell whoever has the token, for nothing, whether there is one.
  checkPassword(faults, input.password);
  faults.refuse();
  const { workspaceId, id, email } = await findInvitation(call, input.token);
  const account = await findAccount(call, email);
  // Who holds a token may try passwords of an account that is not theirs; to guess tokens is hopeless.
  if (account) await app.signInLimits.admit(email, request.ipAddress);
  if (account && !(await app.passwords.matches(input.password, account.passwordHash))) {
    await app.signInLimits.failed(email, request.ipAddress);
    for (const membership of account.memberships) await recordFailure(call, membership, 'password');
    throw unauthenticated('This e-mail has an account already. Give its password.');
  }
  // Before the transaction: it takes 50 ms.
  const passwordHash = account?.passwordHash ?? (await app.passwords.hash(input.password));
  const agentId = newId();
  const displayName = input.displayName.trim();
  const joining: Principal = { ...systemPrincipal(workspaceId), kind: 'AGENT', id: agentId, displayName };
  try {
    await commit({ ...call, principal: joining }, async (tx) => {
      const invitation = await lockedOpen(tx, id, secretHash(input.token));
      const inviter = await inviterOf(tx, invitation);
      const { role } = invitation;
      const added = await addAgent(tx, { id: agentId, email, displayName, role, passwordHash, invitationId: id });
      // Made between our look and this: its password has not been asked for.
      if (added.accountExisted && !account) throw new AccountAppeared();
      await joinPlaces(tx, invitation, inviter, { id: agentId, displayName });
      invitation.acceptedAt = tx.now;
    });
  } catch (error) {
    if (!isUniqueViolation(error) && !(error instanceof AccountAppeared)) throw error;
    // An account for the e-mail, or an agent of it here, was made between our look and our insert.
    if (!account) return acceptInvitation(call, input);
    throw conflict('You are an agent here already. Sign in.', { workspaceId });
  }
  if (account) await app.signInLimits.succeeded(email, request.ipAddress);
  return openSession({ ...call, principal: await app.principals.signingIn(workspaceId, agentId, newId()) });
}

/** An account that was not there a moment ago: begin again, with its password. */
class AccountAppeared extends Error {}

const ended = () => unauthenticated('This invitation is not valid, or has ended. Ask for a new one.');

async function findInvitation({ app }: Omit<Call, 'principal'>, token: string): Promise<Open> {
  const [owner] = await app.db.asApplication<{ workspaceId: string; id: string }>(
    sql`select i.workspace_id as "workspaceId", i.id from invitation_by_hash(${secretHash(token)}) i`,
  );
  if (!owner) throw ended();
  const [invitation] = await app.db.byIds(Invitation, owner.workspaceId, [owner.id]);
  if (!invitation) throw ended();
  refuseEnded(invitation, app.now());
  return invitation;
}

function refuseEnded({ id, acceptedAt, cancelledAt, expiresAt }: Omit<Invitation, 'tokenHash'>, now: Date): void {
  if (acceptedAt) throw conflict('This invitation has been accepted. Sign in.', { invitationId: id });
  if (cancelledAt || expiresAt <= now) throw ended();
}

/** Under its lock, and still good by this token. */
async function lockedOpen(tx: Tx, id: string, tokenHash: string): Promise<Invitation> {
  const { workspaceId } = tx.principal;
  const invitation = await tx.em.findOneOrFail(
    Invitation,
    { workspaceId, id },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  if (invitation.tokenHash !== tokenHash) throw ended();
  refuseEnded(invitation, tx.now);
  return invitation;
}

/**
 * Who gives them their rights: whoever invited them, by what they may give now. An administrator who has gone leaves no
 * way back in behind: whoever is just taking their rights has done so, or does it when this is done.
 */
async function inviterOf(tx: Tx, invitation: Invitation): Promise<Principal> {
  const { workspaceId, invitedByKind: kind, role } = invitation;
  const id = invitation.invitedById ?? null;
  const table = sql.raw(kind === 'AGENT' ? 'agent' : 'api_key');
  await tx.rows(
    sql`select 1 as found from ${table} i where i.workspace_id = ${workspaceId} and i.id = ${id} for share`,
  );
  const who = { kind, id, workspaceId, sessionId: null, apiKeyId: kind === 'AGENT' ? null : id };
  const [inviter] =
    kind === 'AGENT'
      ? await loadAgents(tx, tx.now, [who], { sessionsExist: false })
      : await loadKeys(tx, tx.now, [who]);
  if (!inviter || 'ended' in inviter || !canGrantRole(inviter, role)) throw ended();
  return inviter;
}

/** Puts them where they were invited to. What is gone since is left out; what is there stays so until this is done. */
async function joinPlaces(
  tx: Tx,
  { teamIds, inboxIds }: Invitation,
  inviter: Principal,
  { id, displayName }: { id: string; displayName: string },
): Promise<void> {
  const { workspaceId } = tx.principal;
  const agent = tx.em.getReference(Agent, [workspaceId, id]);
  // Not by themselves: it was given to them.
  const actor = { kind: inviter.kind, id: inviter.id, label: inviter.displayName };
  const lock = { lockMode: LockMode.PESSIMISTIC_READ, orderBy: { id: 'asc' } } as const;
  for (const team of await tx.em.find(Team, { workspaceId, id: { $in: teamIds }, deactivatedAt: null }, { ...lock })) {
    tx.em.persist(tx.em.create(TeamMember, { workspaceId, team, agent }));
    const place = { noun: 'team' as const, id: team.id, name: team.name, as: 'MEMBER' as const };
    tx.record({ ...membershipEvent('added', place, { id, displayName }), actor });
  }
  for (const inbox of await tx.em.find(
    Inbox,
    { workspaceId, id: { $in: inboxIds }, deactivatedAt: null },
    { ...lock },
  )) {
    tx.em.persist(tx.em.create(InboxMember, { workspaceId, inbox, agent }));
    const place = { noun: 'inbox' as const, id: inbox.id, name: inbox.name };
    tx.record({ ...membershipEvent('added', place, { id, displayName }), actor });
  }
}
