/** The encrypted key file: its passphrase, and the plain files of version 1 that it takes the place of. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex } from '@sokkin/codec';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createServer, forgetSecrets, type KeyConfig, keyConfigOf, readConfig } from '../src/index.ts';
import { openKeyFile } from '../src/keys/open-keys.ts';
import { testDatabase } from '../src/postgres/test-database.ts';
import { openPool } from '../src/store/pool.ts';
import { crypto, TEST_KEYS } from './kit.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let dataFolder: string;
beforeEach(async () => {
  database = await testDatabase({ plain: true });
  dataFolder = await mkdtemp(join(tmpdir(), 'sokkin-key-file-'));
});
afterEach(async () => {
  await database.drop();
  await rm(dataFolder, { recursive: true, force: true });
});

const lines: string[] = [];
const start = (keyStore?: KeyConfig) =>
  createServer({
    databaseUrl: database.url,
    dataFolder,
    log: (l) => lines.push(l),
    ...(keyStore && { keyStore }),
  });
const inFolder = (name: string) => join(dataFolder, name);
const keyFiles = async () => (await readdir(dataFolder)).filter((name) => name.includes('key')).sort();
const live = (passphrase: string | undefined): KeyConfig => ({
  kind: 'file',
  passphrase,
  isLive: true,
  scryptCost: 1 << 10,
});

test('a live back-end starts with its passphrase alone, and writes none down', async () => {
  await expect(start(live(undefined))).rejects.toMatchObject({
    code: 'key_passphrase_missing',
    message: expect.stringContaining('SOKKIN_KEY_PASSPHRASE_FILE'),
  });
  await (await start(live('correct horse battery'))).close();
  expect(await keyFiles()).toEqual(['keys.json']);
  expect((await stat(inFolder('keys.json'))).mode & 0o777).toBe(0o600);
  const wrong = await start(live('correct horse bakery')).catch((error: unknown) => error);
  expect(wrong).toMatchObject({ code: 'key_passphrase_wrong' });
  expect(String(wrong)).not.toContain('bakery');
  await (await start(live('correct horse battery'))).close();
});

test('a sandbox makes a passphrase of its own, once, and never a second one', async () => {
  lines.length = 0;
  await (await start()).close();
  const made = await readFile(inFolder('key-passphrase'), 'utf8');
  expect((await stat(inFolder('key-passphrase'))).mode & 0o777).toBe(0o600);
  expect(lines.filter((l) => l.includes('key-passphrase'))).toHaveLength(1);
  expect(lines.join()).not.toContain(made.trim());
  await (await start()).close();
  expect(await readFile(inFolder('key-passphrase'), 'utf8')).toBe(made);
  await rm(inFolder('key-passphrase'));
  await expect(start()).rejects.toMatchObject({ code: 'key_passphrase_missing' });
  await expect(readFile(inFolder('key-passphrase'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('two servers that start at once on an empty folder have the same keys', async () => {
  const servers = await Promise.all([start(), start(), start()]);
  const shown = await Promise.all(servers.map(async (s) => (await s.app.inject('/v1/pki')).json()));
  expect(shown[1]).toEqual(shown[0]);
  expect(shown[2]).toEqual(shown[0]);
  for (const server of servers) await server.close();
  const again = await start();
  expect((await again.app.inject('/v1/pki')).json()).toEqual(shown[0]);
  await again.close();
});

test('another passphrase: the new one opens the file, the old one does not, the keys are the same', async () => {
  const server = await start(TEST_KEYS);
  const pki = (await server.app.inject('/v1/pki')).json();
  await server.close();
  if (TEST_KEYS.kind !== 'file') throw new Error('a file is expected');
  const keys = await openKeyFile({ dataFolder, config: TEST_KEYS, crypto, log: () => undefined });
  await keys.changePassphrase('a better horse, and battery');
  await keys.close();
  await expect(start(TEST_KEYS)).rejects.toMatchObject({ code: 'key_passphrase_wrong' });
  const after = await start(live('a better horse, and battery'));
  expect((await after.app.inject('/v1/pki')).json()).toEqual(pki);
  await after.close();
});

test('configuration: what is wrong with a passphrase names its variable, and shows nothing of it', async () => {
  const of = (env: Record<string, string>) => keyConfigOf(readConfig(env));
  expect(of({})).toEqual({ kind: 'file', passphrase: undefined, isLive: false });
  await writeFile(inFolder('p'), 'correct horse battery\nsecond line\n', { mode: 0o600 });
  expect(of({ SOKKIN_KEY_PASSPHRASE_FILE: inFolder('p') })).toMatchObject({
    passphrase: 'correct horse battery',
  });
  const short = () => of({ SOKKIN_KEY_PASSPHRASE: 'hunter2' });
  expect(short).toThrow(/^SOKKIN_KEY_PASSPHRASE /);
  expect(short).not.toThrow(/hunter2/);
  expect(() => of({ SOKKIN_KEY_PASSPHRASE_FILE: inFolder('none') })).toThrow(/^SOKKIN_KEY_PASSPHRASE_FILE/);
  await writeFile(inFolder('open'), 'correct horse battery\n', { mode: 0o644 });
  expect(() => of({ SOKKIN_KEY_PASSPHRASE_FILE: inFolder('open') })).toThrow(/chmod 600/);
  const pkcs11 = { SOKKIN_KEYS: 'pkcs11', SOKKIN_PKCS11_MODULE: '/m.so', SOKKIN_PKCS11_TOKEN: 't' };
  expect(of({ ...pkcs11, SOKKIN_PKCS11_PIN_FILE: inFolder('p') })).toEqual({
    kind: 'pkcs11',
    module: '/m.so',
    token: 't',
    pin: 'correct horse battery',
  });
  const none = { ...pkcs11, SOKKIN_PKCS11_PIN_FILE: inFolder('none') };
  expect(() => of(none)).toThrow(/^SOKKIN_PKCS11_PIN_FILE/);
});

test('the passphrase does not stay in the environment', () => {
  const env: Record<string, string | undefined> = {
    SOKKIN_KEY_PASSPHRASE: 'correct horse battery',
    PATH: '/bin',
  };
  forgetSecrets(env);
  expect(env).toEqual({ PATH: '/bin' });
});

/** What version 1 left on the disk and in the database. */
interface Frozen {
  readonly keys: object;
  readonly emvKeys: object;
  readonly certificates: readonly { readonly role: number; readonly bytes: string }[];
  readonly emvFingerprint: string;
}

