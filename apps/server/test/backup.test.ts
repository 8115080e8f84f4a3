/** Backup under load, restore, and go on; damaged files are refused by name and change nothing. */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FIRST_ISSUER } from '@sokkin/issuer';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readBlocks } from '../src/backup/format.ts';
import { inspectBackup, restoreBackup, startServer, takeBackup } from '../src/index.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import {
  type Api,
  freshKey,
  fundPurse,
  httpApi,
  newPurse,
  type Purse,
  payOffline,
  type Rig,
  redeem,
  rig,
  sandboxClient,
  sync,
} from './kit.ts';

let r: Rig;
let folder: string;
let purses: [Purse, Purse];
beforeAll(async () => {
  r = await rig();
  folder = await mkdtemp(join(tmpdir(), 'sokkin-backup-'));
  purses = [await newPurse(r.api), await newPurse(r.api)];
  for (const purse of purses) await fundPurse(r.api, purse, 5_000n);
  await payOffline(purses[0], purses[1], 300n);
  await sync(r.api, purses[1]);
});
afterAll(async () => {
  await r.close();
  await rm(folder, { recursive: true, force: true });
});

const take = (name: string) =>
  takeBackup({ databaseUrl: r.databaseUrl, target: join(folder, name), program: '0.1.0', now: new Date() });

async function emptyDatabase(): Promise<string> {
  const { url, drop } = await testDatabase({ plain: true });
  onTestFinished(drop);
  return url;
}

