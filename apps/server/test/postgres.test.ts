/** The embedded PostgreSQL in good times: durable, private, one program per folder, clear errors. */
import { appendFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharedBuffers } from '../src/postgres/create-cluster.ts';
import { startEmbeddedPostgres } from '../src/postgres/embedded.ts';
import { startError } from '../src/postgres/start-error.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import { isAlive, query, startChild, started, tempFolder } from './postgres-trial.ts';

test('is durable, whatever postgresql.conf says', async () => {
  const folder = await tempFolder();
  await (await started(folder)).stop();
  await appendFile(join(folder, 'cluster/data/postgresql.conf'), 'fsync = off\nsynchronous_commit = off\n');
  const { url } = await started(folder);
  const show = async (name: string) => (await query(url, `SHOW ${name}`))[0]?.[name];
  expect(await show('data_checksums')).toBe('on');
  expect(await show('fsync')).toBe('on');
  expect(await show('synchronous_commit')).toBe('on');
  expect(await show('full_page_writes')).toBe('on');
  expect(await show('server_encoding')).toBe('UTF8');
  expect(await query(url, 'SELECT datcollate FROM pg_database WHERE datname = current_database()')).toEqual([
    { datcollate: 'C' },
  ]);
});

test('an eighth of the memory is for its pages, within bounds', () => {
  expect([1, 8, 64].map((gibibytes) => sharedBuffers(gibibytes * 2 ** 30))).toEqual([
    '192MB',
    '1024MB',
    '2048MB',
  ]);
});

test('is reached from this machine only, and with its password only', async () => {
  const folder = await tempFolder();
  const { url } = await started(folder);
  expect(new URL(url).hostname).toBe('127.0.0.1');
  expect(await query(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  expect(await query(url, 'SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
  expect(await query(url, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules')).toEqual([
    { auth_method: 'scram-sha-256' },
  ]);
  expect((await stat(join(folder, 'cluster/password'))).mode & 0o777).toBe(0o600);
  const wrong = new URL(url);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
});

test('keeps its rows over a stop, which may be asked for twice', async () => {
  const folder = await tempFolder();
  const first = await started(folder);
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS id');
  await Promise.all([first.stop(), first.stop()]);
  await first.stop();
  const second = await started(folder);
  expect(await query(second.url, 'SELECT id FROM kept')).toEqual([{ id: 42 }]);
});

test('a second start is refused while the first lives, in this process and in another', async () => {
  const folder = await tempFolder();
  const first = await started(folder);
  const refusal = { code: 'data_folder_in_use', message: expect.stringContaining(`process ${process.pid} `) };
  await expect(startEmbeddedPostgres({ folder })).rejects.toMatchObject(refusal);
  await first.stop();

  const child = startChild(folder);
  await child.prints('ready');
  const error = await startEmbeddedPostgres({ folder }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'data_folder_in_use' });
  expect(String(error)).toContain(folder);
  expect(String(error)).toContain(`kill ${child.pid}`);
  expect(isAlive(child.pid)).toBe(true);
});

test('of many starts at once, one wins', async () => {
  const folder = await tempFolder();
  const starts = await Promise.allSettled(Array.from({ length: 8 }, () => startEmbeddedPostgres({ folder })));
  const winners = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  await Promise.all(winners.map((winner) => winner.stop()));
  expect(winners).toHaveLength(1);
});

test('a failed start carries what PostgreSQL said, and frees the folder', async () => {
  const folder = await tempFolder();
  await (await started(folder)).stop();
  await appendFile(join(folder, 'cluster/data/postgresql.conf'), "shared_buffers = 'nonsense'\n");
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(startEmbeddedPostgres({ folder })).rejects.toMatchObject({
      code: 'database_start_failed',
      message: expect.stringMatching(/DATABASE_URL[\s\S]*invalid value for parameter "shared_buffers"/),
    });
  }
});

test('a folder that cannot be made is named', async () => {
  const folder = await tempFolder();
  await appendFile(join(folder, 'file'), '');
  await expect(startEmbeddedPostgres({ folder: join(folder, 'file/data') })).rejects.toMatchObject({
    code: 'database_start_failed',
    message: expect.stringContaining(join(folder, 'file/data')),
  });
});

test('a full disk is called a full disk', () => {
  const error = startError('The database could not be created', '/data', 'FATAL: x: No space left on device');
  expect(error).toMatchObject({ code: 'disk_full', message: expect.stringContaining('/data is full') });
});

test('what a torn first start left is removed', async () => {
  const folder = await tempFolder();
  await mkdir(join(folder, 'cluster.new-0123/data'), { recursive: true });
  await started(folder);
  expect((await readdir(folder)).sort()).toEqual(['cluster', 'lock', 'postgresql.log']);
});

test('test databases do not see each other, and go when dropped', async () => {
  const [one, two] = await Promise.all([testDatabase({ plain: true }), testDatabase({ plain: true })]);
  await query(one.url, 'CREATE TABLE t (id int)');
  await query(two.url, 'CREATE TABLE t (id int)');
  await one.drop();
  await expect(query(one.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  expect(await query(two.url, 'SELECT * FROM t')).toEqual([]);
  await two.drop();
});
