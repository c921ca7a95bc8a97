import type { Channel } from '../../entities/enums.js';
import type { Application } from '../application.js';
import { AppError, invalid } from '../errors.js';
import { sql } from '../sql.js';

/** Where an import goes. */
export interface ImportTarget {
  workspaceId: string;
  timeZone: string;
  inbox: { id: string; name: string; channel: Channel; defaultTeamId: string | null };
  /** Who wrote what the import says a bot wrote; null = there is none. */
  bot: { id: string; displayName: string } | null;
}

interface InboxFound {
  id: string;
  name: string;
  channel: Channel;
  defaultTeamId: string | null;
  botId: string | null;
  workspaceId: string;
  timeZone: string;
}

/**
 * Finds the inbox of a workspace, each by its name or id, and the bot: the inbox's own unless one is named.
 * @throws AppError NOT_FOUND; VALIDATION_FAILED where a name is that of several.
 */
export async function findTarget(
  { db }: Pick<Application, 'db'>,
  asked: { workspace: string; inbox: string; bot?: string | undefined },
): Promise<ImportTarget> {
  const inboxes = await db.rows<InboxFound>(sql`
    select i.id, i.name, i.channel, i.default_team_id as "defaultTeamId", i.bot_id as "botId", w.id as "workspaceId",
      w.time_zone as "timeZone"
    from workspace w join inbox i on i.workspace_id = w.id
    where (w.slug = ${asked.workspace} or w.id::text = ${asked.workspace})
      and (i.name = ${asked.inbox} or i.id::text = ${asked.inbox})`);
  const inbox = only(inboxes, 'inbox', `There is no inbox "${asked.inbox}" in a workspace "${asked.workspace}".`);
  const bots = await db.rows<{ id: string; displayName: string }>(sql`
    select b.id, b.display_name as "displayName" from bot b where b.workspace_id = ${inbox.workspaceId}
      and case when ${asked.bot ?? null}::text is null then b.id = ${inbox.botId}::uuid
        else b.display_name = ${asked.bot ?? null} or b.id::text = ${asked.bot ?? null} end`);
  const bot = asked.bot === undefined ? bots[0] : only(bots, 'bot', `There is no bot "${asked.bot}".`);
  const { workspaceId, timeZone, id, name, channel, defaultTeamId } = inbox;
  return { workspaceId, timeZone, inbox: { id, name, channel, defaultTeamId }, bot: bot ?? null };
}

function only<T>(found: readonly T[], path: string, missing: string): T {
  if (found.length > 1) throw invalid({ path, message: 'several have this name; give the id' });
  if (!found[0]) throw new AppError('NOT_FOUND', missing);
  return found[0];
}

/** The e-mail addresses of the workspace's agents, also of those who have left. */
export async function agentEmails({ db }: Pick<Application, 'db'>, workspaceId: string): Promise<ReadonlySet<string>> {
  const rows = await db.rows<{ email: string }>(sql`select a.email from agent a where a.workspace_id = ${workspaceId}`);
  return new Set(rows.map(({ email }) => email));
}