async function tablesIn(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    `SELECT count(*)::int AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
  );
  await client.end();
  return rows[0].n;
}

/** The back-end again, on other data with the same keys. */
async function startOn(databaseUrl: string, more: { identityDatabaseUrl?: string } = {}) {
  const dataFolder = await mkdtemp(join(folder, 'data-'));
  for (const name of await readdir(r.dataFolder))
    if (/\.json$|passphrase/.test(name)) await cp(join(r.dataFolder, name), join(dataFolder, name));
  const server = await startServer({ databaseUrl, dataFolder, port: 0, ...more });
  onTestFinished(() => server.close().then(() => undefined));
  const [first, second] = (['first', 'second'] as const).map((name) =>
    httpApi(server.url, sandboxClient(dataFolder, name)),
  ) as [Api, Api];
  return { first, second };
}

test('a backup under write load is one moment; what was restored answers the same, and goes on', async () => {
  const [a, b] = purses;
  const acknowledged: { readonly key: string; readonly id: string; readonly at: number }[] = [];
  let isLoading = true;
  const load = async () => {
    while (isLoading) {
      const key = freshKey();
      const body = { account: a.account, purse: a.id, max_amount: '3' };
      const answer = await r.api.post('/v1/redemptions', body, { 'idempotency-key': key });
      acknowledged.push({ key, id: answer.body.id, at: performance.now() });
    }
  };
  const paying = async () => {
    while (isLoading) {
      await payOffline(a, b, 1n);
      await sync(r.api, b);
      await sync(r.api, a);
      await redeem(r.api, b, 1n);
    }
  };
  const loads = [load(), load(), load(), paying()];
  await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(8);
  const begun = performance.now();
  const taken = await take('under-load');
  const during = acknowledged.length;
  await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(during);
  isLoading = false;
  await Promise.all(loads);

  const url = await emptyDatabase();
  const restored = await restoreBackup({ databaseUrl: url, file: taken.file });
  expect(restored.totals).toEqual(taken.totals);
  expect(restored.tables).toEqual(taken.tables);
  const { first: back } = await startOn(url);
  const audit = (await back.get('/v1/audit')).body;
  expect(audit).toMatchObject({ holds: true, issued: taken.totals.issued, online: taken.totals.online });
  // What was acknowledged before the backup began is in it, with its answer.
  const before = acknowledged.filter((x) => x.at < begun);
  expect(before.length).toBeGreaterThan(5);
  expect(acknowledged.length).toBeGreaterThan(before.length);
  for (const { key, id } of before) {
    const body = { account: a.account, purse: a.id, max_amount: '3' };
    const again = await back.post('/v1/redemptions', body, { 'idempotency-key': key });
    expect([again.status, again.body.id, again.headers['idempotent-replayed']]).toEqual([201, id, 'true']);
  }
  expect((await back.get('/v1/pki')).body).toEqual((await r.api.get('/v1/pki')).body);
  // It goes on with numbers that were never given.
  for (let i = 0; i < 3; i++) {
    const purse = await newPurse(back);
    await back.make('/v1/redemptions', { account: purse.account, purse: purse.id, max_amount: '1' });
  }
  expect((await back.get('/v1/audit')).body).toMatchObject({ holds: true, issued: audit.issued });
});

test('the same rows give the same backup, on another database as well', async () => {
  const one = await take('one');
  const url = await emptyDatabase();
  await restoreBackup({ databaseUrl: url, file: one.file });
  const two = await takeBackup({
    databaseUrl: url,
    target: join(folder, 'two'),
    program: '0.1.0',
    now: new Date(),
  });
  expect(two.tables).toEqual(one.tables);
  expect(two.totals).toEqual(one.totals);
});

test('a backup never takes the place of a file, is private, and a folder gets a file with the time in its name', async () => {
  const { file } = await take('once');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await expect(take('once')).rejects.toMatchObject({ code: 'backup_exists' });
  await expect(take('no/such/folder/x')).rejects.toMatchObject({ code: 'backup_unwritable' });
  const inFolder = await take('.');
  expect(inFolder.file).toMatch(/sokkin-\d{8}T\d{6}Z\.backup$/);
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  await expect(
    takeBackup({
      databaseUrl: await emptyDatabase(),
      target: join(folder, 'x'),
      program: '',
      now: new Date(),
    }),
  ).rejects.toMatchObject({ code: 'backup_nothing' });
  // Keys are not in it.
  const bytes = await readFile(file, 'latin1');
  for (const [, secret = ''] of (await readFile(join(r.dataFolder, 'keys.json'), 'utf8')).matchAll(
    /"([0-9a-f]{32,})"/g,
  ))
    expect(bytes.includes(secret)).toBe(false);
});

test('a byte changed in any part of the file, or a piece cut off, is refused and changes nothing', async () => {
  const { file } = await take('whole');
  const whole = await readFile(file);
  const url = await emptyDatabase();
  const spoiled = join(folder, 'spoiled');
  const codeOf = async (bytes: Uint8Array): Promise<string> => {
    await writeFile(spoiled, bytes);
    return restoreBackup({ databaseUrl: url, file: spoiled }).then(
      () => 'restored',
      (error: { code: string }) => error.code,
    );
  };
  // Every block: its letter, its length, its first and last octet, and one in the middle.
  const spots = new Map<number, string>([
    [0, 'mark'],
    [15, 'mark'],
  ]);
  let at = 16;
  for await (const { kind, bytes } of readBlocks(file)) {
    for (const spot of [at, at + 1, at + 4, at + 5, at + 5 + (bytes.length >> 1), at + 4 + bytes.length])
      spots.set(spot, kind);
    at += 5 + bytes.length;
  }
  for (const spot of [at, at + 1, at + 4, at + 5, whole.length - 1]) spots.set(spot, 'S');
  expect(new Set(spots.values())).toEqual(new Set(['mark', 'H', 'T', 'D', 'E', 'M', 'S']));
  for (const [spot, kind] of spots) {
    const bytes = Buffer.from(whole);
    bytes[spot] = (bytes[spot] ?? 0) ^ 0x10;
    const code = await codeOf(bytes);
    expect(['backup_damaged', 'backup_truncated', 'backup_foreign'], `${kind} at ${spot}: ${code}`).toContain(
      code,
    );
    if (kind === 'mark') expect(code).toBe('backup_foreign');
    if (kind === 'D') expect(code).toBe('backup_damaged');
  }
  for (const length of [
    0,
    3,
    16,
    40,
    at - 1,
    at,
    at + 3,
    whole.length - 32,
    whole.length - 1,
    whole.length >> 1,
  ])
    expect(await codeOf(whole.subarray(0, length)), `${length}`).toBe('backup_truncated');
  expect(await codeOf(Buffer.concat([whole, Buffer.of(0)]))).toBe('backup_truncated');
  expect(await codeOf(Buffer.from('PGDMP\x01\x0e a dump of something else'))).toBe('backup_foreign');
  expect(await codeOf(Buffer.from('SOKKIN-BACKUP 2\n and so on'))).toBe('backup_newer');
  await expect(restoreBackup({ databaseUrl: url, file: join(folder, 'none') })).rejects.toMatchObject({
    code: 'backup_unreadable',
  });
  expect(await tablesIn(url)).toBe(0);
});

test('a file that another program sealed is held to what the database then says', async () => {
  const { file } = await take('sealed');
  const url = await emptyDatabase();
  const reseal = async (change: (json: string) => string): Promise<string> => {
    const whole = await readFile(file);
    const parts: Uint8Array[] = [whole.subarray(0, 16)];
    for await (const { kind, bytes } of readBlocks(file)) {
      const body = kind === 'M' ? Buffer.from(change(bytes.toString())) : bytes;
      const head = Buffer.from(`${kind}\0\0\0\0`, 'latin1');
      head.writeUInt32BE(body.length, 1);
      parts.push(head, body);
    }
    parts.push(Buffer.from('S\0\0\0\x20', 'latin1'));
    const all = Buffer.concat(parts);
    const changed = join(folder, 'resealed');
    await writeFile(changed, Buffer.concat([all, createHash('sha256').update(all).digest()]));
    return changed;
  };
  const refusal = async (change: (json: string) => string) =>
    restoreBackup({ databaseUrl: url, file: await reseal(change) }).then(
      () => 'restored',
      (error: { code: string }) => error.code,
    );
  expect(await refusal((json) => json.replace(/"issued":"(\d+)"/, '"issued":"1$1"'))).toBe('restore_differs');
  expect(
    await refusal((json) => json.replace(/"table":"postings","rows":/, '"table":"postings","rows":1')),
  ).toBe('restore_differs');
  expect(await refusal(() => '{}')).toBe('backup_damaged');
  expect(await tablesIn(url)).toBe(0);
  expect(await refusal((json) => json)).toBe('restored');
});

test('only an empty database is restored into, and only with migrations that are known', async () => {
  const { file } = await take('again');
  await expect(restoreBackup({ databaseUrl: r.databaseUrl, file })).rejects.toMatchObject({
    code: 'restore_not_empty',
  });
  const { header } = await inspectBackup(file);
  expect(header.migrations.length).toBeGreaterThanOrEqual(5);
});

test('who people are is a file of its own: checked, restored into another database, and read by two as before', async () => {
  const person = { name: 'Hanako Kirschbaum' };
  const wish = { reference: 'backup-4711', person, institution: FIRST_ISSUER };
  const party = await r.api.make('/v1/parties', wish);
  const account = await r.api.make('/v1/accounts', { name: 'A', party: party.id, institution: FIRST_ISSUER });
  const purse = await newPurse(r.api, { account: account.id });
  const [ledger, people] = [
    await take('both'),
    await takeBackup({
      ...{ databaseUrl: r.databaseUrl, target: join(folder, 'both.identity') },
      ...{ program: '0.1.0', now: new Date(), store: 'identity' },
    }),
  ];
  const { header, manifest } = await inspectBackup(people.file);
  expect(header).toMatchObject({ store: 'identity', migrations: [{ version: 1, name: 'identity' }] });
  expect(manifest.tables.map((t) => t.table)).toEqual(['people']);
  // Neither file names anybody, and the ledger's has not even the ciphertext.
  for (const { file } of [ledger, people])
    for (const word of [person.name, 'backup-4711'])
      expect((await unpacked(file)).includes(word)).toBe(false);
  expect((await inspectBackup(ledger.file)).manifest.tables.map((t) => t.table)).not.toContain('people');
  const [url, other] = [await emptyDatabase(), await emptyDatabase()];
  await restoreBackup({ databaseUrl: url, file: ledger.file });
  await expect(restoreBackup({ databaseUrl: other, file: people.file })).rejects.toMatchObject({
    code: 'backup_other_store',
  });
  await expect(
    restoreBackup({ databaseUrl: other, file: ledger.file, store: 'identity' }),
  ).rejects.toMatchObject({ code: 'backup_other_store' });
  const restored = await restoreBackup({ databaseUrl: other, file: people.file, store: 'identity' });
  expect(restored.tables).toEqual(people.tables);
  await expect(
    restoreBackup({ databaseUrl: other, file: people.file, store: 'identity' }),
  ).rejects.toMatchObject({ code: 'restore_not_empty' });
  const back = await startOn(url, { identityDatabaseUrl: other });
  const { id } = await back.first.make('/v1/reidentifications', { purse: purse.id, reason: 'Order 17' });
  await back.second.make(`/v1/proposals/${id}/approve`);
  const read = await back.first.post(`/v1/reidentifications/${id}/read`);
  expect(read).toMatchObject({ status: 200, body: { person, reference: 'backup-4711' } });
});

/** All rows of a backup, as text. */
async function unpacked(file: string): Promise<Buffer> {
  const tables: Buffer[][] = [];
  for await (const { kind, bytes } of readBlocks(file)) {
    if (kind === 'T') tables.push([]);
    if (kind === 'D') tables.at(-1)?.push(bytes);
  }
  return Buffer.concat(tables.map((pieces) => gunzipSync(Buffer.concat(pieces))));
}
