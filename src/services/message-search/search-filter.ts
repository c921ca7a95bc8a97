import type { ActorKind, Channel, SearchHitKind } from '../../entities/enums.js';
import { filterConditions, type ConversationFilter } from '../conversations/conversation-filter.js';
import { sql, type Sql } from '../database.js';
import { isId } from '../ids.js';
import { rowLimit } from '../paging.js';
import { canReadNotes } from '../policy.js';
import type { Principal } from '../principal.js';
import { Faults } from '../text.js';
import { readQuery } from './words.js';

/** The longest text that is searched for. */
const MAX_SEARCH = 255;

/** Where is searched. Absent and null leave a side open; all given must hold. */
export interface MessageSearchFilter {
  kinds?: readonly SearchHitKind[] | null | undefined;
  conversationId?: string | null | undefined;
  contactId?: string | null | undefined;
  inboxIds?: readonly string[] | null | undefined;
  channels?: readonly Channel[] | null | undefined;
  labelIds?: readonly string[] | null | undefined;
  senderKinds?: readonly ActorKind[] | null | undefined;
  senderIds?: readonly string[] | null | undefined;
  /** Sent with files or not; a recording that is found by what is said in it is one. */
  hasAttachment?: boolean | null | undefined;
  from?: Date | null | undefined;
  to?: Date | null | undefined;
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;
const ALL_KINDS: readonly SearchHitKind[] = ['MESSAGE', 'NOTE', 'CONVERSATION', 'SPEECH'];

/** The kinds that are asked for and that the caller may find: who reads no notes finds none. */
const foundKinds = ({ kinds }: MessageSearchFilter, principal: Principal): SearchHitKind[] =>
  ALL_KINDS.filter((kind) => (kinds?.includes(kind) ?? true) && (kind !== 'NOTE' || canReadNotes(principal)));

/** Whether nothing can be found, whatever the words: something must be one of none. */
export const isOfNothing = (filter: MessageSearchFilter, principal: Principal): boolean =>
  foundKinds(filter, principal).length === 0 || filter.senderKinds?.length === 0 || filter.senderIds?.length === 0;

/** What an entry must be, and who must have written it, where not anything will do: they are words of it as well. */
export function askedKinds(filter: MessageSearchFilter, principal: Principal): (readonly string[])[] {
  const kinds = foundKinds(filter, principal);
  return [...(kinds.length < ALL_KINDS.length ? [kinds] : []), ...(filter.senderKinds ? [filter.senderKinds] : [])];
}

/** What is asked of an entry's place, over table `e`: what an index leads to. */
export function placeConditions({ senderIds, from, to }: MessageSearchFilter): Sql[] {
  const conditions: Sql[] = [];
  // Of one sender alone an index gives the newest first.
  if (senderIds?.length === 1) conditions.push(sql`e.actor_id = ${senderIds[0]}::uuid`);
  if (isGiven(from)) conditions.push(sql`e.at >= ${from}::timestamptz`);
  if (isGiven(to)) conditions.push(sql`e.at < ${to}::timestamptz`);
  return conditions;
}

/** What else is asked of an entry, over table `e`: what its words say of kinds decides nothing, it only leads there. */
export function entryConditions(filter: MessageSearchFilter, principal: Principal): Sql[] {
  const { senderKinds, senderIds, hasAttachment } = filter;
  const conditions: Sql[] = [];
  const kinds = foundKinds(filter, principal);
  if (kinds.length < ALL_KINDS.length) conditions.push(sql`e.kind = any(${kinds}::text[])`);
  if (isGiven(senderKinds)) conditions.push(sql`e.actor_kind = any(${senderKinds}::text[])`);
  if (isGiven(senderIds) && senderIds.length !== 1) conditions.push(sql`e.actor_id = any(${senderIds}::uuid[])`);
  if (isGiven(hasAttachment))
    conditions.push(sql`(e.kind = 'SPEECH' or ${hasFile}) is ${hasAttachment ? sql`true` : sql`not true`}`);
  return conditions;
}

/** Of one entry at a time, like all that is asked of it: as a join it could be begun with all files that there are. */
const hasFile = sql`(select true from attachment a
  where a.workspace_id = e.workspace_id and a.message_id = e.id and a.state = 'UPLOADED' limit ${rowLimit(1)})`;

/** What is asked of an entry's conversation, over table `c`, as of any list of conversations. */
export function ofConversation(filter: MessageSearchFilter, principal: Principal): Sql[] {
  const { contactId, inboxIds, channels, labelIds, conversationId } = filter;
  const asked: ConversationFilter = { contactId, inboxIds, channels, labelIds, spam: 'either', merged: 'either' };
  const conditions = filterConditions(asked, principal);
  if (isGiven(conversationId)) conditions.push(sql`c.id = ${conversationId}::uuid`);
  return conditions;
}

/** @throws AppError VALIDATION_FAILED for what cannot be found. */
export function validateSearch(query: string, filter: MessageSearchFilter): void {
  const faults = new Faults();
  faults.text('query', query, MAX_SEARCH);
  if (query.trim() !== '' && readQuery(query) === null) faults.add('query', 'has no letter and no digit');
  for (const name of ['inboxIds', 'labelIds', 'senderIds'] as const) {
    filter[name]?.forEach((id, index) => {
      if (!isId(id)) faults.add(`filter.${name}.${index}`, 'is not an id');
    });
  }
  for (const name of ['conversationId', 'contactId'] as const) {
    const id = filter[name];
    if (isGiven(id) && !isId(id)) faults.add(`filter.${name}`, 'is not an id');
  }
  faults.refuse();
}
