import { AppError } from '../errors.js';
import { sql, type Database, type Sql } from '../database.js';
import { connection, encodePageCursor, limitOf, type Page } from '../paging.js';
import type { Principal } from '../principal.js';
import type { Asked, Noun, Paged, Relation, Shape } from './noun.js';

/** Joins of one statement at the most; what is asked for beyond that its own resolvers read. */
const MAX_RELATIONS = 12;

type Values = readonly unknown[];
type Row = Record<string, unknown>;

/** Who asks, and for which pages. */
interface Asker {
  principal: Principal;
  pages: Readonly<Record<string, Page>>;
}

type Read = (values: Values, from: number, asker: Asker) => Row;
type Put = (row: Row, values: Values, from: number, asker: Asker) => void;

/** The parts of a statement that brings a noun in a shape, and how its rows are read. */
interface Plan {
  columns: readonly string[];
  joins: readonly ((asker: Asker) => Sql)[];
  /** Makes an object of the values from a place on. */
  read: Read;
}

/** A statement's SELECT list and joins over the rows of a noun, and what makes objects of its rows. */
export interface ShapedSelect<R> {
  list: Sql;
  joins: Sql;
  read: (values: Values) => R;
}

const plans = new WeakMap<Shape, Map<string, Plan>>();

/**
 * Brings a noun, with everything that is asked of it, in one statement: a FROM item named `alias` with whole rows of the
 * noun's table, about which the caller of this has decided already who may see them.
 * @param also properties that whoever reads the list needs besides.
 */
export function shapedSelect<R>(
  db: Database,
  noun: Noun,
  asked: Asked,
  principal: Principal,
  alias: string,
  also: readonly string[] = [],
): ShapedSelect<R> {
  const { shape, pages } = permitted(noun, asked, principal);
  let known = plans.get(shape);
  if (!known) plans.set(shape, (known = new Map()));
  const key = `${alias} ${also.join(' ')}`;
  let plan = known.get(key);
  if (!plan) known.set(key, (plan = new Planner(db).plan(noun, shape, alias, { json: false, also })));
  const asker = { principal, pages };
  const { read } = plan;
  return {
    list: sql.raw(plan.columns.join(', ')),
    joins:
      plan.joins.length > 0
        ? sql.join(
            plan.joins.map((join) => join(asker)),
            sql` `,
          )
        : sql``,
    read: (values) => read(values, 0, asker) as R,
  };
}

/** Leaves out what must be refused where its field stands, so that the field's own resolver does it. */
function permitted(noun: Noun, { shape, pages }: Asked, principal: Principal): { shape: Shape; pages: Asker['pages'] } {
  const checked: Record<string, Page> = {};
  let relations: Map<string, Shape> | null = null;
  for (const name of shape.relations.keys()) {
    const relation = noun.relations[name]!;
    if (relation.kind !== 'page') continue;
    const page = relation.may(principal) ? pageOrNull(relation, pages[name] ?? {}) : null;
    if (page) checked[name] = page;
    else (relations ??= new Map(shape.relations)).delete(name);
  }
  return { shape: relations ? { ...shape, relations } : shape, pages: checked };
}

