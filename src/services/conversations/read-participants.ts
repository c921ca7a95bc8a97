import type { ActorKind } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { sightOfConversations } from '../guards.js';
import { rowLimit } from '../paging.js';
import { intoOne } from './merged-conversations.js';
import { seenCondition } from './read-conversations.js';
import { shownKinds } from './read-transcript.js';

/** Who has taken part in a conversation. */
export interface Participant {
  kind: ActorKind;
  id: string;
}

/** How many of each conversation are told at the most, and how many of its first lines are looked at. */
const MOST_PARTICIPANTS = 100;
const MOST_LINES = 2_000;

/**
 * Who has written in each of these conversations, or had it, in order of first taking part: beside the contact, 100 at
 * most, by the first 2,000 lines of it and of each that was merged into it and that the caller may see, and who has it now.
 * Lines that the caller is not shown, such as notes, tell nothing.
 */
export function participantsOf(
  { app, principal }: Call,
  conversationIds: readonly string[],
): Promise<(Participant & { ofId: string })[]> {
  const { workspaceId } = principal;
  const sight = sightOfConversations(principal);
  return app.db.rows(sql`
    select k.id as "ofId", found.kind, found.id from unnest(${conversationIds}::uuid[]) as k(id) cross join lateral (
      select part.kind, part.id from (${intoOne(sql`k.id`, sql`${workspaceId}`)}) one
      join conversation c on c.id = one.id
      cross join lateral (
        select took.kind, took.id, line.occurred_at, line.id as line_id from (
          select t.* from transcript_entry t
          where t.workspace_id = c.workspace_id and t.conversation_id = c.id
          order by t.position limit ${rowLimit(MOST_LINES)}) line
        cross join lateral (
          select line.actor_kind as kind, line.actor_id as id
            where line.kind <> 'EVENT' and line.kind = any(${shownKinds(principal, null)}::text[]) and line.actor_kind <> 'CONTACT'
          union all
          select case change.field when 'botId' then 'BOT' else 'AGENT' end, change.after::uuid
            from jsonb_to_recordset(coalesce(line.changes, '[]')) as change(field text, after text)
            where line.kind = 'EVENT' and change.field in ('assigneeId', 'botId')) took
        union all
        select now.kind, now.id, 'infinity', c.id from (values ('AGENT', c.assignee_id), ('BOT', c.bot_id)) now(kind, id)) part
      where c.workspace_id = ${workspaceId} and (c.id = k.id or ${seenCondition(sight)}) and part.id is not null
      group by part.kind, part.id
      order by min(part.occurred_at), min(part.line_id::text), part.id limit ${rowLimit(MOST_PARTICIPANTS)}) found`);
}
