import { LockMode } from '@mikro-orm/core';
import type { Role } from '../../entities/enums.js';
import { Inbox } from '../../entities/inbox.js';
import { Invitation } from '../../entities/invitation.js';
import { Team } from '../../entities/team.js';
import { normalEmail } from '../accounts/sign-in.js';
import { newSecret } from '../accounts/tokens.js';
import type { Call } from '../application.js';
import { isUniqueViolation } from '../database-errors.js';
import { conflict, notFound, type AppError } from '../errors.js';
import { refuseGrantingRole, refuseUnlessAdministrator, workspaceTarget } from '../guards.js';
import { claimOwnKey } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { checkEmail } from '../workspaces/add-agent.js';
import { mailInvitation } from './mail-invitation.js';
import { refuseBeyond } from '../workspaces/places.js';

export interface InviteAgentInput extends WithReason {
  email: string;
  role: Role;
  teamIds?: readonly string[] | null | undefined;
  inboxIds?: readonly string[] | null | undefined;
  idempotencyKey?: string | null | undefined;
}

/** An invitation, with its token where one was made just now, and whether it was given to the server for e-mail. */
export interface SentInvitation {
  id: string;
  token: string | null;
  mailed: boolean;
}

/** For how long a token is good, in milliseconds. */
const LIFE_MS = 7 * 24 * 60 * 60 * 1000;
/** Open ones of a workspace at the most: all of them fit into the list. */
const MAX_OPEN = 250;
/** Teams and inboxes together: the event names each. */
const MAX_PLACES = 50;

/**
 * Asks somebody to become an agent, by e-mail where there is a server for it. The token is in the answer too.
 * @throws AppError FORBIDDEN, also for a role that the caller, a key, may not give; VALIDATION_FAILED; NOT_FOUND (team,
 *   inbox); CONFLICT for who is an agent or invited already, and for another request under a known key;
 *   LIMIT_EXCEEDED at 250 open invitations.
 */
export async function inviteAgent(call: Call, input: InviteAgentInput): Promise<SentInvitation> {
  const email = normalEmail(input.email);
  const teamIds = [...new Set(input.teamIds)];
  const inboxIds = [...new Set(input.inboxIds)];
  const faults = new Faults();
  checkEmail(faults, email);
  faults.optionalText('reason', input.reason, MAX_REASON);
  if (teamIds.length + inboxIds.length > MAX_PLACES) {
    faults.add('teamIds', `at most ${MAX_PLACES} together with inboxIds`);
  }
  faults.refuse();
  const made = await withTransaction(call, async (tx) => {
    const { em, now, principal } = tx;
    const { workspaceId } = principal;
    refuseGrantingRole(tx, input.role, 'agent.invite', workspaceTarget(workspaceId));
    const id = newId();
    const known = await claimOwnKey(tx, 'inviteAgent', input, id);
    if (known) return { id: known, token: null, expiresAt: now };
    await refuseMissing(tx, Team, teamIds, 'team');
    await refuseMissing(tx, Inbox, inboxIds, 'inbox');
    await refuseKnown(tx, email);
    const { secret: token, hash: tokenHash } = newSecret('vbi_');
    const expiresAt = new Date(now.getTime() + LIFE_MS);
    const invitation = em.create(Invitation, {
      workspaceId,
      id,
      email,
      role: input.role,
      teamIds,
      inboxIds,
      tokenHash,
      invitedByKind: principal.kind,
      invitedById: principal.id,
      createdAt: now,
      expiresAt,
      acceptedAt: null,
      cancelledAt: null,
    });
    em.persist(invitation);
    try {
      await em.flush();
    } catch (error) {
      // Somebody else invited them at the same moment.
      if (isUniqueViolation(error)) throw conflict('There is an open invitation for this e-mail already.', { email });
      throw error;
    }
    tx.record({
      action: 'agent.invited',
      ...severityOf(input.role),
      target: targetOf(invitation),
      related: [
        ...teamIds.map((team) => ({ type: 'team', id: team })),
        ...inboxIds.map((inbox) => ({ type: 'inbox', id: inbox })),
      ],
      metadata: { role: input.role, expiresAt: expiresAt.toISOString() },
      reason: input.reason ?? null,
    });
    return { id, token, expiresAt };
  });
  const { id, token, expiresAt } = made;
  const mailed = token !== null && (await mailInvitation(call, { email, role: input.role, token, expiresAt }));
  return { id, token, mailed };
}

