import type { Role, Scope } from '../../entities/enums.js';
import { sql, type Database } from '../database.js';
import { unauthenticated } from '../errors.js';
import type { Principal } from '../principal.js';
import { isApiKey } from './api-key-format.js';
import { secretHash, type Tokens } from './tokens.js';

/** How old what is known of a caller may be when they read; writes and deliveries after a change ask afresh. */
const MAX_AGE_MS = 1_000;
const MAX_ENTRIES = 10_000;

interface AgentRow {
  displayName: string;
  role: Role;
  live: boolean;
  seesOwnEvents: boolean;
  inboxIds: string[];
  teamIds: string[];
  supervisedTeamIds: string[];
  supervisedAgentIds: string[];
}

interface KeyRow {
  displayName: string;
  botId: string | null;
  botName: string | null;
  scopes: Scope[];
  expiresAt: Date | null;
  live: boolean;
}

/** Who a caller is and what they may do, as the database says: proven once, then asked again at most a second later. */
export class PrincipalCache {
  readonly #cached = new Map<string, { principal: Promise<Principal>; at: number }>();

  constructor(
    private readonly db: Database,
    private readonly tokens: Tokens,
    private readonly now: () => Date,
  ) {}

  /**
   * Who an `Authorization: Bearer` credential belongs to: an access token or an API key.
   * @throws AppError UNAUTHENTICATED
   */
  async authenticate(credential: string): Promise<Principal> {
    if (credential.startsWith('vbk_')) {
      if (!isApiKey(credential)) throw unauthenticated('This is not a complete API key.');
      return this.#authenticateKey(secretHash(credential));
    }
    const claims = await this.tokens.verify(credential);
    const identity = { kind: 'AGENT' as const, id: claims.agentId, ...claims, apiKeyId: null };
    const principal = await this.#within(MAX_AGE_MS, identity);
    return { ...principal, expiresAt: claims.expiresAt };
  }

