// Writes the SDL that the resolvers make to src/schema/schema.graphql, or with --check says whether it is the one there.
import { readFile, writeFile } from 'node:fs/promises';
import { printSchema } from 'graphql';
import { lexicographicSortSchema } from 'graphql';
import { allResolvers } from '../dist/resolvers/all-resolvers.js';
import { buildApiSchema } from '../dist/schema/build-schema.js';

const file = new URL('../src/schema/schema.graphql', import.meta.url);
const sdl = `${printSchema(lexicographicSortSchema(await buildApiSchema(allResolvers)))}\n`;
if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8')) !== sdl) {
    console.error('src/schema/schema.graphql is not what the resolvers make: run "npm run schema"');
    process.exit(1);
  }
} else {
  await writeFile(file, sdl);
}
