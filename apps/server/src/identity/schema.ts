/**
 * The tables of the identity store, in a schema of their own: beside the ledger, or in another database.
 *
 * What must hold: steps are applied once each, in order, one program at a time; a step that was applied is never edited; the
 * user of the connection needs to make no schema if there is one of the name.
 */
import { SokkinError } from '@sokkin/codec';
import type pg from 'pg';

/** Any number that is ours alone within the database: "iden". */
const LOCK = 0x6964656e;

export const IDENTITY_STEPS: readonly string[] = [
  `CREATE TABLE identity.people (
     party text PRIMARY KEY,
     institution text NOT NULL,
     -- The data key of this row, sealed by the key that sealed_by names; NULL: destroyed, and what it sealed with it.
     data_key bytea,
     sealed_by text,
     record bytea,
     created_at timestamptz NOT NULL,
     changed_at timestamptz NOT NULL,
     erased_at timestamptz,
     CHECK ((erased_at IS NULL) = (data_key IS NOT NULL)),
     CHECK ((data_key IS NULL) = (record IS NULL) AND (data_key IS NULL) = (sealed_by IS NULL))
   );
   CREATE INDEX people_by_sealing_key ON identity.people (sealed_by) WHERE sealed_by IS NOT NULL;
   CREATE INDEX people_by_age ON identity.people (created_at);`,
];

export async function prepareIdentitySchema(pool: pg.Pool): Promise<void> {
  const client = await reached(pool);
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const { rows } = await client.query(`SELECT to_regnamespace('identity') IS NOT NULL AS is_there`);
    if (rows[0]?.is_there !== true) await client.query('CREATE SCHEMA identity');
    await client.query('CREATE TABLE IF NOT EXISTS identity.steps (number integer PRIMARY KEY)');
    const applied = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM identity.steps');
    const done = applied.rows[0]?.n ?? 0;
    if (done > IDENTITY_STEPS.length)
      throw new SokkinError(
        'database_from_other_version',
        'The identity store was made by a newer version of Sokkin: start that version.',
      );
    for (const [i, step] of IDENTITY_STEPS.entries()) {
      if (i < done) continue;
      await client.query(step);
      await client.query('INSERT INTO identity.steps VALUES ($1)', [i + 1]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

async function reached(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const says = `The identity store (SOKKIN_IDENTITY_DATABASE_URL, or the ledger's own database) does not answer: ${why}`;
    throw new SokkinError('database_unreachable', says, { cause });
  }
}