function pageOrNull(relation: Paged, request: Asked['pages'][string]): Page | null {
  try {
    return relation.page(request);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

class Planner {
  #aliases = 0;

  constructor(private readonly db: Database) {}

  plan(noun: Noun, shape: Shape, alias: string, { json, also }: { json: boolean; also: readonly string[] }): Plan {
    const columns: string[] = [];
    const joins: Plan['joins'][number][] = [];
    const followed = [...shape.relations].slice(0, Math.max(0, MAX_RELATIONS - this.#aliases));
    const left = [...shape.relations.keys()].slice(followed.length);
    const wanted = this.#properties(noun, shape.fields, [...left, ...also]);
    const puts: Put[] = [];
    for (const { property, column, isTime } of this.db.describe(noun.entity).columns) {
      if (wanted && !wanted.has(property)) continue;
      const at = columns.push(`${alias}."${column}"`) - 1;
      if (json && isTime) {
        puts.push((row, values, from) => {
          const value = values[from + at] as string | null;
          row[property] = value === null ? null : new Date(value);
        });
      } else {
        puts.push((row, values, from) => {
          row[property] = values[from + at];
        });
      }
    }
    for (const [name, child] of followed) {
      puts.push(this.#relate(noun, name, child, alias, columns, joins, json));
    }
    const read: Read = (values, from, asker) => {
      const row: Row = {};
      for (const put of puts) put(row, values, from, asker);
      return row;
    };
    return { columns, joins, read };
  }

  /** Adds the columns and joins of what hangs on a row. @returns what puts it into the row. */
  #relate(
    noun: Noun,
    name: string,
    shape: Shape,
    of: string,
    columns: string[],
    joins: Plan['joins'][number][],
    json: boolean,
  ): Put {
    const relation: Relation = noun.relations[name]!;
    const alias = `r${(this.#aliases += 1)}`;
    const first = columns.length;
    switch (relation.kind) {
      case 'one': {
        const { table } = this.db.describe(relation.noun().entity);
        const join = sql.raw(
          `left join "${table}" ${alias} on ${alias}.workspace_id = ${of}.workspace_id and ${alias}.id = ${of}."${this.#columnOf(noun, relation.key)}"`,
        );
        joins.push(() => join);
        const child = this.plan(relation.noun(), shape, alias, { json, also: ['id'] });
        const id = first + child.columns.indexOf(`${alias}."id"`);
        columns.push(...child.columns);
        joins.push(...child.joins);
        return (row, values, from, asker) => {
          row[name] = values[from + id] === null ? null : child.read(values, from + first, asker);
        };
      }
      case 'many': {
        const child = this.plan(relation.noun(), shape, 't', { json: true, also: [] });
        joins.push((asker) => listed(alias, child, sql.raw(relation.rows(of)), sql.raw(relation.order), asker));
        columns.push(`${alias}.found`);
        return (row, values, from, asker) => {
          row[name] = ((values[from + first] ?? []) as Values[]).map((each) => child.read(each, 0, asker));
        };
      }
      case 'page': {
        const child = this.plan(relation.noun(), shape, 't', { json: true, also: [] });
        const { table } = this.db.describe(relation.noun().entity);
        joins.push((asker) => {
          const page = asker.pages[name]!;
          const { condition, order } = byPosition(page);
          const rows = sql`select t.* from ${sql.raw(`"${table}" t where ${relation.rows(of)}`)} and ${condition}
            order by ${order} limit ${limitOf(page)}`;
          return listed(alias, child, rows, order, asker);
        });
        columns.push(`${alias}.found`);
        return (row, values, from, asker) => {
          const rows = ((values[from + first] ?? []) as Values[]).map((each) => child.read(each, 0, asker));
          row[name] = connection(asker.pages[name]!, rows, positionCursor);
        };
      }
      case 'figures': {
        joins.push(({ principal }) => relation.join(of, alias, principal));
        const figures = Object.entries(relation.columns(of, alias));
        columns.push(...figures.map(([, expression]) => expression));
        return (row, values, from) => {
          row[name] = Object.fromEntries(figures.map(([figure], index) => [figure, values[from + first + index]]));
        };
      }
    }
  }

  /** What must be read to answer fields; null = every property, because one of them says nothing of itself. */
  #properties(noun: Noun, fields: Shape['fields'], also: readonly string[]): Set<string> | null {
    if (!fields) return null;
    const own = new Set(this.db.describe(noun.entity).columns.map(({ property }) => property));
    const properties = new Set(noun.always);
    for (const field of [...fields, ...also]) {
      const relation = noun.relations[field];
      const of = noun.workedOut[field] ?? (relation?.kind === 'one' ? [relation.key] : relation ? [] : [field]);
      if (!of.every((property) => own.has(property))) return null;
      of.forEach((property) => properties.add(property));
    }
    return properties;
  }

  #columnOf(noun: Noun, property: string): string {
    return this.db.describe(noun.entity).columns.find((each) => each.property === property)!.column;
  }
}

/** The rows of a list as one value, in their order. */
const listed = (alias: string, child: Plan, rows: Sql, order: Sql, asker: Asker): Sql => sql`
  left join lateral (
    select json_agg(json_build_array(${sql.raw(child.columns.join(', '))}) order by ${order}) as found
    from (${rows}) t ${sql.join(
      child.joins.map((join) => join(asker)),
      sql` `,
    )}) ${sql.raw(alias)} on true`;

/** The condition and order of a page by position, over table `t`. */
function byPosition(page: Page): { condition: Sql; order: Sql } {
  const [at] = page.from ?? [];
  return {
    condition: at === undefined ? sql`true` : sql`t.position ${sql.raw(page.backwards ? '<' : '>')} ${at}::bigint`,
    order: sql.raw(`t.position ${page.backwards ? 'desc' : 'asc'}`),
  };
}

const positionCursor = (row: Row): string => encodePageCursor('POSITION', [String(row['position'])]);
