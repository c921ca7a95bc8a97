import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // type-graphql resolves the CommonJS build; ours must be the same copy, or `instanceof` fails.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['reflect-metadata'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    pool: 'forks',
    // Each worker has a PostgreSQL backend or more at work beside it, so that more would not be faster on 2 cores.
    maxWorkers: 2,
    sequence: { shuffle: true },
    testTimeout: 15_000,
    hookTimeout: 30_000,
    teardownTimeout: 20_000,
  },
});
