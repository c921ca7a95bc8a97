import type { Call } from '../application.js';
import { sightOfConversations } from '../guards.js';
import { connection, encodePageCursor, pageOf, type Connection, type PageRequest } from '../paging.js';
import type { NewEvent } from '../record/event.js';
import { isOfNothing, validateSearch, type MessageSearchFilter } from './search-filter.js';
import { searchPage, type FoundRow } from './search-page.js';
import { snippetOf, type SnippetPart } from './snippet.js';
import { readQuery, type Query } from './words.js';

/** What has been found. */
export interface SearchHit extends Pick<FoundRow, 'id' | 'kind' | 'conversationId' | 'messageId'> {
  occurredAt: Date;
  snippet: SnippetPart[];
  /** It tells of a conversation what every list of them tells, and nothing that was said. */
  isOfLists: boolean;
}

/** The order of this list, for its cursors. */
const ORDER = 'FOUND_DESC';

/**
 * Messages, notes, conversations and recordings with all of these words, newest first, of what the caller may see. That they search is
 * on the record before they get an answer.
 * @throws AppError FORBIDDEN for who sees no conversations at all, VALIDATION_FAILED.
 */
export async function searchMessages(
  call: Call,
  text: string,
  filter: MessageSearchFilter,
  request: PageRequest,
): Promise<Connection<SearchHit>> {
  const { app, principal } = call;
  validateSearch(text, filter);
  const page = pageOf(ORDER, request);
  sightOfConversations(principal);
  const query = readQuery(text)!;
  const [rows] = await Promise.all([
    isOfNothing(filter, principal) ? [] : searchPage(app.db, principal, query, filter, page),
    app.accessLog.record(call, [searchPerformed(call, text, filter)]),
  ]);
  const hits = rows.map((row) => hitOf(row, query));
  return connection(page, hits, ({ occurredAt, id }) => encodePageCursor(ORDER, [occurredAt.toISOString(), id]));
}

function hitOf({ id, kind, conversationId, messageId, at, text, name }: FoundRow, query: Query): SearchHit {
  const isOfLists = kind === 'CONVERSATION';
  const said = isOfLists ? [name, text].filter((part) => part !== null).join(': ') : (text ?? '');
  return { id, kind, conversationId, messageId, occurredAt: at, snippet: snippetOf(said, query), isOfLists };
}

/** The event of searching. What was searched for may name somebody: it is only committed to, and can be erased. */
const searchPerformed = ({ principal }: Call, query: string, filter: MessageSearchFilter): NewEvent => ({
  action: 'search.performed',
  target: { type: 'messages', id: principal.workspaceId, label: 'the messages' },
  changes: [{ field: 'filter', after: JSON.stringify({ query, ...filter }) }],
});
