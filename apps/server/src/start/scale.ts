/**
 * `sokkin scale`: what store/distribute.ts does, on the database that a configuration names.
 *
 * What must hold: planning changes nothing; applying brings an empty database to this program's schema first.
 */
import { SokkinError } from '@sokkin/codec';
import type pg from 'pg';
import { withDatabase } from '../backup/with-database.ts';
import type { Config } from '../config.ts';
import { DEFAULT_SHARDS, type Step, scaleApply, scalePlan } from '../store/distribute.ts';
import { migrate, newestMigration } from '../store/migrate.ts';
import { openPool } from '../store/pool.ts';

type Where = Pick<Config, 'databaseUrl' | 'dataFolder'>;

export const planScale = (where: Where, shards = DEFAULT_SHARDS): Promise<Step[]> =>
  connected(where, async (client) => {
    await assertNewest(client);
    return scalePlan(client, { shards });
  });

export const applyScale = (
  where: Where,
  shards = DEFAULT_SHARDS,
  log: (step: Step) => void = () => undefined,
): Promise<Step[]> =>
  connected(where, async (client, pool) => {
    await migrate(pool, () => undefined);
    // Moving the rows of a large table takes as long as it takes.
    await client.query('SET statement_timeout = 0; SET lock_timeout = 0');
    return scaleApply(client, { shards }, log);
  });

function connected<T>(where: Where, work: (client: pg.PoolClient, pool: pg.Pool) => Promise<T>): Promise<T> {
  return withDatabase(where, async (url) => {
    const pool = openPool(url, { connections: 2, more: { application_name: 'sokkin scale' } });
    try {
      const client = await pool.connect();
      try {
        return await work(client, pool);
      } finally {
        client.release(true);
      }
    } finally {
      await pool.end();
    }
  });
}

async function assertNewest(client: pg.ClientBase): Promise<void> {
  const there = await client.query<{ there: boolean }>(
    `SELECT to_regclass('migrations') IS NOT NULL AS there`,
  );
  const { rows } = there.rows[0]?.there
    ? await client.query<{ newest: number | null }>('SELECT max(version) AS newest FROM migrations')
    : { rows: [] };
  if (rows[0]?.newest === (await newestMigration())) return;
  throw new SokkinError(
    'scale_old_schema',
    'The database does not have the tables of this version yet: start the server on it once, or run sokkin scale apply, which makes them.',
  );
}
