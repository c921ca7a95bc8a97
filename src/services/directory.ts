import { Agent } from '../entities/agent.js';
import type { Role } from '../entities/enums.js';
import { Inbox } from '../entities/inbox.js';
import { Label } from '../entities/label.js';
import type { RowOf } from '../entities/row.js';
import { Team } from '../entities/team.js';
import type { Call } from './application.js';
import { sql } from './database.js';
import { forbidden } from './errors.js';
import { connection, encodePageCursor, limitOf, pageOf, type Connection, type PageRequest } from './paging.js';
import { canReadDirectory } from './policy.js';

/** The most that an unpaged list holds. */
export const LIST_CAP = 250;

export interface AgentFilter {
  roles?: readonly Role[] | null | undefined;
  teamIds?: readonly string[] | null | undefined;
  inboxIds?: readonly string[] | null | undefined;
  active?: boolean | null | undefined;
  search?: string | null | undefined;
}

/** Refuses who may not see names. @throws AppError FORBIDDEN */
export function refuseStrangers({ principal }: Call): void {
  if (!canReadDirectory(principal)) throw forbidden('You may not see the people, teams and inboxes of the workspace.');
}

/** The inboxes, by name, 250 at most, with those that were deactivated where asked for. @throws AppError FORBIDDEN */
export async function listInboxes(
  call: Call,
  { includeInactive }: { includeInactive: boolean },
): Promise<RowOf<Inbox>[]> {
  refuseStrangers(call);
  const { app, principal } = call;
  return app.db.rows<RowOf<Inbox>>(
    sql`select ${app.db.columns(Inbox, 't')} from inbox t where t.workspace_id = ${principal.workspaceId} and (${includeInactive}::boolean or t.deactivated_at is null) order by t.name, t.id limit ${LIST_CAP}`,
  );
}

/** The teams, by name, 250 at most, with those that were deactivated where asked for. @throws AppError FORBIDDEN */
export async function listTeams(call: Call, { includeInactive }: { includeInactive: boolean }): Promise<RowOf<Team>[]> {
  refuseStrangers(call);
  const { app, principal } = call;
  return app.db.rows<RowOf<Team>>(
    sql`select ${app.db.columns(Team, 't')} from team t where t.workspace_id = ${principal.workspaceId} and (${includeInactive}::boolean or t.deactivated_at is null) order by t.name, t.id limit ${LIST_CAP}`,
  );
}

/** The labels, those in use first, then by name, 250 at most. @throws AppError FORBIDDEN */
export async function listLabels(
  call: Call,
  { includeInactive }: { includeInactive: boolean },
): Promise<RowOf<Label>[]> {
  refuseStrangers(call);
  const { app, principal } = call;
  return app.db.rows<RowOf<Label>>(
    sql`select ${app.db.columns(Label, 't')} from label t where t.workspace_id = ${principal.workspaceId} and (${includeInactive}::boolean or t.deactivated_at is null) order by t.deactivated_at is not null, t.name, t.id limit ${LIST_CAP}`,
  );
}

/** The agents, by name, in pages. @throws AppError FORBIDDEN, VALIDATION_FAILED */
export async function listAgents(
  call: Call,
  filter: AgentFilter,
  request: PageRequest,
): Promise<Connection<RowOf<Agent>>> {
  refuseStrangers(call);
  const { app, principal } = call;
  const page = pageOf('NAME_ASC', request);
  const compare = page.backwards ? sql`<` : sql`>`;
  const direction = page.backwards ? sql`desc` : sql`asc`;
  const [name, id] = page.from ?? [];
  const conditions = [
    sql`t.workspace_id = ${principal.workspaceId}`,
    name === undefined || id === undefined ? sql`true` : sql`(t.display_name, t.id) ${compare} (${name}, ${id}::uuid)`,
    ...(filter.roles ? [sql`t.role = any(${filter.roles}::text[])`] : []),
    ...(filter.active === null || filter.active === undefined ? [] : [sql`t.active = ${filter.active}`]),
    ...(filter.teamIds
      ? [
          sql`exists (select 1 from team_member m where m.workspace_id = t.workspace_id and m.agent_id = t.id and m.team_id::text = any(${filter.teamIds}::text[]))`,
        ]
      : []),
    ...(filter.inboxIds
      ? [
          sql`exists (select 1 from inbox_member m where m.workspace_id = t.workspace_id and m.agent_id = t.id and m.inbox_id::text = any(${filter.inboxIds}::text[]))`,
        ]
      : []),
    ...(filter.search
      ? [
          sql`(strpos(lower(t.display_name), lower(${filter.search})) > 0 or strpos(lower(t.email), lower(${filter.search})) > 0)`,
        ]
      : []),
  ];
  const rows = await app.db.rows<RowOf<Agent>>(sql`
    select ${app.db.columns(Agent, 't')} from agent t where ${sql.join(conditions, sql` and `)}
    order by t.display_name ${direction}, t.id ${direction} limit ${limitOf(page)}`);
  return connection(page, rows, (row) => encodePageCursor('NAME_ASC', [row.displayName, row.id]));
}

/** Who belongs to what: the membership tables, each with the column of what is belonged to. */
const memberships = {
  team_member: 'team_id',
  team_supervisor: 'team_id',
  inbox_member: 'inbox_id',
} as const;

/** The agents that belong to each of these teams or inboxes, by name, 250 each at most. */
export async function membersOf(
  { app, principal }: Call,
  table: keyof typeof memberships,
  ids: readonly string[],
): Promise<(RowOf<Agent> & { ofId: string })[]> {
  return app.db.rows(sql`
    select k.id as "ofId", found.* from unnest(${ids}::uuid[]) as k(id)
    cross join lateral (
      select ${app.db.columns(Agent, 't')} from ${sql.raw(table)} m
      join agent t on t.workspace_id = m.workspace_id and t.id = m.agent_id
      where m.workspace_id = ${principal.workspaceId} and m.${sql.raw(memberships[table])} = k.id
      order by t.display_name, t.id limit ${LIST_CAP}) found`);
}

/** The teams that each of these agents is a member of, by name, 250 each at most. */
export async function teamsOfAgents(
  { app, principal }: Call,
  agentIds: readonly string[],
): Promise<(RowOf<Team> & { ofId: string })[]> {
  return app.db.rows(sql`
    select k.id as "ofId", found.* from unnest(${agentIds}::uuid[]) as k(id)
    cross join lateral (
      select ${app.db.columns(Team, 't')} from team_member m
      join team t on t.workspace_id = m.workspace_id and t.id = m.team_id
      where m.workspace_id = ${principal.workspaceId} and m.agent_id = k.id
      order by t.name, t.id limit ${LIST_CAP}) found`);
}
