/**
 * A database of its own for every test that asks.
 *
 * What must hold here: no test sees another test's rows, and the server that SOKKIN_TEST_DATABASE_URL or
 * DATABASE_URL names is left as it was found. Without either, the vitest global setup
 * (test/postgres-global.ts) has started one embedded PostgreSQL for the whole run and named it in
 * SOKKIN_TEST_DATABASE_URL; without that as well, this process starts one for itself. On a Citus cluster the tables are there
 * already, spread over its machines (new-database.ts); where SOKKIN_TEST_TEMPLATE names a database with all tables and no rows, they
 * are, too: a copy of it takes a fifth of the time that all migrations take.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from './embedded.ts';
import { createDatabase, type NewDatabase } from './new-database.ts';

let own: Promise<string> | undefined;

/** `plain`: an empty database, wherever it is, for tests that make or restore its tables themselves. */
export async function testDatabase({ plain = false } = {}): Promise<NewDatabase> {
  const server = process.env.SOKKIN_TEST_DATABASE_URL || process.env.DATABASE_URL || (await ownServer());
  const name = `sokkin_test_${randomBytes(8).toString('hex')}`;
  return createDatabase(server, name, plain, process.env.SOKKIN_TEST_TEMPLATE || undefined);
}

/** Ends with this process: its guard sees to that (server-process.ts). */
function ownServer(): Promise<string> {
  own ??= mkdtemp(join(tmpdir(), 'sokkin-test-')).then(async (folder) => {
    process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
    return (await startEmbeddedPostgres({ folder })).url;
  });
  return own;
}
