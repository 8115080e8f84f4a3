/** Configuration: one table that is read, shown and documented. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configurationPage, effectiveSettings } from '../src/config/show.ts';
import { ELSEWHERE, VARIABLES } from '../src/config/table.ts';
import { readConfig } from '../src/index.ts';

const messageOf = (env: Record<string, string>): string => {
  try {
    readConfig(env);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

test('the defaults are those of the table', () => {
  expect(readConfig({})).toMatchObject({
    mode: 'sandbox',
    host: '127.0.0.1',
    port: 8787,
    databaseUrl: undefined,
    dbConnections: 10,
    stopSeconds: 20,
    metrics: 'loopback',
    keys: 'file',
  });
  // What is set to nothing is not set.
  expect(readConfig({ PORT: '', SOKKIN_MODE: '', DATABASE_URL: '' })).toEqual(readConfig({}));
});

test('every wrong variable is named at once', () => {
  const message = messageOf({
    PORT: '80.5',
    LOG_LEVEL: 'loud',
    SOKKIN_DB_CONNECTIONS: '0',
    SOKKIN_TRUST_PROXY: 'loopback,everybody',
    SOKKIN_PUBLIC_URL: 'ftp://x',
    SOKKIN_MODUS: 'live',
  });
  const lines = message.split('\n');
  expect(lines).toHaveLength(6);
  expect(lines).toContain('SOKKIN_MODUS is no variable of Sokkin. Did you mean SOKKIN_MODE?');
  expect(lines).toContain('PORT is "80.5": a number from 0 to 65535 is expected (0: any free port).');
  expect(lines).toContain('SOKKIN_DB_CONNECTIONS is "0": a number from 2 to 1000 is expected.');
  expect(lines).toContain('LOG_LEVEL is "loud": one of fatal, error, warn, info, debug, silent is expected.');
  expect(message).toMatch(/^SOKKIN_TRUST_PROXY has "everybody"/m);
  expect(message).toMatch(/^SOKKIN_PUBLIC_URL must look like/m);
});

test('a variable that nothing reads stops the start; those of Kubernetes, of tests and of the command do not', () => {
  expect(messageOf({ SOKKIN_ZZZZZZZZZZZZZZZZ: '1' })).toContain('docs/configuration.md');
  expect(messageOf({ SOKKIN_PORT: '8787' })).toMatch(/^SOKKIN_PORT is no variable/);
  const fine = {
    SOKKIN_PORT: 'tcp://10.0.0.1:8787',
    SOKKIN_SERVICE_HOST: '10.0.0.1',
    SOKKIN_PORT_8787_TCP_ADDR: '10.0.0.1',
    SOKKIN_TEST_LOG: '1',
    SOKKIN_API: 'http://127.0.0.1:1',
    SOKKIN_EMPTY: '',
  };
  expect(messageOf(fine)).toBe('');
});

test('secrets appear in no message and in no listing', () => {
  const env = {
    DATABASE_URL: 'postgres://user:s3cret@db.example:5432/ledger?password=s3cret',
    SOKKIN_KEY_PASSPHRASE: 's3cret',
  };
  const settings = effectiveSettings(env, readConfig(env));
  expect(JSON.stringify(settings)).not.toContain('s3cret');
  expect(settings).toContainEqual({
    name: 'DATABASE_URL',
    value: 'postgres://db.example:5432/ledger',
    from: 'environment',
  });
  expect(settings).toContainEqual({ name: 'PORT', value: '8787', from: 'default' });
  expect(messageOf({ DATABASE_URL: 'mysql://u:s3cret@h/d' })).not.toContain('s3cret');
  expect(messageOf({ SOKKIN_PUBLIC_URL: 'https://u:s3cret@h' })).not.toContain('s3cret');
  expect(messageOf({ SOKKIN_KEY_PASSPHRASE: 's3cret'.repeat(1000) })).not.toContain('s3cret');
});

test('the address of the database may come from a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sokkin-config-'));
  const file = join(folder, 'url');
  await writeFile(file, 'postgres://u:s3cret@db:5432/ledger\n');
  expect(readConfig({ DATABASE_URL_FILE: file }).databaseUrl).toBe('postgres://u:s3cret@db:5432/ledger');
  expect(messageOf({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgres://h/d' })).toContain('both set');
  expect(messageOf({ DATABASE_URL_FILE: join(folder, 'none') })).toMatch(/^DATABASE_URL_FILE names .*ENOENT/);
  await writeFile(file, 'mysql://u:s3cret@db/ledger');
  expect(messageOf({ DATABASE_URL_FILE: file })).toMatch(/^DATABASE_URL_FILE names a file whose text must/);
  expect(messageOf({ DATABASE_URL_FILE: file })).not.toContain('s3cret');
  await rm(folder, { recursive: true });
});

test('what contradicts itself is refused', () => {
  expect(messageOf({ SOKKIN_KEY_PASSPHRASE: 'x', SOKKIN_KEY_PASSPHRASE_FILE: 'y' })).toContain('both set');
  const pkcs11 = messageOf({ SOKKIN_KEYS: 'pkcs11', SOKKIN_PKCS11_MODULE: '/lib/x.so' });
  expect(pkcs11).toContain('SOKKIN_PKCS11_TOKEN is missing');
  expect(pkcs11).toContain('SOKKIN_PKCS11_PIN_FILE is missing');
  expect(messageOf({ SOKKIN_PKCS11_TOKEN: 't' })).toContain('set SOKKIN_KEYS=pkcs11');
});

test('live mode refuses what only the sandbox may', () => {
  const all = messageOf({ SOKKIN_MODE: 'live', HOST: '0.0.0.0', SOKKIN_METRICS: 'open' });
  for (const name of ['PUBLIC_URL', 'TRUST_PROXY', 'METRICS', 'KEY_PASSPHRASE_FILE'])
    expect(all).toContain(`SOKKIN_${name}`);
  const live = {
    SOKKIN_MODE: 'live',
    SOKKIN_PUBLIC_URL: 'https://cbdc.example',
    SOKKIN_KEY_PASSPHRASE_FILE: '/run/secrets/passphrase',
  };
  expect(messageOf(live)).toBe('');
  expect(messageOf({ ...live, SOKKIN_PUBLIC_URL: 'http://cbdc.example' })).toContain('https:');
  expect(messageOf({ ...live, HOST: '0.0.0.0', SOKKIN_TRUST_PROXY: '10.0.0.0/8' })).toBe('');
});

test('the page of the documentation is the table', async () => {
  const page = configurationPage();
  await expect(page).toMatchFileSnapshot('../../../docs/configuration.md');
  for (const name of [...Object.values(VARIABLES).map((v) => v.name), ...Object.keys(ELSEWHERE)])
    expect(page).toContain(`\`${name}\``);
});
