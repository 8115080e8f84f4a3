/**
 * Brings the database to this program's schema.
 *
 * What must hold: migrations are numbered files, applied once each, in order, forward only, each in one
 * transaction; two programs that start at once do not both apply one (advisory lock); a database that a newer
 * program has migrated is refused, and so is one whose applied files were edited afterwards. Programs of the version before go on
 * serving meanwhile (migrations/README.md says what a file may do): a migration that waits for a table keeps the others from it no
 * longer than `LOCK_MS`, gives up, and tries again.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SokkinError } from '@sokkin/codec';
import type pg from 'pg';

const FOLDER = new URL('./migrations/', import.meta.url);
/** Any number that is ours alone within the database. */
export const MIGRATION_LOCK = 0x736f6b6b;

const LOCK_MS = 1_000;
const PAUSE_MS = 500;
const ATTEMPTS = 40;

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly hash: string;
}

/** The newest migration of this program. */
export async function newestMigration(): Promise<number> {
  return (await readMigrations()).at(-1)?.version ?? 0;
}

export async function migrate(
  pool: pg.Pool,
  log: (line: string) => void,
  attempts = ATTEMPTS,
): Promise<void> {
  const migrations = await readMigrations();
  const client = await pool.connect();
  try {
    // However long another program's migration takes.
    await client.query('SET lock_timeout = 0; SET statement_timeout = 0');
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await applyMissing(client, migrations, log, attempts);
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    // Its settings are not those of the others.
    client.release(true);
  }
}

async function applyMissing(
  client: pg.PoolClient,
  migrations: readonly Migration[],
  log: (line: string) => void,
  attempts: number,
): Promise<void> {
  await client.query(TABLE);
  const applied = await client.query<{ version: number; hash: string }>(
    'SELECT version, hash FROM migrations ORDER BY version',
  );
  for (const row of applied.rows) {
    const known = migrations.find((m) => m.version === row.version);
    if (known === undefined || known.hash !== row.hash) {
      throw new SokkinError(
        'database_from_other_version',
        `The database has migration ${row.version} of another version of Sokkin: start that version, or use another database.`,
      );
    }
  }
  const last = applied.rows.at(-1)?.version ?? 0;
  for (const migration of migrations.filter((m) => m.version > last)) {
    log(`Migrating the database: ${migration.name}`);
    await applyPatiently(client, migration, attempts);
  }
}

async function applyPatiently(client: pg.ClientBase, migration: Migration, attempts: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await client.query('BEGIN');
    try {
      // Whoever waits for an exclusive lock makes all who come later wait behind it.
      await client.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
      // Where tables are spread: so that several of them can be changed in one transaction. Elsewhere it means nothing.
      await client.query(`SET LOCAL citus.multi_shard_modify_mode = 'sequential'`);
      await applyOne(client, migration);
      await client.query('COMMIT');
      return;
    } catch (error) {
      await client.query('ROLLBACK');
      if (!isInTheWay(error)) throw error;
      if (attempt === attempts) throw blocked(migration, error);
      await sleep(PAUSE_MS);
    }
  }
}

/** lock_not_available, deadlock_detected. */
const isInTheWay = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '55P03' || error.code === '40P01');

const blocked = ({ name }: Migration, cause: unknown) =>
  new SokkinError(
    'migration_blocked',
    `The migration ${name} did not get its tables, because somebody else uses them: end the long transactions on the database (pg_stat_activity shows them), and start again.`,
    { cause },
  );

const TABLE =
  'CREATE TABLE IF NOT EXISTS migrations (version integer PRIMARY KEY, name text NOT NULL, hash text NOT NULL)';

async function applyOne(client: pg.ClientBase, { version, name, sql, hash }: Migration): Promise<void> {
  await client.query(sql);
  const row = [version, name, hash];
  await client.query('INSERT INTO migrations (version, name, hash) VALUES ($1, $2, $3)', row);
}

/** Within a transaction of the caller's, on an empty database. */
export async function applyAll(client: pg.ClientBase, migrations: readonly Migration[]): Promise<void> {
  await client.query(TABLE);
  for (const migration of migrations) await applyOne(client, migration);
}

export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}_.+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8');
      const hash = createHash('sha256').update(sql).digest('hex');
      return { version: Number(name.slice(0, 4)), name, sql, hash };
    }),
  );
}
