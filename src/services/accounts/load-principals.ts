import type { Role, Scope } from '../../entities/enums.js';
import { sql, type Database } from '../database.js';
import type { Denial } from '../errors.js';
import type { Principal } from '../principal.js';

/** Who is asked about. */
export type Who = Pick<
  Principal,
  'kind' | 'id' | 'workspaceId' | 'sessionId' | 'apiKeyId' | 'secretVersion' | 'customerInboxId' | 'tokenContactId'
>;

/** Whose rights have ended, and what is to be recorded of that, if anything. */
export interface Ended {
  ended: true;
  denial: Denial | null;
}

interface AgentRow {
  place: number;
  displayName: string;
  role: Role;
  active: boolean;
  live: boolean;
  seesOwnEvents: boolean;
  inboxIds: string[];
  teamIds: string[];
  supervisedTeamIds: string[];
  supervisedAgentIds: string[];
}

interface KeyRow {
  place: number;
  displayName: string;
  botId: string | null;
  botName: string | null;
  scopes: Scope[];
  expiresAt: Date | null;
  revoked: boolean;
  enabled: boolean;
  live: boolean;
}

/** People with their sessions. */
export async function loadAgents(
  db: Pick<Database, 'rows'>,
  now: Date,
  all: readonly Who[],
  { sessionsExist }: { sessionsExist: boolean },
): Promise<(Principal | Ended)[]> {
  const rows = await db.rows<AgentRow>(sql`
    select asked.place::int as place, a.display_name as "displayName", a.role, a.active,
      a.active and (not ${sessionsExist}::boolean or exists (
        select 1 from session s where s.workspace_id = a.workspace_id and s.id = asked.session_id
          and s.agent_id = a.id and s.revoked_at is null and s.expires_at > ${now})) as live,
      w.agents_see_own_events as "seesOwnEvents",
      array(select m.inbox_id::text from inbox_member m where m.workspace_id = a.workspace_id and m.agent_id = a.id order by 1) as "inboxIds",
      array(select m.team_id::text from team_member m where m.workspace_id = a.workspace_id and m.agent_id = a.id order by 1) as "teamIds",
      array(select s.team_id::text from team_supervisor s where s.workspace_id = a.workspace_id and s.agent_id = a.id order by 1) as "supervisedTeamIds",
      array(select distinct m.agent_id::text from team_supervisor s
        join team_member m on m.workspace_id = s.workspace_id and m.team_id = s.team_id
        where s.workspace_id = a.workspace_id and s.agent_id = a.id order by 1) as "supervisedAgentIds"
    from unnest(${all.map((who) => who.workspaceId)}::uuid[], ${all.map((who) => who.id)}::uuid[],
      ${all.map((who) => who.sessionId)}::uuid[]) with ordinality as asked(workspace_id, agent_id, session_id, place)
    join agent a on a.workspace_id = asked.workspace_id and a.id = asked.agent_id
    join workspace w on w.id = a.workspace_id`);
  const found = new Map(rows.map((row) => [row.place - 1, row]));
  return all.map(({ workspaceId, id, sessionId }, index) => {
    const row = found.get(index);
    if (!row?.live) {
      const target = { type: 'agent', id: id!, label: row?.displayName ?? '' };
      return ended(row && !row.active ? { target, workspaceId, cause: 'inactive' } : null);
    }
    const { live: _live, place: _place, active: _active, ...rights } = row;
    return { ...rights, kind: 'AGENT', id, workspaceId, scopes: [], sessionId, apiKeyId: null, expiresAt: null };
  });
}

/** API keys and bots. */
export async function loadKeys(
  db: Pick<Database, 'rows'>,
  now: Date,
  all: readonly Who[],
): Promise<(Principal | Ended)[]> {
  const rows = await db.rows<KeyRow>(sql`
    select asked.place::int as place, k.display_name as "displayName", k.bot_id as "botId", b.display_name as "botName", k.scopes,
      k.expires_at as "expiresAt",
      k.revoked_at is not null as revoked, coalesce(b.enabled, true) as enabled,
      k.revoked_at is null and (k.expires_at is null or k.expires_at > ${now})
        and coalesce(b.enabled, true)
        and (asked.version is null or asked.version = k.secret_version
          or (asked.version = k.secret_version - 1 and k.previous_secret_until > ${now})) as live
    from unnest(${all.map((who) => who.workspaceId)}::uuid[], ${all.map((who) => who.apiKeyId)}::uuid[],
      ${all.map((who) => who.secretVersion ?? null)}::int[]) with ordinality as asked(workspace_id, id, version, place)
    join api_key k on k.workspace_id = asked.workspace_id and k.id = asked.id
    left join bot b on b.workspace_id = k.workspace_id and b.id = k.bot_id`);
  const found = new Map(rows.map((row) => [row.place - 1, row]));
  return all.map(({ workspaceId, apiKeyId, secretVersion }, index) => {
    const row = found.get(index);
    if (!row?.live) {
      const target = { type: 'api_key', id: apiKeyId!, label: row?.displayName ?? '' };
      if (row?.revoked) return ended({ target, workspaceId, cause: 'revoked' });
      return ended(row && !row.enabled ? { target, workspaceId, cause: 'inactive' } : null);
    }
    return {
      kind: row.botId ? 'BOT' : 'API_KEY',
      id: row.botId ?? apiKeyId,
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
      apiKeyId,
      secretVersion,
      expiresAt: row.expiresAt?.getTime() ?? null,
    };
  });
}

/** Sessions and keys that ended by themselves, or by who had them, are nothing to record. */
function ended(why: { target: Denial['target']; workspaceId: string; cause: 'inactive' | 'revoked' } | null): Ended {
  if (!why) return { ended: true, denial: null };
  const { target, workspaceId, cause } = why;
  return { ended: true, denial: { attempted: 'authenticate', target, credential: { workspaceId, cause } } };
}