/** What that version's program had applied. */
async function migrateTo(pool: ReturnType<typeof openPool>, last: number): Promise<void> {
  const folder = new URL('../src/store/migrations/', import.meta.url);
  await pool.query(
    'CREATE TABLE migrations (version integer PRIMARY KEY, name text NOT NULL, hash text NOT NULL)',
  );
  for (const name of (await readdir(folder)).sort().filter((n) => Number(n.slice(0, 4)) <= last)) {
    const sql = await readFile(new URL(name, folder), 'utf8');
    await pool.query(sql);
    const hash = createHash('sha256').update(sql).digest('hex');
    await pool.query('INSERT INTO migrations VALUES ($1, $2, $3)', [Number(name.slice(0, 4)), name, hash]);
  }
}

async function layVersion1(): Promise<Frozen> {
  const text = await readFile(new URL('./frozen/keys-version-1.json', import.meta.url), 'utf8');
  const frozen: Frozen = JSON.parse(text);
  await writeFile(inFolder('keys.json'), JSON.stringify(frozen.keys, null, 2), { mode: 0o600 });
  await writeFile(inFolder('emv-keys.json'), JSON.stringify(frozen.emvKeys, null, 2), { mode: 0o600 });
  const pool = openPool(database.url);
  await migrateTo(pool, 5);
  for (const { role, bytes } of frozen.certificates)
    await pool.query('INSERT INTO certificates (role, bytes) VALUES ($1, $2)', [role, fromHex(bytes)]);
  await pool.query('INSERT INTO emv_keys (fingerprint) VALUES ($1)', [fromHex(frozen.emvFingerprint)]);
  await pool.end();
  return frozen;
}

test('the plain files of version 1 are taken up once, encrypted, and overwritten', async () => {
  const frozen = await layVersion1();
  lines.length = 0;
  const server = await start();
  const pki = (await server.app.inject('/v1/pki')).json();
  const bytesOf = (role: number) => frozen.certificates.find((c) => c.role === role)?.bytes;
  expect(pki).toMatchObject({
    root: bytesOf(1),
    issuers: [{ certificate: bytesOf(2), authority: bytesOf(3), issuer_purse: bytesOf(17), current: true }],
  });
  const emv = await server.backend.emvKeys.get();
  expect(Buffer.from(emv.fingerprint).toString('hex')).toBe(frozen.emvFingerprint);
  await server.close();
  expect(await keyFiles()).toEqual(['key-passphrase', 'keys.json']);
  const text = await readFile(inFolder('keys.json'), 'utf8');
  for (const [secret] of JSON.stringify(frozen.keys).matchAll(/(?<="private":")[0-9a-f]{64}/g))
    expect(text).not.toContain(secret);
  expect(lines.filter((l) => l.includes('overwritten'))).toHaveLength(2);
  const again = await start();
  expect((await again.app.inject('/v1/pki')).json()).toEqual(pki);
  await again.close();
});

test('a take-up that was cut off is finished at the next start', async () => {
  const frozen = await layVersion1();
  const server = await start();
  const pki = (await server.app.inject('/v1/pki')).json();
  await server.close();
  // Encrypted already, but the old content is still there.
  await writeFile(inFolder('keys.json.version-1'), JSON.stringify(frozen.keys), { mode: 0o600 });
  const again = await start();
  expect((await again.app.inject('/v1/pki')).json()).toEqual(pki);
  await again.close();
  expect(await readdir(dataFolder)).not.toContain('keys.json.version-1');
});
