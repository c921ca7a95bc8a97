import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { LockMode } from '@mikro-orm/core';
import { Agent } from '../../entities/agent.js';
import { RefreshToken, Session } from '../../entities/session.js';
import type { Call } from '../application.js';
import { recordingCredentials } from '../record-denial.js';
import { sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { forbidden, notFound, unauthenticated } from '../errors.js';
import { isId } from '../ids.js';
import { canRevokeSession } from '../policy.js';
import type { RowOf } from '../../entities/row.js';
import { systemPrincipal, type Principal } from '../principal.js';
import { commit } from '../commit.js';
import { withTransaction } from '../transaction.js';
import { checkReason, type WithReason } from '../text.js';
import { newSecret, secretHash } from './tokens.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** A session ends after so long without a refresh, and after so long altogether. */
const IDLE_MS = 30 * DAY_MS;
const ABSOLUTE_MS = 90 * DAY_MS;
/** A refresh whose answer was lost may be repeated for so long, while its successor is unused. */
const GRACE_MS = 10_000;

export interface SignedIn {
  accessToken: string;
  accessTokenExpiresAt: Date;
  refreshToken: string;
  principal: Principal;
}

/** Opens the session that a sign-in has been granted. */
export async function openSession(call: Call): Promise<SignedIn> {
  const { principal } = call;
  const refreshToken = await commit(call, async ({ em, now, record }) => {
    const { workspaceId } = principal;
    const session = em.create(Session, {
      workspaceId,
      id: principal.sessionId!,
      agent: em.getReference(Agent, [workspaceId, principal.id!]),
      createdAt: now,
      lastSeenAt: now,
      expiresAt: new Date(now.getTime() + ABSOLUTE_MS),
      ipAddress: call.request.ipAddress,
      userAgent: call.request.userAgent?.slice(0, 512) ?? null,
    });
    em.persist(session);
    record({ action: 'auth.signed_in', target: { type: 'session', id: session.id, label: principal.displayName } });
    return issueRefreshToken(em, session, now);
  });
  return signedIn(call, principal, refreshToken);
}

/**
 * Exchanges a refresh token for fresh tokens. Each is good once; a second use, beyond a lost answer, means that
 * somebody else has it too, and ends the session.
 * @throws AppError UNAUTHENTICATED
 */
export async function refreshSession(call: Omit<Call, 'principal'>, token: string): Promise<SignedIn> {
  const { app } = call;
  const hash = secretHash(token);
  const [owner] = await app.db.asApplication<{ workspaceId: string; sessionId: string }>(
    sql`select workspace_id as "workspaceId", session_id as "sessionId" from refresh_token_by_hash(${hash})`,
  );
  if (!owner) throw ended();
  const { workspaceId, sessionId } = owner;

  const system: Call = { ...call, principal: systemPrincipal(workspaceId) };
  const [session] = await app.db.rows<{ agentId: string }>(
    sql`select s.agent_id as "agentId" from session s where s.workspace_id = ${workspaceId} and s.id = ${sessionId}`,
  );
  if (!session) throw ended();
  const agent = { ...systemPrincipal(workspaceId), kind: 'AGENT', id: session.agentId, sessionId } as const;
  const principal = await recordingCredentials(call, () => app.principals.fresh(agent));

  const outcome = await commit({ ...call, principal }, async ({ em, now, record }) => {
    const session = await em.findOneOrFail(
      Session,
      { workspaceId, id: sessionId },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    const used = await em.findOneOrFail(RefreshToken, { workspaceId, hash });
    if (session.revokedAt || used.expiresAt <= now) return null;
    if (used.usedAt) {
      const successor = await em.findOne(RefreshToken, { workspaceId, hash: used.successorHash ?? '' });
      const lostAnswer = now.getTime() - used.usedAt.getTime() <= GRACE_MS && successor !== null && !successor.usedAt;
      if (!lostAnswer) return 'stolen' as const;
      // The answer that was lost is worth nothing any more: its token ends with this one's second use.
      successor.usedAt = now;
    }
    session.lastSeenAt = now;
    const refreshToken = issueRefreshToken(em, session, now);
    used.usedAt = used.usedAt ?? now;
    used.successorHash = secretHash(refreshToken);
    record({
      action: 'auth.session_refreshed',
      target: { type: 'session', id: session.id, label: principal.displayName },
    });
    return { refreshToken };
  });
  if (outcome === null) throw ended();
  if (outcome === 'stolen') {
    await endSession(system, sessionId, { label: principal.displayName, cause: 'refresh_token_reused' });
    throw ended();
  }
  return signedIn(call, principal, outcome.refreshToken);
}

/** Ends the caller's own session; its sockets are closed. @throws AppError FORBIDDEN for a caller without one. */
export async function signOut(call: Call): Promise<void> {
  if (!call.principal.sessionId) throw forbidden('Only a session can be signed out; API keys are revoked.');
  await withTransaction(call, async ({ em, now, principal, record }) => {
    const session = await em.findOneOrFail(Session, { workspaceId: principal.workspaceId, id: principal.sessionId! });
    session.revokedAt = now;
    record({ action: 'auth.signed_out', target: { type: 'session', id: session.id, label: principal.displayName } });
  });
  call.app.principals.forget({ workspaceId: call.principal.workspaceId, sessionId: call.principal.sessionId });
}

/**
 * Ends a session: one's own, or as an administrator anybody's. Its sockets are closed. One that has ended already
 * changes nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function revokeSession(
  call: Call,
  { sessionId, reason }: { sessionId: string } & WithReason,
): Promise<string> {
  checkReason({ reason });
  const revoked = await withTransaction(call, async (tx) => {
    const { em, now, principal, record } = tx;
    const { workspaceId } = principal;
    const session = isId(sessionId)
      ? await em.findOne(Session, { workspaceId, id: sessionId }, { lockMode: LockMode.PESSIMISTIC_WRITE })
      : null;
    if (!session) throw notFound('session');
    const owner = await em.findOneOrFail(Agent, { workspaceId, id: session.agent.id });
    if (!canRevokeSession(principal, owner.id)) {
      throw notFound('session').recordedAs({
        attempted: 'session.revoke',
        target: { type: 'session', id: session.id, label: owner.displayName },
      });
    }
    if (session.revokedAt) return session.id;
    session.revokedAt = now;
    record({
      action: 'auth.session_revoked',
      target: { type: 'session', id: session.id, label: owner.displayName },
      metadata: { cause: owner.id === principal.id ? 'owner' : 'administrator' },
      reason: reason ?? null,
    });
    return session.id;
  });
  call.app.principals.forget({ workspaceId: call.principal.workspaceId, sessionId });
  return revoked;
}

/** The sessions of the caller that have not ended, newest first, 250 at most. @throws AppError FORBIDDEN for keys */
export async function listSessions({ app, principal }: Call): Promise<RowOf<Session>[]> {
  if (!principal.sessionId) throw forbidden('Only people have sessions.');
  return app.db.rows<RowOf<Session>>(sql`
    select ${app.db.columns(Session, 't')} from session t
    where t.workspace_id = ${principal.workspaceId} and t.agent_id = ${principal.id} and t.revoked_at is null
      and t.expires_at > ${app.now()}
    order by t.created_at desc, t.id limit ${LIST_CAP}`);
}

/** Ends a session on the system's own account. */
async function endSession(call: Call, sessionId: string, why: { label: string; cause: string }): Promise<void> {
  await commit(call, async ({ em, now, principal, record }) => {
    const session = await em.findOneOrFail(
      Session,
      { workspaceId: principal.workspaceId, id: sessionId },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (session.revokedAt) return;
    session.revokedAt = now;
    record({
      action: 'auth.session_revoked',
      target: { type: 'session', id: sessionId, label: why.label },
      metadata: { cause: why.cause },
    });
  });
}

function issueRefreshToken(em: SqlEntityManager, session: Session, now: Date): string {
  const { secret, hash } = newSecret('vbr_');
  const idleEnd = now.getTime() + IDLE_MS;
  em.persist(
    em.create(RefreshToken, {
      workspaceId: session.workspaceId,
      hash,
      session,
      createdAt: now,
      expiresAt: new Date(Math.min(idleEnd, session.expiresAt.getTime())),
    }),
  );
  return secret;
}

async function signedIn({ app }: Pick<Call, 'app'>, principal: Principal, refreshToken: string): Promise<SignedIn> {
  const { accessToken, expiresAt } = await app.tokens.sign({
    agentId: principal.id!,
    workspaceId: principal.workspaceId,
    sessionId: principal.sessionId!,
  });
  return { accessToken, accessTokenExpiresAt: expiresAt, refreshToken, principal };
}

const ended = () => unauthenticated('The session has ended. Sign in again.');
