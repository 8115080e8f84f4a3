/**
 * A database of its own for every test that asks.
 *
 * What must hold here: no test sees another test's rows, and the server that SOKKIN_TEST_DATABASE_URL or
 * DATABASE_URL names is left as it was found. Without either, the vitest global setup
 * (test/postgres-global.ts) has started one embedded PostgreSQL for the whole run and named it in
 * SOKKIN_TEST_DATABASE_URL; without that as well, this process starts one for itself.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded.ts';

let own: Promise<string> | undefined;

export async function testDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env.SOKKIN_TEST_DATABASE_URL || process.env.DATABASE_URL || (await ownServer());
  const name = `sokkin_test_${randomBytes(8).toString('hex')}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function execute(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** Ends with this process: its guard sees to that (server-process.ts). */
function ownServer(): Promise<string> {
  own ??= mkdtemp(join(tmpdir(), 'sokkin-test-')).then(async (folder) => {
    process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
    return (await startEmbeddedPostgres({ folder })).url;
  });
  return own;
}
