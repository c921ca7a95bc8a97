import { readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';

type Permission = 'yes' | 'types' | RegExp;

/** What may be imported from the rooms and libraries; a RegExp names the files whose values may be, besides types. */
const table: Record<string, Record<string, Permission>> = {
  schema: { schema: 'yes', services: /^services\/(error-codes|actions)\.ts$/, entities: /enums?\.ts$/, graphql: 'yes' },
  resolvers: { schema: 'yes', resolvers: 'yes', services: 'yes', entities: 'types', graphql: 'yes' },
  services: { services: 'yes', entities: 'yes', pubsub: /^pubsub\/topics\.ts$/, database: 'yes' },
  entities: { entities: 'yes', database: 'yes' },
  pubsub: { pubsub: 'yes' },
  embedded: { embedded: 'yes', pg: 'yes' },
};
/** From these rooms only the named files may be imported, even as types. */
const onlyTheseFiles: Record<string, RegExp> = {
  'schema → services': /^services\/(error-codes|errors|actions)\.ts$/,
  'services → pubsub': /^pubsub\/(bus|topics)\.ts$/,
};
const seesEverything = /^(server|main|config)\.ts$|^cli\//;
/** The two places of the resolvers that read the database themselves. */
const readsForResolvers = /^resolvers\/(context|loaders?)(\/|\.ts$)|^resolvers\/[^/]*-loaders?\.ts$/;

const libraries: [RegExp, string][] = [
  [/^(graphql|type-graphql|graphql-[^/]+|@apollo\/[^/]+)(\/|$)/, 'graphql'],
  [/^(@mikro-orm\/[^/]+|kysely|pg)(\/|$)/, 'database'],
];

interface Import {
  typeOnly: boolean;
  specifier: string;
}

/** All static, dynamic and re-exporting imports of a source text. */
function importsOf(text: string): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  for (const [, clause = '', specifier = ''] of code.matchAll(
    /^\s*(?:import|export)\s+((?:type\s+)?[\w*${}\s,]*?)(?:\s*from\s*)?['"]([^'"]+)['"]/gm,
  )) {
    const names = /^\{([\s\S]*)\}$/
      .exec(clause.trim())?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '');
    const typeOnly =
      clause.startsWith('type ') || (names?.every((name) => name.trim().startsWith('type ')) && names.length > 0);
    found.push({ typeOnly: typeOnly === true, specifier });
  }
  for (const [, specifier = ''] of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ typeOnly: false, specifier });
  }
  return found;
}

/** Why `file` may not import it, or undefined when it may; paths are relative to src. */
function complaint(file: string, { specifier, typeOnly }: Import): string | undefined {
  const rules = table[file.split('/')[0] ?? ''];
  if (seesEverything.test(file) || !rules) return undefined;
  if (!specifier.startsWith('.')) {
    const library = libraries.find(([pattern]) => pattern.test(specifier))?.[1];
    if (!library || rules[library] === 'yes' || rules[specifier] === 'yes') return undefined;
    if (library === 'database' && readsForResolvers.test(file)) return undefined;
    return `${file} imports ${specifier}`;
  }
  const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  if (target === 'config.ts' && typeOnly) return undefined;
  const [from = '', to = ''] = [file.split('/')[0], target.split('/')[0]];
  const permission = rules[to];
  const named = onlyTheseFiles[`${from} → ${to}`];
  if (!permission || (named && !named.test(target))) return `${file} imports ${target}`;
  if (permission === 'yes' || typeOnly) return undefined;
  if (permission !== 'types' && permission.test(target)) return undefined;
  return `${file} imports values of ${target}, where only types are allowed`;
}

const root = join(import.meta.dirname, '../../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

test('every room imports only what the table allows', () => {
  const complaints = files.flatMap(({ file, text }) => importsOf(text).map((found) => complaint(file, found)));
  expect(complaints.filter((found) => found !== undefined)).toEqual([]);
});

test.each([
  ['entities/a.ts', `import { b } from '../services/b.js'`, 'entities/a.ts imports services/b.ts'],
  ['resolvers/a.ts', `import type { B } from '../entities/b.js'`, undefined],
  ['resolvers/a.ts', `import { type B,\n  type C } from '../entities/b.js'`, undefined],
  [
    'resolvers/a.ts',
    `import { type B, c } from '../entities/b.js'`,
    'resolvers/a.ts imports values of entities/b.ts, where only types are allowed',
  ],
  ['resolvers/a.ts', `import pg from 'pg'`, 'resolvers/a.ts imports pg'],
  ['resolvers/loaders/a.ts', `import { sql } from 'kysely'`, undefined],
  [
    'services/record/a.ts',
    `export * from '../../pubsub/redis-bus.js'`,
    'services/record/a.ts imports pubsub/redis-bus.ts',
  ],
  ['services/a.ts', `import type { Bus } from '../pubsub/bus.js'`, undefined],
  ['services/a.ts', `const b = await import('graphql')`, 'services/a.ts imports graphql'],
  ['schema/a.ts', `import '../resolvers/b.js'`, 'schema/a.ts imports resolvers/b.ts'],
  ['pubsub/a.ts', `import { config } from '../config.js'`, 'pubsub/a.ts imports config.ts'],
  ['pubsub/a.ts', `import type { Config } from '../config.js'`, undefined],
  [
    'services/a.ts',
    `import { startEmbeddedPostgres } from '../embedded/postgres.js'`,
    'services/a.ts imports embedded/postgres.ts',
  ],
  ['cli/a.ts', `import { startEmbeddedPostgres } from '../embedded/postgres.js'`, undefined],
])('the table judges %s: %s', (file, text, expected) => {
  expect(importsOf(text).map((found) => complaint(file, found))).toEqual([expected]);
});

test('only src/config.ts reads the environment', () => {
  const readers = files.filter(({ text }) => /process\s*\.\s*env\b|\benv\b[^;]*from 'node:process'/.test(text));
  expect(readers.map(({ file }) => file).filter((file) => file !== 'config.ts')).toEqual([]);
});

test('no source file is longer than 300 lines', () => {
  expect(files.filter(({ text }) => text.trimEnd().split('\n').length > 300).map(({ file }) => file)).toEqual([]);
});
