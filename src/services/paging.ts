import { invalid } from './errors.js';
import { sql, type Sql } from './database.js';
import { isId } from './ids.js';
import { isStorable } from './text.js';

/** How callers ask for a page: forwards with first and after, or backwards with last and before. */
export interface PageRequest {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

export const PAGE_SIZE = { default: 25, max: 100 };

/** A page request that makes sense. */
export interface Page {
  size: number;
  backwards: boolean;
  /** The place to go on from: the keys of the row there, as text. */
  from: string[] | null;
}

/** A keyset cursor: the values of a row's sort keys. `kind` keeps a cursor of one order out of another. */
export const encodePageCursor = (kind: string, keys: readonly string[]): string =>
  Buffer.from(JSON.stringify([kind, ...keys])).toString('base64url');

function decodePageCursor(kind: string, text: string, path: string): string[] {
  try {
    const [found, ...keys] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    if (found === kind && keys.every((key) => typeof key === 'string') && isPlace(keys)) return keys;
  } catch {
    // Answered below like every other string that is no cursor.
  }
  throw notACursor(path);
}

const notACursor = (path: string) => invalid({ path, message: 'is not a cursor of this list in this order' });

/** A number alone, or a sort key with the id of its row: what is neither was made by somebody else. */
const isPlace = ([key, id, ...more]: string[]): boolean =>
  key !== undefined && more.length === 0 && (id === undefined ? /^\d{1,15}$/.test(key) : isId(id) && isStorable(key));

/**
 * Checks what a caller asks for.
 * @param fallback what is answered when neither first nor last is given.
 * @throws AppError VALIDATION_FAILED for both directions at once, sizes outside 1 to 100, cursors of another list.
 */
export function pageOf(kind: string, request: PageRequest, fallback: 'first' | 'last' = 'first'): Page {
  const { first, after, last, before } = request;
  if (isGiven(first) && isGiven(last)) throw invalid({ path: 'first', message: 'cannot be combined with last' });
  const backwards = isGiven(last) || (!isGiven(first) && (isGiven(before) || (fallback === 'last' && !isGiven(after))));
  const [path, size] = backwards ? ['last', last ?? PAGE_SIZE.default] : ['first', first ?? PAGE_SIZE.default];
  if (size < 1 || size > PAGE_SIZE.max) throw invalid({ path, message: `must be 1 to ${PAGE_SIZE.max}` });
  if (backwards && isGiven(after)) throw invalid({ path: 'after', message: 'goes with first, not with last' });
  if (!backwards && isGiven(before)) throw invalid({ path: 'before', message: 'goes with last, not with first' });
  const cursor = backwards ? before : after;
  return {
    size,
    backwards,
    from: isGiven(cursor) ? decodePageCursor(kind, cursor, backwards ? 'before' : 'after') : null,
  };
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** In the text, not a parameter: a plan that does not know how few rows are wanted prepares for a tenth of all. */
export const rowLimit = (rows: number): Sql => sql.lit(rows);

/** The one row more tells whether there is another page. */
export const limitOf = (page: Page): Sql => rowLimit(page.size + 1);

/** A connection as resolvers return it. */
export interface Connection<T> {
  nodes: T[];
  edges: { cursor: string; node: T }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

/** Cuts the one row more that was read, and puts a backwards page into forward order. */
export function connection<T>(page: Page, rows: readonly T[], cursorOf: (row: T) => string): Connection<T> {
  const kept = rows.slice(0, page.size);
  return new Rows(page, page.backwards ? kept.toReversed() : kept, rows.length > page.size, cursorOf);
}

/** The same page of the rows of each of these ids, which were read together, each its own in the order of the page. */
export function connections<T>(
  page: Page,
  rows: readonly T[],
  { ofIds, ownerOf, cursorOf }: { ofIds: readonly string[]; ownerOf: (row: T) => string; cursorOf: (row: T) => string },
): Map<string, Connection<T>> {
  const owned = Map.groupBy(rows, ownerOf);
  return new Map(ofIds.map((id) => [id, connection(page, owned.get(id) ?? [], cursorOf)]));
}

/** Most who ask for a page take its nodes: a cursor is made only where it is asked for. */
class Rows<T> implements Connection<T> {
  constructor(
    private readonly page: Page,
    readonly nodes: T[],
    private readonly more: boolean,
    private readonly cursorOf: (row: T) => string,
  ) {}

  get edges(): Connection<T>['edges'] {
    return this.nodes.map((node) => ({ cursor: this.cursorOf(node), node }));
  }

  get pageInfo(): Connection<T>['pageInfo'] {
    const { page, nodes, more } = this;
    const [first, last] = [nodes[0], nodes.at(-1)];
    return {
      // The other direction: where one has come from there is something, as the specification allows to assume.
      hasNextPage: page.backwards ? page.from !== null : more,
      hasPreviousPage: page.backwards ? more : page.from !== null,
      startCursor: first === undefined ? null : this.cursorOf(first),
      endCursor: last === undefined ? null : this.cursorOf(last),
    };
  }
}

/**
 * The keyset condition and order of a list sorted by `column`, then id.
 * @param descending the list's own order; a backwards page is read against it.
 */
export function keyset(
  page: Page,
  column: Sql,
  id: Sql,
  type: string,
  descending: boolean,
): { condition: Sql; order: Sql } {
  const down = descending !== page.backwards;
  const direction = sql.raw(down ? 'desc' : 'asc');
  const compare = sql.raw(down ? '<' : '>');
  const [key, lastId] = page.from ?? [];
  if (page.from && (lastId === undefined || (type === 'timestamptz' && Number.isNaN(Date.parse(key!))))) {
    throw notACursor(page.backwards ? 'before' : 'after');
  }
  return {
    condition:
      key === undefined || lastId === undefined
        ? sql`true`
        : sql`(${column}, ${id}) ${compare} (${key}::${sql.raw(type)}, ${lastId}::uuid)`,
    order: sql`${column} ${direction}, ${id} ${direction}`,
  };
}
