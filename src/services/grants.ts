import { Scope, type Role } from '../entities/enums.js';
import { canAdminister } from './policy.js';
import type { Principal } from './principal.js';

/** What a role amounts to in scopes: a key makes nobody who may do more than itself. */
const SCOPES_OF: Readonly<Record<Role, readonly Scope[]>> = {
  ADMIN: Object.values(Scope),
  AUDITOR: ['AUDIT_READ', 'AUDIT_EXPORT'],
  SUPERVISOR: ['CONVERSATIONS_READ', 'CONVERSATIONS_WRITE', 'CONTACTS_READ', 'CONTACTS_WRITE', 'AUDIT_READ'],
  AGENT: ['CONVERSATIONS_READ', 'CONVERSATIONS_WRITE', 'CONTACTS_READ', 'CONTACTS_WRITE'],
};
/** What the key of a bot amounts to. */
const OF_BOTS: readonly Scope[] = ['CONVERSATIONS_READ', 'CONVERSATIONS_WRITE'];

/** Whether a principal may give these scopes to a key, or get a secret that has them: a key never more than its own. */
export const canGrantScopes = (principal: Principal, scopes: readonly Scope[]): boolean =>
  canAdminister(principal) && (principal.role === 'ADMIN' || scopes.every((scope) => principal.scopes.includes(scope)));

/** Whether a principal may hand out the secret of a key like this. */
export const canGrantKey = (principal: Principal, key: { isBot: boolean; scopes: readonly Scope[] }): boolean =>
  canGrantScopes(principal, key.isBot ? OF_BOTS : key.scopes);

/** Whether a principal may make somebody this. */
export const canGrantRole = (principal: Principal, role: Role): boolean => canGrantScopes(principal, SCOPES_OF[role]);
