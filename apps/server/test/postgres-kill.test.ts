/** The embedded PostgreSQL when programs are killed: nothing acknowledged is lost, the next start works. */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { childrenOf, isAlive, pause, query, startChild, started, tempFolder } from './postgres-trial.ts';

const needsProc = process.platform !== 'linux';

async function postmasterOf(folder: string): Promise<number> {
  return Number.parseInt(await readFile(join(folder, 'cluster/data/postmaster.pid'), 'utf8'), 10);
}

function lastId(text: string): number {
  return Math.max(0, ...[...text.matchAll(/^id (\d+)\n/gm)].map((match) => Number(match[1])));
}

async function expectAllRows(url: string, acknowledged: number): Promise<void> {
  const rows = await query(url, `SELECT count(*)::int AS n FROM acknowledged WHERE id <= ${acknowledged}`);
  expect(rows).toEqual([{ n: acknowledged }]);
}

test('kill -9 of the program loses no acknowledged row, and PostgreSQL ends by itself', async () => {
  const folder = await tempFolder();
  for (let round = 0; round < 3; round++) {
    const child = startChild(folder);
    await child.prints('ready');
    await pause(200 + 130 * round);
    const postmaster = await postmasterOf(folder);
    await child.kill();
    const acknowledged = lastId(child.text());
    expect(acknowledged).toBeGreaterThan(0);
    const postgres = await started(folder);
    expect(isAlive(postmaster)).toBe(false);
    await expectAllRows(postgres.url, acknowledged);
    await postgres.stop();
  }
});

test.skipIf(needsProc)(
  'PostgreSQL follows its killed program within seconds, with no next start',
  async () => {
    const folder = await tempFolder();
    const child = startChild(folder);
    await child.prints('ready');
    const postmaster = await postmasterOf(folder);
    await child.kill();
    await expect.poll(() => isAlive(postmaster), { timeout: 10_000 }).toBe(false);
  },
);

test.skipIf(needsProc)('an orphan whose guard was killed as well is ended by the next start', async () => {
  const folder = await tempFolder();
  const child = startChild(folder);
  await child.prints('id 20\n');
  const postmaster = await postmasterOf(folder);
  for (const pid of childrenOf(child.pid)) if (pid !== postmaster) process.kill(pid, 'SIGKILL');
  await child.kill();
  await pause(200);
  expect(isAlive(postmaster)).toBe(true);
  const said: string[] = [];
  const postgres = await started(folder, (line) => said.push(line));
  expect(isAlive(postmaster)).toBe(false);
  expect(said.join()).toContain(`SIGINT to process ${postmaster}`);
  await expectAllRows(postgres.url, lastId(child.text()));
});

test.skipIf(needsProc)('kill -9 of program and postmaster together loses nothing', async () => {
  const folder = await tempFolder();
  const child = startChild(folder);
  await child.prints('id 20\n');
  process.kill(await postmasterOf(folder), 'SIGKILL');
  await child.kill();
  const postgres = await started(folder);
  await expectAllRows(postgres.url, lastId(child.text()));
});

test('kill -9 at any moment of the first start leaves a folder that starts', async () => {
  const folder = await tempFolder();
  const child = startChild(folder);
  await child.prints('creating a database'); // From here on by the clock: initdb takes about 0.5 s.
  await child.kill();
  for (const delay of [60, 180, 300, 420, 540, 700]) {
    const next = startChild(folder);
    await next.prints('creating a database');
    await pause(delay);
    await next.kill();
  }
  const postgres = await started(folder);
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('a stranger that got the old process id is neither trusted nor harmed', async () => {
  const folder = await tempFolder();
  await (await started(folder)).stop();
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void stranger.kill('SIGKILL'));
  await writeFile(
    join(folder, 'lock'),
    JSON.stringify({ pid: stranger.pid, birth: 'long ago', host: 'here' }),
  );
  const lines = [stranger.pid, '/proc/self/cwd', 1_700_000_000, 5432, '', '127.0.0.1', '1 1', 'ready'];
  await writeFile(join(folder, 'cluster/data/postmaster.pid'), `${lines.join('\n')}\n`, { mode: 0o600 });
  const postgres = await started(folder);
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(isAlive(stranger.pid ?? 0)).toBe(true);
});
