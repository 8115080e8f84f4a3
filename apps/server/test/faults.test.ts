/** What a database can do to a server that is in use: die, vanish, stand still, be full. Real processes, real PostgreSQL. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { moreAcknowledged, startLoad, wire } from './fault-trial.ts';
import type { Answer } from './kit.ts';
import { isRoot, query, started, tempFolder } from './postgres-trial.ts';
import { dataFolder, serverChild } from './server-child.ts';

const RETRYABLE = new Set(['database_unavailable', 'overloaded', 'storage_full', 'not_ready']);

/** Whatever was refused meanwhile says that it may be sent again, and when. */
function expectRetryable(refused: readonly Answer[]): void {
  for (const { status, headers, body } of refused) {
    expect(RETRYABLE, JSON.stringify(body)).toContain(body.code);
    expect([status, body.retryable, headers['retry-after']]).toEqual([503, true, '1']);
  }
}

test('kill -9 of PostgreSQL under load: the server is ready again by itself, and nothing acknowledged is gone', async () => {
  const folder = await tempFolder();
  let postgres = await started(folder);
  const line = await wire(postgres.url);
  const child = await serverChild({ DATABASE_URL: line.url, SOKKIN_DATA: await dataFolder() });
  const load = await startLoad(child.api);
  for (let round = 0; round < 2; round++) {
    await moreAcknowledged(load, 15);
    const pid = Number.parseInt(await readFile(join(folder, 'cluster/data/postmaster.pid'), 'utf8'), 10);
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(async () => (await child.api.get('/health/ready')).status, { timeout: 30_000 })
      .toBe(503);
    expect((await child.api.get('/health/live')).status).toBe(200);
    await postgres.stop();
    postgres = await started(folder);
    line.moveTo(postgres.url);
    await expect
      .poll(async () => (await child.api.get('/health/ready')).status, { timeout: 30_000 })
      .toBe(200);
  }
  await moreAcknowledged(load, 10);
  await load.end();
  expectRetryable(load.refused);
  await load.verify(child.api);
  expect(await child.kill('SIGTERM')).toBe(0);
});

test('connections that are ended by an administrator, or cut on the wire: those on them send again, and nothing is lost', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const line = await wire(database.url);
  const child = await serverChild({ DATABASE_URL: line.url, SOKKIN_DATA: await dataFolder() });
  const load = await startLoad(child.api);
  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  for (let round = 0; round < 3; round++) {
    await moreAcknowledged(load, 8);
    await query(database.url, end);
    await moreAcknowledged(load, 8);
    line.cut();
  }
  await moreAcknowledged(load, 8);
  await load.end();
  expect(load.refused.length).toBeLessThan(60);
  expectRetryable(load.refused);
  await load.verify(child.api);
});

test('locks that somebody holds: requests are answered in time with 503, and others go on', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const child = await serverChild({
    DATABASE_URL: database.url,
    SOKKIN_DATA: await dataFolder(),
    SOKKIN_DB_SECONDS: '1',
    SOKKIN_DB_CONNECTIONS: '3',
  });
  const load = await startLoad(child.api, 8);
  await moreAcknowledged(load, 5);
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('BEGIN; SELECT 1 FROM journals WHERE is_issuer FOR UPDATE');
  const before = load.refused.length;
  await expect.poll(() => load.refused.length, { timeout: 60_000 }).toBeGreaterThan(before + 10);
  const begun = performance.now();
  await child.api.get('/v1/accounts');
  expect(performance.now() - begun).toBeLessThan(10_000);
  await holder.query('COMMIT');
  await holder.end();
  await moreAcknowledged(load, 10);
  await load.end();
  expectRetryable(load.refused);
  expect(new Set(load.refused.map((answer) => answer.body.code))).toEqual(new Set(['overloaded']));
  await load.verify(child.api);
});

test('a full disk: what is acknowledged is there, the rest is refused, and it goes on when there is room', async (context) => {
  const folder = await tempFolder();
  const disk = join(folder, 'disk');
  await mkdir(disk);
  const mounted =
    isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=220m', 'tmpfs', disk]).status === 0;
  context.skip(!mounted, 'needs a root that may mount a small disk');
  onTestFinished(() => void spawnSync('umount', ['-l', disk]));
  let postgres = await started(disk);
  const line = await wire(postgres.url);
  const child = await serverChild({ DATABASE_URL: line.url, SOKKIN_DATA: await dataFolder() });
  const load = await startLoad(child.api);
  await moreAcknowledged(load, 10);
  const ballast = join(disk, 'ballast');
  const fill = () => spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1M'], { stdio: 'ignore' });
  fill();
  // What PostgreSQL has room for inside of its own files goes on; a large row has none.
  const big = { name: 'x'.repeat(150) };
  await expect
    .poll(
      async () => {
        for (let i = 0; i < 40; i++) {
          const made = await child.api.post('/v1/accounts', big);
          if (made.status !== 201) return made.status;
        }
        await query(
          postgres.url,
          'CREATE TABLE IF NOT EXISTS ballast AS SELECT repeat(md5(random()::text), 250) AS t FROM generate_series(1, 200)',
        ).catch(() => undefined);
        await query(postgres.url, 'INSERT INTO ballast SELECT t FROM ballast').catch(() => undefined);
        return 201;
      },
      { timeout: 120_000, interval: 10 },
    )
    .toBe(503);
  await rm(ballast);
  await writeFile(join(disk, 'room'), '');
  // PostgreSQL itself ends when it cannot write its log; then somebody starts it again.
  const alive = await query(postgres.url, 'SELECT 1').then(
    () => true,
    () => false,
  );
  if (!alive) {
    await postgres.stop();
    postgres = await started(disk);
    line.moveTo(postgres.url);
  }
  await expect.poll(async () => (await child.api.get('/health/ready')).status, { timeout: 60_000 }).toBe(200);
  await moreAcknowledged(load, 5);
  await load.end();
  expectRetryable(load.refused);
  await load.verify(child.api);
});

test('two processes on one database: one is killed under load, the other goes on', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const folder = await dataFolder();
  const env = { DATABASE_URL: database.url, SOKKIN_DATA: folder };
  const one = await serverChild(env);
  const two = await serverChild(env);
  const load = await startLoad(one.api);
  const other = await startLoad(two.api);
  await moreAcknowledged(load, 10);
  await one.kill('SIGKILL');
  await moreAcknowledged(other, 10);
  await load.end();
  await other.end();
  await load.verify(two.api);
  await other.verify(two.api);
});
