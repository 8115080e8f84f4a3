/**
 * Test files with a process of their own each. The library of readers asks the environment once in its life where its daemon is, and a daemon
 * that is gone can hold Node's only thread for good: with it, every file that came after.
 */
export const APART: readonly string[] = [
  'adapters/pcsc/test/**/*.test.ts',
  'apps/cli/test/bridge-browser.test.ts',
  'apps/softpos/test/bridge.test.ts',
];
