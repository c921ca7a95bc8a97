import { Bot, type BotRevision, type BotSettingChange, type BotSettings } from '../../entities/bot.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { LIST_CAP, refuseStrangers } from '../directory.js';
import { notFound } from '../errors.js';
import { isId } from '../ids.js';
import { lookups } from '../lookups.js';
import { connections, encodePageCursor, limitOf, pageOf, type Connection, type PageRequest } from '../paging.js';
import { canAdminister } from '../policy.js';
import type { Principal } from '../principal.js';
import { sql, type Sql } from '../sql.js';
import { NO_SETTINGS, withSections } from './bot-settings.js';

export type BotRow = RowOf<Bot>;
/** Without what it says and what has changed: up to 130 KB each, which most who list versions do not ask for. */
export type BotRevisionRow = Omit<RowOf<BotRevision>, 'settings' | 'changes'>;

/** The bots, by name, 250 at most. @throws AppError FORBIDDEN */
export async function listBots(call: Call): Promise<BotRow[]> {
  refuseStrangers(call);
  const { app, principal } = call;
  return app.db.rows<BotRow>(
    sql`select ${app.db.columns(Bot, 't')} from bot t where t.workspace_id = ${principal.workspaceId} order by t.display_name, t.id limit ${LIST_CAP}`,
  );
}

/** One bot. @throws AppError FORBIDDEN, NOT_FOUND */
export async function findBot(call: Call, id: string): Promise<BotRow> {
  refuseStrangers(call);
  const [bot] = isId(id) ? await lookups.bots(call, [id]) : [];
  if (!bot) throw notFound('bot');
  return bot;
}

/** Whether a principal may read what a bot is told to say: administrators, and the bot itself. */
export const canReadBotSettings = (principal: Principal, botId: string): boolean =>
  canAdminister(principal) || (principal.kind === 'BOT' && principal.id === botId);

/** A bot in a version of its settings. */
export interface BotVersion {
  botId: string;
  version: number;
}

/** The settings of bots in versions of theirs, for who may read them; what never was is left out. */
export async function settingsOfBots(
  { app, principal }: Call,
  asked: readonly BotVersion[],
): Promise<(BotVersion & { settings: BotSettings })[]> {
  const rows = await app.db.rows<BotVersion & { settings: BotSettings }>(sql`
    select r.bot_id as "botId", r.version, r.settings
    from ${versionsAsked(asked)}
    join bot_revision r on r.workspace_id = ${principal.workspaceId} and r.bot_id = k.id and r.version = k.version`);
  return rows.map((row) => ({ ...row, settings: withSections({ ...NO_SETTINGS, ...row.settings }, {}) }));
}

/** What each of these versions, of bots whose settings the caller may read, has changed. */
export const changesOfVersions = ({ app, principal }: Call, asked: readonly BotVersion[]) =>
  app.db.rows<BotVersion & { changes: BotSettingChange[] }>(sql`
    select r.bot_id as "botId", r.version, r.changes from ${versionsAsked(asked)}
    join bot_revision r on r.workspace_id = ${principal.workspaceId} and r.bot_id = k.id and r.version = k.version`);

const versionsAsked = (asked: readonly BotVersion[]): Sql => sql`
  unnest(${asked.map(({ botId }) => botId)}::uuid[], ${asked.map(({ version }) => version)}::int[]) as k(id, version)`;

/** The versions of the settings of bots for who may read them, newest first, by bot. @throws AppError VALIDATION_FAILED */
export async function revisionsOfBots(
  { app, principal }: Call,
  botIds: readonly string[],
  request: PageRequest,
): Promise<Map<string, Connection<BotRevisionRow>>> {
  const page = pageOf('VERSION_DESC', request);
  const [version] = page.from ?? [];
  const rows = await app.db.rows<BotRevisionRow>(sql`
    select found.* from unnest(${botIds}::uuid[]) as k(id) cross join lateral (
      select r.workspace_id as "workspaceId", r.bot_id as "botId", r.version, r.reverted_to as "revertedTo",
        r.author_kind as "authorKind", r.author_id as "authorId", r.created_at as "createdAt", r.reason
      from bot_revision r where r.workspace_id = ${principal.workspaceId} and r.bot_id = k.id
        and ${version === undefined ? sql`true` : sql`r.version < ${version}::int`}
      order by r.version desc limit ${limitOf(page)}) found`);
  const cursorOf = (row: BotRevisionRow) => encodePageCursor('VERSION_DESC', [String(row.version)]);
  return connections(page, rows, { ofIds: botIds, ownerOf: ({ botId }) => botId, cursorOf });
}
