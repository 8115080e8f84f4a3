/** Starting and stopping: keys, configuration, folders, ports. */
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createServer, readConfig, startServer } from '../src/index.ts';
import { testDatabase } from '../src/postgres/test-database.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let dataFolder: string;
beforeEach(async () => {
  database = await testDatabase();
  dataFolder = await mkdtemp(join(tmpdir(), 'sokkin-start-'));
});
afterEach(async () => {
  await database.drop();
  await rm(dataFolder, { recursive: true, force: true });
});
const start = (port = 0) => startServer({ databaseUrl: database.url, dataFolder, port });
const keys = () => join(dataFolder, 'keys.json');

test('the key ceremony happens once; keys are private', async () => {
  const lines: string[] = [];
  const one = await createServer({ databaseUrl: database.url, dataFolder, log: (l) => lines.push(l) });
  const first = (await one.app.inject('/v1/pki')).json();
  await one.close();
  await one.close();
  const two = await createServer({ databaseUrl: database.url, dataFolder });
  expect((await two.app.inject('/v1/pki')).json()).toEqual(first);
  await two.close();
  expect(lines.filter((l) => l.startsWith('Key ceremony'))).toHaveLength(1);
  expect((await stat(keys())).mode & 0o777).toBe(0o600);
});

test('keys that are missing, damaged, exposed or of another back-end stop the start, and say so', async () => {
  await (await start()).close();
  const text = await readFile(keys(), 'utf8');
  await rm(keys());
  await expect(start()).rejects.toMatchObject({
    code: 'keys_missing',
    message: expect.stringContaining('keys.json'),
  });
  for (const damaged of [
    text.slice(0, 100),
    text.replace(/"content": ".{8}/, '"content": "AAAAAAAA'),
    text.replace(/"tag": "[0-9a-f]{8}/, '"tag": "00000001'),
    text.replace(/"warning": "These/, '"warning": "Those'),
  ]) {
    await writeFile(keys(), damaged, { mode: 0o600 });
    await expect(start()).rejects.toMatchObject({ code: 'keys_damaged' });
  }
  const other = await testDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'sokkin-start-'));
  await (await startServer({ databaseUrl: other.url, dataFolder: folder, port: 0 })).close();
  await writeFile(keys(), await readFile(join(folder, 'keys.json')));
  await expect(start()).rejects.toMatchObject({ code: 'key_passphrase_wrong' });
  const passphrase = await readFile(join(dataFolder, 'key-passphrase'));
  await writeFile(join(dataFolder, 'key-passphrase'), await readFile(join(folder, 'key-passphrase')));
  await expect(start()).rejects.toMatchObject({ code: 'keys_mismatch' });
  await writeFile(join(dataFolder, 'key-passphrase'), passphrase);
  await writeFile(keys(), text);
  await chmod(keys(), 0o644);
  await expect(start()).rejects.toMatchObject({ code: 'keys_exposed' });
  await chmod(keys(), 0o600);
  await (await start()).close();
  await other.drop();
  await rm(folder, { recursive: true });
});

test('a port that is taken, a database that does not answer, a folder that is a file', async () => {
  const server = await start();
  const port = Number(new URL(server.url).port);
  expect(new URL(server.url).hostname).toBe('127.0.0.1');
  expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({
    status: 'ok',
    version: expect.any(String),
    database: expect.stringMatching(/^PostgreSQL /),
  });
  await expect(start(port)).rejects.toMatchObject({
    code: 'port_in_use',
    message: expect.stringContaining('PORT'),
  });
  await server.close();
  const nowhere = new URL(database.url);
  nowhere.port = '1';
  await expect(createServer({ databaseUrl: nowhere.href, dataFolder })).rejects.toMatchObject({
    code: 'database_unreachable',
    message: expect.stringContaining('DATABASE_URL'),
  });
  await expect(createServer({ databaseUrl: database.url, dataFolder: keys() })).rejects.toMatchObject({
    code: 'data_folder_unusable',
  });
});

test('configuration: a wrong value names its variable and does not leak', () => {
  expect(readConfig({})).toMatchObject({ host: '127.0.0.1', port: 8787, databaseUrl: undefined });
  expect(readConfig({ PORT: '0', SOKKIN_DATA: '/x' })).toMatchObject({ port: 0, dataFolder: '/x' });
  for (const PORT of ['x', '-1', '65536', '80.5', '1e3']) expect(() => readConfig({ PORT })).toThrow(/^PORT/);
  const DATABASE_URL = 'mysql://u:secret@h/d';
  expect(() => readConfig({ DATABASE_URL })).toThrow(/^DATABASE_URL/);
  expect(() => readConfig({ DATABASE_URL })).not.toThrow(/secret/);
  expect(() => readConfig({ LOG_LEVEL: 'loud' })).toThrow(/^LOG_LEVEL/);
});

test('the OpenAPI document and its page need nothing from elsewhere', async () => {
  const server = await createServer({ databaseUrl: database.url, dataFolder });
  const api = (await server.app.inject('/openapi.json')).json();
  expect(api.openapi).toBe('3.1.0');
  expect(api.info.description).toContain('/v1/oauth/token');
  for (const path of ['/v1/purses/{id}/sync', '/v1/fundings', '/v1/redemptions/{id}/payment', '/v1/audit']) {
    expect(Object.keys(api.paths)).toContain(path);
  }
  const header = api.paths['/v1/fundings'].post.parameters[0];
  expect(header).toMatchObject({ name: 'idempotency-key', required: true });
  const page = await server.app.inject('/docs');
  expect(page.headers['content-type']).toContain('text/html');
  expect(page.body).not.toMatch(/https?:\/\//);
  await server.close();
});
