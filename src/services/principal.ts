import type { ActorKind, Role, Scope } from '../entities/enums.js';

/**
 * Who is asking, as the database says now: identity, rights and memberships. Made only by `accounts/principals`, and
 * for the system's own work by `systemPrincipal`. The workspace of a call is this one's, never an argument's.
 */
export interface Principal {
  readonly kind: ActorKind;
  /** The agent, bot, API key or contact. Null for the system and for callers who have not proven who they are. */
  readonly id: string | null;
  readonly workspaceId: string;
  readonly displayName: string;
  /** Agents only. */
  readonly role: Role | null;
  /** API keys only; a bot's key has none. */
  readonly scopes: readonly Scope[];
  readonly inboxIds: readonly string[];
  readonly teamIds: readonly string[];
  readonly supervisedTeamIds: readonly string[];
  /** The members of the supervised teams. */
  readonly supervisedAgentIds: readonly string[];
  /** The workspace lets agents read the events of their own actions. */
  readonly seesOwnEvents: boolean;
  readonly sessionId: string | null;
  readonly apiKeyId: string | null;
  /** Customers only: the web chat that they came in by, by a token that `apiKeyId` gave them. */
  readonly customerInboxId?: string | undefined;
  /** Customers only: the contact that their token names, who may have turned out to be the one that they are now. */
  readonly tokenContactId?: string | undefined;
  /** Which secret of the key they came with; absent where the key alone counts, as for links that it has got. */
  readonly secretVersion?: number | undefined;
  /** When this proof of identity ends, in milliseconds since 1970; null = not by itself. */
  readonly expiresAt: number | null;
}

const nobody = {
  role: null,
  scopes: [],
  inboxIds: [],
  teamIds: [],
  supervisedTeamIds: [],
  supervisedAgentIds: [],
  seesOwnEvents: false,
  sessionId: null,
  apiKeyId: null,
  expiresAt: null,
} as const;

/** The product itself at work in a workspace: set-up, expiry, sweeps. Bypasses the policy by not being asked by it. */
export const systemPrincipal = (workspaceId: string): Principal => ({
  ...nobody,
  kind: 'SYSTEM',
  id: null,
  workspaceId,
  displayName: 'Verbatim',
});

/** A caller of a workspace who has not proven who they are: failed sign-ins are recorded as theirs. */
export const anonymousPrincipal = (workspaceId: string): Principal => ({
  ...nobody,
  kind: 'ANONYMOUS',
  id: null,
  workspaceId,
  displayName: 'Somebody',
});
