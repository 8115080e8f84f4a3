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

/** Into how many shards the purse-keyed tables of this database are spread; undefined: they are not. */
export async function shardsOf(pool: Pick<pg.Pool, 'query'>): Promise<number | undefined> {
  const there = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS there`,
  );
  if (there.rows[0]?.there !== true) return undefined;
  const { rows } = await pool.query<{ shards: number }>(
    `SELECT c.shardcount AS shards FROM pg_catalog.pg_dist_partition p
     JOIN pg_catalog.pg_dist_colocation c ON c.colocationid = p.colocationid
     WHERE p.logicalrelid = to_regclass('journals') AND p.partmethod = 'h'`,
  );
  return rows[0]?.shards;
}

export async function commitTogether(trx: Transaction<Database>): Promise<void> {
  await sql`DELETE FROM commit_together WHERE no = 0`.execute(trx);
}
