import { defineEntity } from '@mikro-orm/core';
import { Agent } from './agent.js';
import { instant, inWorkspace, tenantKey, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const SessionSchema = defineEntity({
  name: 'Session',
  tableName: 'session',
  properties: {
    ...tenantKey,
    agent: () => inWorkspace(p.manyToOne(Agent), 'agent_id'),
    createdAt: instant(),
    lastSeenAt: instant(),
    /** The end, however often it is refreshed. */
    expiresAt: instant(),
    revokedAt: instant().nullable(),
    ipAddress: p.text().nullable(),
    userAgent: p.text().nullable(),
  },
  indexes: [{ properties: ['workspaceId', 'agent'] }],
});

/** A sign-in and everything refreshed from it. */
export class Session extends SessionSchema.class {}
SessionSchema.setClass(Session);

const RefreshTokenSchema = defineEntity({
  name: 'RefreshToken',
  tableName: 'refresh_token',
  properties: {
    workspaceId: workspaceKey(),
    /** SHA-256 of the token, base64url. The token itself is nowhere. */
    hash: p.text().primary(),
    session: () => inWorkspace(p.manyToOne(Session), 'session_id'),
    createdAt: instant(),
    expiresAt: instant(),
    usedAt: instant().nullable(),
    /** The token that this one was exchanged for; its own use ends the grace of its parent. */
    successorHash: p.text().nullable(),
  },
  uniques: [{ properties: ['hash'] }],
  indexes: [{ properties: ['workspaceId', 'session'] }],
});

/** One refresh token, used once. Used ones are kept until the session ends: a second use reveals a theft. */
export class RefreshToken extends RefreshTokenSchema.class {}
RefreshTokenSchema.setClass(RefreshToken);
