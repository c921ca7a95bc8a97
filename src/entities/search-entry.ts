import { defineEntity } from '@mikro-orm/core';
import { ActorKind, SearchHitKind } from './enums.js';
import { COLLECTING_WORDS } from './history-indexes.js';
import { instant, oneOf, tenantKey } from './keys.js';

const p = defineEntity.properties;

/** What messages are found by, as the migration that fills the table makes it. */
export const searchIndexes: readonly { name: string; on: string }[] = [
  { name: 'search_entry_at', on: '("workspace_id", "at", "id")' },
  { name: 'search_entry_conversation', on: '("workspace_id", "conversation_id")' },
  { name: 'search_entry_actor', on: '("workspace_id", "actor_id", "at", "id")' },
  // Few words wait to be put in their places: whoever searches reads through them, which takes no time that can be measured.
  { name: 'search_entry_words', on: `using gin ("words") with (${COLLECTING_WORDS})` },
];

const SearchEntrySchema = defineEntity({
  name: 'SearchEntry',
  tableName: 'search_entry',
  properties: {
    ...tenantKey,
    kind: oneOf(SearchHitKind),
    conversationId: p.uuid(),
    /** Who wrote it; null of a conversation. */
    actorKind: oneOf(ActorKind).nullable(),
    actorId: p.uuid().nullable(),
    /** When it was written, or the conversation opened. */
    at: instant(),
    /** The words without positions, each behind the mark of its workspace. */
    words: p.type('tsvector').$type<string>(),
  },
  indexes: searchIndexes.map(({ name, on }) => ({
    name,
    expression: `create index "${name}" on "search_entry" ${on}`,
  })),
});

/**
 * What a message, a note, a conversation (its subject and its contact's name) or a recording (what is said in it) is found
 * by; it shares their id. Only triggers write it, in the transaction that writes the text: what is edited, deleted or erased is not found any more,
 * whichever code did it.
 */
export class SearchEntry extends SearchEntrySchema.class {}
SearchEntrySchema.setClass(SearchEntry);
