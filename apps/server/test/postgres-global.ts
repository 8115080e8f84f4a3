/**
 * vitest global setup: one embedded PostgreSQL for all tests of a run, with a database that has all tables and no rows: tests get
 * copies of it (test-database.ts).
 *
 * What must hold here: nothing is started when the environment already names a server, and nothing is
 * left behind, neither a process nor a folder.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { quickFolder } from '../../../tests/quick-folder.ts';
import { startEmbeddedPostgres } from '../src/postgres/embedded.ts';
import { createDatabase } from '../src/postgres/new-database.ts';
import { migrate } from '../src/store/migrate.ts';

const TEMPLATE = 'sokkin_test_template';
/** Tests open a dozen servers at once, and other workers theirs: none may be turned away because there are many. */
const CONNECTIONS = 400;

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.SOKKIN_TEST_DATABASE_URL || process.env.DATABASE_URL) return undefined;
  const folder = await mkdtemp(join(quickFolder(), 'sokkin-test-'));
  await allowConnections(folder);
  const postgres = await startEmbeddedPostgres({ folder });
  // Workers inherit both.
  process.env.SOKKIN_TEST_DATABASE_URL = postgres.url;
  if (!process.env.SOKKIN_TEST_STAND_IN) process.env.SOKKIN_TEST_TEMPLATE = await makeTemplate(postgres.url);
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 30, retryDelay: 200 });
  };
}

/** Read by PostgreSQL at its next start. */
async function allowConnections(folder: string): Promise<void> {
  const postgres = await startEmbeddedPostgres({ folder });
  const client = new pg.Client({ connectionString: postgres.url });
  try {
    await client.connect();
    await client.query(`ALTER SYSTEM SET max_connections = ${CONNECTIONS}`);
  } finally {
    await client.end();
    await postgres.stop();
  }
}

async function makeTemplate(server: string): Promise<string> {
  const { url } = await createDatabase(server, TEMPLATE, true);
  const pool = new pg.Pool({ connectionString: url });
  await migrate(pool, () => undefined).finally(() => pool.end());
  return TEMPLATE;
}
