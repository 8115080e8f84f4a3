/**
 * Transactions that write on the coordinator and on a worker, where the database is more than one machine.
 *
 * What must hold: such a transaction commits on both or on neither. Citus commits what it wrote on one worker just before
 * its own commit: a coordinator that dies in between would keep the journal of a payment out of the float without its posting. Once a
 * transaction has run a statement that writes on a table of the coordinator's that Citus manages, it prepares on the worker first (two-phase commit), whatever
 * the order of the statements. `commit_together` is such a table, always empty, so that the statement locks and writes nothing.
 */
import { sql, type Transaction } from 'kysely';
import type pg from 'pg';
import type { Database } from './schema.ts';

/** The purse-keyed tables of this database are spread over machines. */
export async function isSpread(pool: Pick<pg.Pool, 'query'>): Promise<boolean> {
  const there = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS there`,
  );
  if (there.rows[0]?.there !== true) return false;
  const { rowCount } = await pool.query(
    `SELECT FROM pg_catalog.pg_dist_partition WHERE logicalrelid = to_regclass('journals') AND partmethod = 'h'`,
  );
  return rowCount === 1;
}

export async function commitTogether(trx: Transaction<Database>): Promise<void> {
  await sql`DELETE FROM commit_together WHERE no = 0`.execute(trx);
}
