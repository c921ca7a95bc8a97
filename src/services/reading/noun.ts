import type { EntityClass } from '@mikro-orm/core';
import type { Sql } from '../database.js';
import type { Page, PageRequest } from '../paging.js';
import type { Principal } from '../principal.js';

/** A noun that hangs on another by an id: `key` is the property that holds it. */
export interface One {
  kind: 'one';
  noun: () => Noun;
  key: string;
}

/** A short list: `rows` is a SELECT of whole rows of the noun for the row `of`, `order` sorts them as table `t`. */
export interface Many {
  kind: 'many';
  noun: () => Noun;
  rows: (of: string) => string;
  order: string;
}

/** A list in pages, by position. `rows` is a condition over table `t` for the row `of`; `may` says who sees any. */
export interface Paged {
  kind: 'page';
  noun: () => Noun;
  rows: (of: string) => string;
  page: (request: PageRequest) => Page;
  may: (principal: Principal) => boolean;
}

/** Figures that depend on who asks: a join, and what is read of it. */
export interface Figures {
  kind: 'figures';
  join: (of: string, alias: string, principal: Principal) => Sql;
  columns: (of: string, alias: string) => Readonly<Record<string, string>>;
}

export type Relation = One | Many | Paged | Figures;

/** What reads may bring of a kind of object in one statement. */
export interface Noun {
  entity: EntityClass<object>;
  /** What hangs on it, by the name of the API's field. Everything here is seen by whoever sees the object. */
  relations: Readonly<Record<string, Relation>>;
  /** Fields of the API that are worked out: the properties that each is worked out of. */
  workedOut: Readonly<Record<string, readonly string[]>>;
  /** Properties that are always read. */
  always: readonly string[];
}

/** What is asked of the rows of a noun. */
export interface Shape {
  /** Fields of the API; null = every property. */
  readonly fields: ReadonlySet<string> | null;
  /** What hangs on it and is to be brought along. */
  readonly relations: ReadonlyMap<string, Shape>;
}

/** A shape, and which pages are asked of its relations that come in pages. */
export interface Asked {
  shape: Shape;
  pages: Readonly<Record<string, PageRequest>>;
}

/** All properties and nothing that hangs on it: what use cases ask for that need the row itself. */
export const WHOLE: Asked = { shape: { fields: null, relations: new Map() }, pages: {} };

export const one = (noun: () => Noun, key: string): One => ({ kind: 'one', noun, key });