/**
 * Sends an open invitation once more, also one that has expired, with another token: the one before is worth nothing.
 * Whoever does so is its inviter from then on.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for one that was accepted or cancelled.
 */
export async function resendInvitation(
  call: Call,
  input: { invitationId: string } & WithReason,
): Promise<SentInvitation> {
  checkReason(input);
  const made = await withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'invitation.resend');
    const invitation = await lockedOpen(tx, input.invitationId);
    const { email, role } = invitation;
    refuseGrantingRole(tx, role, 'invitation.resend', targetOf(invitation));
    const { secret: token, hash } = newSecret('vbi_');
    const expiresAt = new Date(tx.now.getTime() + LIFE_MS);
    const { kind: invitedByKind, id: invitedById } = tx.principal;
    tx.em.assign(invitation, { tokenHash: hash, expiresAt, invitedByKind, invitedById });
    tx.record({
      action: 'invitation.resent',
      ...severityOf(role),
      target: targetOf(invitation),
      metadata: { role, expiresAt: expiresAt.toISOString() },
      reason: input.reason ?? null,
    });
    return { id: invitation.id, token, email, role, expiresAt };
  });
  return { id: made.id, token: made.token, mailed: await mailInvitation(call, made) };
}

/**
 * Withdraws an invitation. One that was cancelled already changes nothing.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for one that was accepted.
 */
export async function cancelInvitation(call: Call, input: { invitationId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'invitation.cancel');
    const invitation = await locked(tx, input.invitationId);
    if (invitation.cancelledAt) return invitation.id;
    if (invitation.acceptedAt) throw accepted(invitation);
    invitation.cancelledAt = tx.now;
    tx.record({
      action: 'invitation.cancelled',
      target: targetOf(invitation),
      metadata: { role: invitation.role },
      reason: input.reason ?? null,
    });
    return invitation.id;
  });
}

/** That somebody becomes an administrator is critical. */
export const severityOf = (role: Role) => (role === 'ADMIN' ? { severity: 'CRITICAL' as const } : {});

const targetOf = ({ id, email }: Invitation) => ({ type: 'invitation', id, label: email });

const accepted = ({ id }: Invitation): AppError =>
  conflict('This invitation has been accepted.', { invitationId: id, status: 'ACCEPTED' });

async function locked(tx: Tx, id: string): Promise<Invitation> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const invitation = isId(id) ? await tx.em.findOne(Invitation, { workspaceId, id }, lock) : null;
  if (!invitation) throw notFound('invitation');
  return invitation;
}

async function lockedOpen(tx: Tx, id: string): Promise<Invitation> {
  const invitation = await locked(tx, id);
  if (invitation.acceptedAt) throw accepted(invitation);
  if (invitation.cancelledAt) {
    throw conflict('This invitation was withdrawn.', { invitationId: id, status: 'CANCELLED' });
  }
  return invitation;
}

async function refuseMissing(
  tx: Tx,
  entity: typeof Team | typeof Inbox,
  ids: readonly string[],
  what: string,
): Promise<void> {
  if (!ids.every(isId)) throw notFound(what);
  const { workspaceId } = tx.principal;
  const found =
    ids.length === 0 ? 0 : await tx.em.count(entity, { workspaceId, id: { $in: [...ids] }, deactivatedAt: null });
  if (found !== ids.length) throw notFound(what);
}

/** Only of this workspace: inviting says nothing of whether an e-mail has an account elsewhere. */
async function refuseKnown(tx: Tx, email: string): Promise<void> {
  const { workspaceId } = tx.principal;
  const [agent] = await tx.rows<{ id: string; active: boolean }>(
    sql`select a.id, a.active from agent a where a.workspace_id = ${workspaceId} and a.email = ${email}`,
  );
  if (agent) throw conflict('They are an agent here already.', { agentId: agent.id, active: agent.active });
  const open = await tx.rows<{ id: string }>(sql`
    select i.id from invitation i where i.workspace_id = ${workspaceId} and i.email = ${email}
      and i.accepted_at is null and i.cancelled_at is null`);
  if (open[0]) {
    throw conflict('There is an open invitation for this e-mail already.', { invitationId: open[0].id });
  }
  await refuseBeyond(tx, {
    limit: 'invitations',
    value: MAX_OPEN,
    there: sql`from invitation t
      where t.workspace_id = ${workspaceId} and t.accepted_at is null and t.cancelled_at is null`,
  });
}
