import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { migrationConfig } from '../../src/entities/migrate.js';

const listed = migrationConfig('postgresql://localhost/none').migrations.migrationsList.map(({ name }) => name);

describe('the migrations', () => {
  it('are numbered one after another in the order in which they run', () => {
    const numbers = listed.map((name) => /^(\d{4})-[a-z][a-z-]*$/.exec(name)?.[1]);
    expect(numbers).toEqual(listed.map((_, at) => String(at + 1).padStart(4, '0')));
  });

  it('are all of the folder', () => {
    const files = readdirSync('src/entities/migrations').filter((file) => /^\d/.test(file));
    expect(files.map((file) => file.replace(/\.ts$/, '')).toSorted()).toEqual(listed.toSorted());
  });

  it('have classes named after them', () => {
    for (const { name, class: made } of migrationConfig('postgresql://localhost/none').migrations.migrationsList) {
      const words = name.split('-').map((word) => word[0]!.toUpperCase() + word.slice(1));
      expect(made.name).toBe(`Migration${words.join('')}`);
    }
  });
});
