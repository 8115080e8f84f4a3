/**
 * What `npm test` runs, on a machine that has Node and nothing else. PC/SC, for the tests over real readers, is
 * installed first where that is possible (scripts/install-pcsc.sh); where not, the end says what was skipped and why.
 * Ends with the line `N passed, N failed` and a non-zero exit code if anything failed or nothing ran.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const require = createRequire(import.meta.url);
const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
const folder = mkdtempSync(join(tmpdir(), 'sokkin-test-'));
const report = join(folder, 'report.json');

const root = join(import.meta.dirname, '..');
if (process.platform === 'linux')
  spawnSync('bash', [join(root, 'scripts/install-pcsc.sh')], { stdio: 'inherit' });

const run = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', cwd: root },
);

let [passed, failed, skipped] = [0, 0, 0];
const reasons = new Map();
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed = result.numPassedTests;
  // A file that failed to load has no failed test of its own.
  const broken = result.testResults.filter(
    (f) => f.status === 'failed' && f.assertionResults.length === 0,
  ).length;
  failed = result.numFailedTests + broken;
  skipped = result.numPendingTests + result.numTodoTests;
  for (const file of result.testResults) {
    for (const test of file.assertionResults.filter((t) => !['passed', 'failed'].includes(t.status))) {
      const title = `${relative(root, file.name)}: ${test.ancestorTitles[0] || test.title}`;
      reasons.set(title, (reasons.get(title) ?? 0) + 1);
    }
  }
} catch (error) {
  console.error(`The test run left no report: ${error.message}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const ok = run.status === 0 && failed === 0 && passed > 0;
if (!ok && failed === 0) failed = 1;
for (const [title, n] of reasons) console.log(`skipped ${n}: ${title}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(ok ? 0 : 1);
