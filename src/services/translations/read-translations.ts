import type { ActorKind } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { rowLimit } from '../paging.js';
import { sql } from '../sql.js';

/** The translation of a message into a language, or with null the newest into any. */
export interface AskedTranslation {
  messageId: string;
  language: string | null;
}

/** What a message says in another language, now. */
export interface TranslationRow extends AskedTranslation {
  language: string;
  text: string;
  actorKind: ActorKind;
  actorId: string;
  translatedAt: Date;
}

/** These translations, each in the place where it was asked for; null for what is not there. */
export async function translationsOf(
  { app, principal }: Call,
  asked: readonly AskedTranslation[],
): Promise<(TranslationRow | null)[]> {
  const rows = await app.db.rows<TranslationRow & { place: number }>(sql`
    select k.place::int as place, found.* from unnest(${asked.map(({ messageId }) => messageId)}::uuid[],
      ${asked.map(({ language }) => language)}::text[]) with ordinality as k(id, language, place)
    cross join lateral (
      select t.message_id as "messageId", t.language, t.text, t.actor_kind as "actorKind", t.actor_id as "actorId",
        t.created_at as "translatedAt" from translation t
      where t.workspace_id = ${principal.workspaceId} and t.message_id = k.id and t.withdrawn_at is null
        and (k.language is null or t.language = k.language)
      order by t.created_at desc, t.id desc limit ${rowLimit(1)}) found`);
  const found = new Map(rows.map((row) => [row.place, row]));
  return asked.map((_, index) => found.get(index + 1) ?? null);
}
