/**
 * What `npm test` runs, on a machine that has Node and nothing else. Lint comes first, because it is quick; types are checked beside the
 * tests, which end when there is something wrong with them; with file names as arguments only the tests of these files are run. What the suite over PC/SC readers needs is
 * installed where possible (scripts/install-pcsc.sh); SOKKIN_PCSC=0 leaves that suite out, SOKKIN_PCSC=1 makes it an
 * error if it cannot run. SoftHSM2, for the tests over PKCS#11, comes by scripts/install-softhsm.sh. Where tests were skipped, the end says which and why.
 * Ends with the line `N passed, N failed` and a non-zero exit code if anything failed or nothing ran. A run that does not end within
 * SOKKIN_TEST_MINUTES (40) is ended, and says what it was waiting for (tests/deadline.ts).
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '..');
const files = process.argv.slice(2);
const run = (script, ...args) =>
  spawnSync(process.execPath, [script, ...args], { stdio: 'inherit', cwd: root }).status;

/** `ended`: its exit code. A group of its own, so that what it started can be ended with it, also when it does not answer. */
function start(script, ...args) {
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit', cwd: root, detached: true });
  return { child, ended: new Promise((done) => child.once('close', done).once('error', () => done(1))) };
}
const inPackage = (name, ...path) => join(dirname(require.resolve(`${name}/package.json`)), ...path);

/** All processes that came of this one: what they wait in, and for how long they have worked. */
function processesUnder(pid) {
  const { stdout } = spawnSync('ps', ['-eo', 'pid,ppid,stat,wchan:24,time,args'], { encoding: 'utf8' });
  const found = new Map();
  // Whoever was started later stands later, but for numbers that began anew.
  for (const line of (stdout ?? '').split('\n')) {
    const [id, parent] = line.trim().split(/\s+/).map(Number);
    if (id === pid || found.has(parent)) found.set(id, line);
  }
  return found;
}

/** Ends the run, with the closing line that a failed run has. */
function stop(what) {
  console.error(`${what} failed: the tests were not run to their end.`);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

/** One after the other, because apt has one lock; what comes of it is seen by the tests that need it. */
function install(scripts) {
  const words = ['-c', 'for script; do bash "$script"; done', 'sh', ...scripts];
  const child = spawn('bash', words, { stdio: 'inherit', cwd: join(root, 'scripts') });
  return new Promise((done) => void child.once('close', done).once('error', done));
}
const mayReachReaders = files.length === 0 || files.some((file) => file.includes('pcsc'));
const mayReachHsm = files.length === 0 || files.some((file) => /(key|pkcs11)/.test(file));
const wanted = [
  ...(process.env.SOKKIN_PCSC !== '0' && mayReachReaders ? ['install-pcsc.sh'] : []),
  ...(mayReachHsm ? ['install-softhsm.sh'] : []),
];
// It waits for downloads: meanwhile there is work.
const installed = process.platform === 'linux' ? install(wanted) : undefined;

if (files.length === 0 && run(inPackage('@biomejs/biome', 'bin', 'biome'), 'check', '.') !== 0)
  stop('Lint (npm run lint)');
const types = files.length === 0 ? start(inPackage('typescript', 'bin', 'tsc'), '-b') : undefined;

const folder = mkdtempSync(join(tmpdir(), 'sokkin-test-'));
const report = join(folder, 'report.json');

await installed;
const unended = join(folder, 'unended.json');
process.env.SOKKIN_TEST_UNENDED = unended;
const tests = start(
  inPackage('vitest', 'vitest.mjs'),
  'run',
  '--reporter=default',
  `--reporter=${join(import.meta.dirname, 'deadline.ts')}`,
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...files,
);
// As Ctrl-C does: it clears away what it has started.
void types?.ended.then((code) => code !== 0 && tests.child.kill('SIGINT'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    for (const group of [tests, types]) group?.child.kill(signal);
  });

/** Those that a run that is given up would leave behind. */
let leftBehind = [];
/** What is blocked outlives whoever asks it to end. */
function endAll() {
  for (const pid of [-tests.child.pid, ...leftBehind]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {} // It is gone.
  }
}
/** Its own time to clear away, then none. */
const GRACE_MS = 60_000;
const watch = setInterval(() => {
  if (!existsSync(unended)) return;
  clearInterval(watch);
  const running = processesUnder(tests.child.pid);
  leftBehind = [...running.keys()];
  console.error([...running.values()].join('\n'));
  tests.child.kill('SIGINT');
  setTimeout(endAll, GRACE_MS).unref();
}, 1000);
const status = await tests.ended;
clearInterval(watch);
endAll();
if (existsSync(unended)) {
  const left = JSON.parse(readFileSync(unended, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  console.error(
    'The tests did not end in time (SOKKIN_TEST_MINUTES), or one was silent for too long. What was still running:',
  );
  for (const { file, tests: names, seconds } of left.unended) {
    console.error(`  ${file}, for ${seconds} s`);
    for (const name of names) console.error(`    ${name}`);
  }
  console.log(`${left.passed} passed, ${left.failed + Math.max(1, left.unended.length)} failed`);
  process.exit(1);
}
if (types !== undefined && (await types.ended) !== 0) {
  rmSync(folder, { recursive: true, force: true });
  stop('The type check (npm run types)');
}

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
const ok = status === 0 && failed === 0 && passed > 0;
if (!ok && failed === 0) failed = 1;
for (const [title, n] of reasons) console.log(`skipped ${n}: ${title}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(ok ? 0 : 1);
