import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,adapters,apps}/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
    globalSetup: ['apps/server/test/postgres-global.ts', 'tests/programs-global.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
