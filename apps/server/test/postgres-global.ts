/**
 * vitest global setup: one embedded PostgreSQL for all tests of a run.
 *
 * What must hold here: nothing is started when the environment already names a server, and nothing is
 * left behind, neither a process nor a folder.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/postgres/embedded.ts';

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.SOKKIN_TEST_DATABASE_URL || process.env.DATABASE_URL) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'sokkin-test-'));
  const postgres = await startEmbeddedPostgres({ folder });
  process.env.SOKKIN_TEST_DATABASE_URL = postgres.url; // Workers inherit it.
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 30, retryDelay: 200 });
  };
}
