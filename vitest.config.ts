import { totalmem } from 'node:os';
import { defineConfig } from 'vitest/config';
import { APART } from './tests/apart.ts';
import { LongestFirst } from './tests/order.ts';

/** One more than a small machine has cores: tests wait for readers, signals and programs that were killed. Each takes up to 1.5 GB. */
const WORKERS = totalmem() > 12 * 2 ** 30 ? 3 : 2;

const COMMON = {
  testTimeout: 300_000,
  hookTimeout: 300_000,
  // How long something takes on a machine that is busy says nothing.
  expect: { poll: { timeout: 60_000, interval: 20 } },
  pool: 'forks',
  maxWorkers: WORKERS,
} as const;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    globalSetup: [
      'tests/quick-folder.ts',
      'apps/server/test/postgres-global.ts',
      'tests/programs-global.ts',
      'tests/built-pages.ts',
    ],
    projects: [
      { test: { ...COMMON, name: 'apart', include: [...APART] } },
      {
        test: {
          ...COMMON,
          name: 'shared',
          include: ['{packages,adapters,apps}/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...APART],
          // Loading the back-end takes 2 s of CPU: files share what is loaded, and none leaves anything behind in its process.
          isolate: false,
        },
      },
    ],
  },
});
