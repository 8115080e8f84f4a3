/** The SQL store: the conformance suite, and what the database itself refuses whatever the program does. */
import { SYSTEM_ACCOUNTS } from '@sokkin/issuer';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPool } from '../src/store/pool.ts';
import { sqlStore } from '../src/store/sql-store.ts';
import { ledgerStoreConformance } from './ledger-store-conformance.ts';

const silent = () => undefined;

ledgerStoreConformance('PostgreSQL', async () => {
  const database = await testDatabase();
  const pool = openPool(database.url);
  await migrate(pool, silent);
  const store = sqlStore(pool);
  await store.write(async (tx) => {
    for (const account of Object.values(SYSTEM_ACCOUNTS)) await tx.accounts.add(account, new Date());
  });
  return {
    store,
    async close() {
      await store.close();
      await database.drop();
    },
  };
});

describe('the database itself', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let pool: pg.Pool;
  beforeAll(async () => {
    database = await testDatabase();
    pool = openPool(database.url);
    await migrate(pool, silent);
    await pool.query(`INSERT INTO accounts (id, kind, name, institution, created_at)
      VALUES ('acc_central_bank', 'central_bank', 'c', 'ins_central_bank', now()), ('acc_a', 'online', 'a', 'ins_first_issuer', now())`);
    await pool.query(
      `INSERT INTO transfers (kind, reference, created_at) VALUES ('issuance', 'iss_1', now())`,
    );
    await pool.query(`UPDATE accounts SET balance = CASE id WHEN 'acc_a' THEN 5 ELSE -5 END`);
    await pool.query(`INSERT INTO postings (account, transfer, amount, balance_after)
      VALUES ('acc_central_bank', 1, -5, -5), ('acc_a', 1, 5, 5)`);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  test.each([
    ['changes no posting', 'UPDATE postings SET amount = 6'],
    ['deletes no posting', 'DELETE FROM postings'],
    ['changes no transfer', `UPDATE transfers SET reference = 'x'`],
    ['takes no account below its floor', `UPDATE accounts SET balance = -1 WHERE id = 'acc_a'`],
    [
      'takes no posting of nothing',
      `INSERT INTO postings (account, transfer, amount, balance_after) VALUES ('acc_a', 1, 0, 5)`,
    ],
    [
      'takes no transfer out of balance',
      `INSERT INTO postings (account, transfer, amount, balance_after) VALUES ('acc_a', 1, 1, 6)`,
    ],
    ['deletes no account', `DELETE FROM accounts WHERE id = 'acc_a'`],
    ['gives no account another id', `UPDATE accounts SET id = 'acc_b' WHERE id = 'acc_a'`],
    ['empties no table of the ledger', 'TRUNCATE postings'],
    [
      'takes no posting of an unknown transfer',
      `INSERT INTO postings (account, transfer, amount, balance_after) VALUES ('acc_a', 9, 1, 5), ('acc_central_bank', 9, -1, -5)`,
    ],
    [
      'takes no posting that leaves another balance than the account has',
      `INSERT INTO postings (account, transfer, amount, balance_after) VALUES ('acc_a', 1, 1, 6), ('acc_central_bank', 1, -1, -5)`,
    ],
    [
      'takes no posting to an unknown account',
      `INSERT INTO postings (account, transfer, amount, balance_after) VALUES ('acc_b', 1, 1, 6), ('acc_a', 1, -1, 5)`,
    ],
  ])('%s', async (_name, statement) => {
    await expect(pool.query(statement)).rejects.toThrow();
    const { rows } = await pool.query(
      'SELECT sum(amount)::bigint AS sum, count(*)::bigint AS count FROM postings',
    );
    expect(rows).toEqual([{ sum: 0n, count: 2n }]);
  });

  test('migrating again changes nothing, also from two programs at once', async () => {
    const lines: string[] = [];
    await Promise.all([migrate(pool, (l) => lines.push(l)), migrate(pool, (l) => lines.push(l))]);
    expect(lines).toEqual([]);
  });

  test('a database of another version of the program is refused', async () => {
    await pool.query(`INSERT INTO migrations VALUES (9999, 'from the future', 'x')`);
    await expect(migrate(pool, silent)).rejects.toMatchObject({ code: 'database_from_other_version' });
    await pool.query('DELETE FROM migrations WHERE version = 9999');
  });

  test('two programs that start on an empty database at once both find it ready', async () => {
    const empty = await testDatabase({ plain: true });
    const pools = [openPool(empty.url), openPool(empty.url)];
    await Promise.all(pools.map((p) => migrate(p, silent)));
    await Promise.all(pools.map((p) => p.end()));
    await empty.drop();
    expect(pg.types).toBeDefined();
  });
});
