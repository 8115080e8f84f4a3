/**
 * The two stores that are backed up, each into a file of its own: the ledger, and who people are. They may be two databases, and whoever
 * keeps one file need not be given the other.
 *
 * What must hold: a file says which of the two it is, and is restored as that one alone; everything that is not said here is the same for both.
 */
import { createHash } from 'node:crypto';
import { SokkinError } from '@sokkin/codec';
import type pg from 'pg';
import { IDENTITY_STEPS } from '../identity/schema.ts';
import { applyAll, MIGRATION_LOCK, readMigrations } from '../store/migrate.ts';
import type { Header } from './manifest.ts';

export type StoreName = 'ledger' | 'identity';

export interface Store {
  readonly name: StoreName;
  /** What must be there for it to be backed up. */
  readonly mark: string;
  /** Makes unqualified names those of this store, within the transaction. */
  readonly enter: string;
  /** What was applied to the database. */
  applied(client: pg.ClientBase): Promise<Header['migrations']>;
  /** What this version knows, oldest first. */
  known(): Promise<Header['migrations']>;
  /** Makes its empty tables, as they were with these. Nothing of it is there yet. */
  build(client: pg.ClientBase, migrations: Header['migrations']): Promise<void>;
}

const LEDGER: Store = {
  name: 'ledger',
  mark: 'migrations',
  enter: '',
  async applied(client) {
    const { rows } = await client.query('SELECT version, name, hash FROM migrations ORDER BY version');
    return rows;
  },
  async known() {
    return readMigrations();
  },
  async build(client, migrations) {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await expectEmpty(client);
    const wanted = new Set(migrations.map((m) => m.version));
    await applyAll(
      client,
      (await readMigrations()).filter((m) => wanted.has(m.version)),
    );
  },
};

const STEPS: Header['migrations'] = IDENTITY_STEPS.map((step, i) => ({
  version: i + 1,
  name: 'identity',
  hash: createHash('sha256').update(step).digest('hex'),
}));

const IDENTITY: Store = {
  name: 'identity',
  mark: 'identity.steps',
  enter: 'SET LOCAL search_path = identity',
  async applied(client) {
    const { rows } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM steps');
    return STEPS.slice(0, rows[0]?.n ?? 0);
  },
  async known() {
    return STEPS;
  },
  async build(client, migrations) {
    const { rows } = await client.query(`SELECT to_regnamespace('identity') IS NOT NULL AS is_there`);
    if (rows[0]?.is_there !== true) await client.query('CREATE SCHEMA identity');
    await expectEmpty(client);
    await client.query('CREATE TABLE steps (number integer PRIMARY KEY)');
    for (const [i, step] of IDENTITY_STEPS.slice(0, migrations.length).entries()) {
      await client.query(step);
      await client.query('INSERT INTO steps VALUES ($1)', [i + 1]);
    }
  },
};

/** A header of before there were two says nothing: it is the ledger's. */
export const storeOf = (name: StoreName | undefined): Store => (name === 'identity' ? IDENTITY : LEDGER);

async function expectEmpty(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'S', 'v', 'm') LIMIT 1`,
  );
  const [row] = rows;
  if (row === undefined) return;
  throw new SokkinError(
    'restore_not_empty',
    `The database is not empty (there is ${row.name}): restore into a new one, so that nothing is lost.`,
  );
}