  /** The same caller, at most a second old. @throws AppError UNAUTHENTICATED when their rights have ended. */
  async current(principal: Principal): Promise<Principal> {
    return { ...(await this.#within(MAX_AGE_MS, principal)), expiresAt: principal.expiresAt };
  }

  /** The same caller, as of now. @throws AppError UNAUTHENTICATED when their rights have ended. */
  async fresh(principal: Principal): Promise<Principal> {
    return { ...(await this.#within(0, principal)), expiresAt: principal.expiresAt };
  }

  /** Asks afresh the next time: the session's rights have just ended. */
  forget({ workspaceId, sessionId }: { workspaceId: string; sessionId: string }): void {
    this.#cached.delete(`${workspaceId}/${sessionId}`);
  }

  /** An agent whose session is only being made. @throws AppError UNAUTHENTICATED unless active. */
  async signingIn(workspaceId: string, agentId: string, sessionId: string): Promise<Principal> {
    return this.#loadAgent(workspaceId, agentId, sessionId, { sessionExists: false });
  }

  async #authenticateKey(hash: string): Promise<Principal> {
    const [found] = await this.db.rows<{ workspaceId: string; id: string }>(
      sql`select k.workspace_id as "workspaceId", k.id from api_key_by_hash(${hash}) k`,
    );
    if (!found) throw unauthenticated('This API key is not valid.');
    const { workspaceId, id } = found;
    void this.#touchKey(workspaceId, id);
    return this.#within(MAX_AGE_MS, { kind: 'API_KEY', id, workspaceId, sessionId: null, apiKeyId: id });
  }

  async #within(
    maxAgeMs: number,
    who: Pick<Principal, 'kind' | 'id' | 'workspaceId' | 'sessionId' | 'apiKeyId'>,
  ): Promise<Principal> {
    // The system's own work and callers who proved nothing have nothing in the database to be asked about.
    if (who.kind === 'SYSTEM' || who.kind === 'ANONYMOUS') return who as Principal;
    const key = `${who.workspaceId}/${who.sessionId ?? who.apiKeyId}`;
    const at = this.now().getTime();
    const cached = this.#cached.get(key);
    if (cached && at - cached.at < maxAgeMs) return cached.principal;
    const principal = who.sessionId
      ? this.#loadAgent(who.workspaceId, who.id!, who.sessionId, { sessionExists: true })
      : this.#loadKey(who.workspaceId, who.apiKeyId!);
    if (this.#cached.size >= MAX_ENTRIES) this.#cached.delete(this.#cached.keys().next().value!);
    this.#cached.set(key, { principal, at });
    principal.catch(() => {
      if (this.#cached.get(key)?.principal === principal) this.#cached.delete(key);
    });
    return principal;
  }

  async #loadAgent(
    workspaceId: string,
    agentId: string,
    sessionId: string,
    { sessionExists }: { sessionExists: boolean },
  ): Promise<Principal> {
    const [row] = await this.db.rows<AgentRow>(sql`
      select a.display_name as "displayName", a.role,
        a.active and (not ${sessionExists}::boolean or exists (
          select 1 from session s where s.workspace_id = a.workspace_id and s.id = ${sessionId}
            and s.agent_id = a.id and s.revoked_at is null and s.expires_at > ${this.now()})) as live,
        w.agents_see_own_events as "seesOwnEvents",
        array(select m.inbox_id::text from inbox_member m where m.workspace_id = a.workspace_id and m.agent_id = a.id) as "inboxIds",
        array(select m.team_id::text from team_member m where m.workspace_id = a.workspace_id and m.agent_id = a.id) as "teamIds",
        array(select s.team_id::text from team_supervisor s where s.workspace_id = a.workspace_id and s.agent_id = a.id) as "supervisedTeamIds",
        array(select distinct m.agent_id::text from team_supervisor s
          join team_member m on m.workspace_id = s.workspace_id and m.team_id = s.team_id
          where s.workspace_id = a.workspace_id and s.agent_id = a.id) as "supervisedAgentIds"
      from agent a join workspace w on w.id = a.workspace_id
      where a.workspace_id = ${workspaceId} and a.id = ${agentId}`);
    if (!row?.live) throw unauthenticated('The session has ended. Sign in again.');
    const { live: _live, ...rights } = row;
    return {
      ...rights,
      kind: 'AGENT',
      id: agentId,
      workspaceId,
      scopes: [],
      sessionId,
      apiKeyId: null,
      expiresAt: null,
    };
  }

  async #loadKey(workspaceId: string, id: string): Promise<Principal> {
    const [row] = await this.db.rows<KeyRow>(sql`
      select k.display_name as "displayName", k.bot_id as "botId", b.display_name as "botName", k.scopes,
        k.expires_at as "expiresAt",
        k.revoked_at is null and (k.expires_at is null or k.expires_at > ${this.now()})
          and coalesce(b.enabled, true) as live
      from api_key k left join bot b on b.workspace_id = k.workspace_id and b.id = k.bot_id
      where k.workspace_id = ${workspaceId} and k.id = ${id}`);
    if (!row?.live) throw unauthenticated('This API key was revoked or has expired.');
    return {
      kind: row.botId ? 'BOT' : 'API_KEY',
      id: row.botId ?? id,
      workspaceId,
      displayName: row.botName ?? row.displayName,
      role: null,
      scopes: row.botId ? [] : row.scopes,
      inboxIds: [],
      teamIds: [],
      supervisedTeamIds: [],
      supervisedAgentIds: [],
      seesOwnEvents: false,
      sessionId: null,
      apiKeyId: id,
      expiresAt: row.expiresAt?.getTime() ?? null,
    };
  }

  /** Notes the use of a key, once a minute; a read must not fail or wait because of it. */
  async #touchKey(workspaceId: string, id: string): Promise<void> {
    const at = this.now();
    const key = `used/${workspaceId}/${id}`;
    const last = this.#touched.get(key) ?? 0;
    if (at.getTime() - last < 60_000) return;
    this.#touched.set(key, at.getTime());
    await this.db.asApplication(sql`select api_key_used(${workspaceId}, ${id}, ${at})`).catch(() => {});
  }

  readonly #touched = new Map<string, number>();
}
