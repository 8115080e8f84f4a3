/** Migrations on a database that is in use. */
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { applyAll, migrate, readMigrations } from '../src/store/migrate.ts';
import { openPool } from '../src/store/pool.ts';
import { sqlStore } from '../src/store/sql-store.ts';

const OLD = 4;
const ACCOUNTS = 2_000;
const EACH = 1_000;
const silent = () => undefined;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The schema of migration 4, with accounts that all got their money by an issuance of that time. */
async function oldDatabase(): Promise<string> {
  const database = await testDatabase({ plain: true });
  onTestFinished(() => database.drop());
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await applyAll(
    client,
    (await readMigrations()).filter((m) => m.version <= OLD),
  );
  await client.query(`
    INSERT INTO accounts (id, kind, name, created_at) VALUES
      ('acc_central_bank', 'central_bank', 'Central bank', now()), ('acc_offline_float', 'offline_float', 'Float', now()),
      ('acc_destroyed', 'destroyed', 'Destroyed', now());
    INSERT INTO accounts (id, kind, name, created_at) SELECT 'acc_' || i, 'online', 'Old ' || i, now() FROM generate_series(1, ${ACCOUNTS}) i;
    BEGIN;
    INSERT INTO transfers (kind, reference, created_at) SELECT 'issuance', 'iss_' || i, now() FROM generate_series(1, ${ACCOUNTS}) i;
    INSERT INTO postings (account, transfer, amount, balance_after)
      SELECT 'acc_' || substr(reference, 5), id, ${EACH}, ${EACH} FROM transfers;
    INSERT INTO postings (account, transfer, amount, balance_after)
      SELECT 'acc_central_bank', id, -${EACH}, -${EACH} * id FROM transfers;
    UPDATE accounts SET balance = ${EACH} WHERE kind = 'online';
    UPDATE accounts SET balance = -${EACH * ACCOUNTS} WHERE kind = 'central_bank';
    COMMIT;
    INSERT INTO kept_answers SELECT 'key-' || i, '\\x00', 201, '{}', now() FROM generate_series(1, 5000) i;
    INSERT INTO cards (serial, state, created_at) SELECT lpad(to_hex(i), 20, '0'), 'manufactured', now() FROM generate_series(1, 500) i;`);
  await client.end();
  return database.url;
}

interface Work {
  done: number;
  longestMs: number;
  readonly failures: string[];
}

/** What a process does for a request: some money to destroy. It runs its statements again after a conflict. */
async function oldProcess(url: string, isOver: () => boolean, name: string): Promise<Work> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const work: Work = { done: 0, longestMs: 0, failures: [] };
  for (let i = 0; !isOver(); i++) {
    const account = `acc_${1 + ((i * 7919) % ACCOUNTS)}`;
    const begun = performance.now();
    for (;;) {
      try {
        await client.query('BEGIN');
        const { rows } = await client.query(
          `SELECT id, balance FROM accounts WHERE id IN ('acc_destroyed', $1) ORDER BY id FOR NO KEY UPDATE`,
          [account],
        );
        const made = await client.query(
          `INSERT INTO transfers (kind, reference, created_at) VALUES ('destruction', $1, now()) RETURNING id`,
          [`dst_${name}_${i}`],
        );
        const values: string[] = [];
        for (const row of rows) {
          const amount = row.id === account ? -1 : 1;
          const balance = Number(row.balance) + amount;
          await client.query('UPDATE accounts SET balance = $1 WHERE id = $2', [balance, row.id]);
          values.push(`('${row.id}', ${made.rows[0].id}, ${amount}, ${balance})`);
        }
        // In one statement: from migration 8 on, the database takes them in no other way (migrations/README.md).
        await client.query(
          `INSERT INTO postings (account, transfer, amount, balance_after) VALUES ${values.join(', ')}`,
        );
        await client.query(
          `INSERT INTO kept_answers (key, request_hash, status, body, created_at) VALUES ($1, '\\x01', 201, '{}', now())`,
          [`${name}-${i}`],
        );
        await client.query('COMMIT');
        work.done++;
        break;
      } catch (error) {
        await client.query('ROLLBACK');
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        if (code === '40P01' || code === '40001') continue;
        work.failures.push(`${code} ${String(error)}`);
        break;
      }
    }
    work.longestMs = Math.max(work.longestMs, performance.now() - begun);
  }
  await client.end();
  return work;
}

test('from migration 4 to the newest, by two programs at once, while others post and read', async () => {
  const url = await oldDatabase();
  let isOver = false;
  const workers = ['a', 'b', 'c'].map((name) => oldProcess(url, () => isOver, name));
  // Somebody looks at accounts for a long time: every migration that alters them has to wait, and nobody else.
  const reader = new pg.Client({ connectionString: url });
  await reader.connect();
  await reader.query('BEGIN; SELECT count(*) FROM accounts');
  await pause(200);
  const said: string[] = [];
  const pools = [openPool(url), openPool(url)];
  const migrating = Promise.all(pools.map((pool) => migrate(pool, (line) => said.push(line))));
  await pause(3_000);
  await reader.query('COMMIT');
  await reader.end();
  await migrating;
  await pause(300);
  isOver = true;
  const works = await Promise.all(workers);
  expect(works.flatMap((w) => w.failures)).toEqual([]);
  const done = works.reduce((sum, w) => sum + w.done, 0);
  expect(done).toBeGreaterThan(30);
  // One wait for the lock, one migration, and the slowness of this machine; without the limit it would be the 3 s of the reader and more.
  expect(Math.max(...works.map((w) => w.longestMs))).toBeLessThan(2_900);
  const newer = (await readMigrations()).filter((m) => m.version > OLD);
  expect(said).toHaveLength(newer.length);

  const [pool] = pools;
  if (pool === undefined) throw new Error('no pool');
  const off = await pool.query(
    `SELECT id FROM accounts a WHERE balance <> (SELECT coalesce(sum(amount), 0) FROM postings WHERE account = a.id)`,
  );
  expect(off.rows).toEqual([]);
  const totals = await sqlStore(pool).read((tx) => tx.auditTotals());
  expect(totals).toMatchObject({
    issued: BigInt(EACH * ACCOUNTS),
    redeemed: BigInt(done),
    online: BigInt(EACH * ACCOUNTS - done),
    ledgerSum: 0n,
  });
  await Promise.all(pools.map((p) => p.end()));
});

test('a migration that does not get its table ends with a sentence, has changed nothing, and goes through later', async () => {
  const url = await oldDatabase();
  const pool = openPool(url);
  const blocker = new pg.Client({ connectionString: url });
  await blocker.connect();
  await blocker.query('BEGIN; LOCK TABLE accounts IN ACCESS SHARE MODE');
  await expect(migrate(pool, silent, 2)).rejects.toMatchObject({
    code: 'migration_blocked',
    message: expect.stringContaining('pg_stat_activity'),
  });
  const { rows } = await pool.query('SELECT max(version) AS version FROM migrations');
  expect(rows).toEqual([{ version: OLD }]);
  await blocker.query('ROLLBACK');
  await blocker.end();
  await migrate(pool, silent);
  await pool.end();
});

test('newer migrations take nothing away that the version before uses', async () => {
  const folder = new URL('../src/store/migrations/', import.meta.url);
  const forbidden =
    /\b(DROP\s+(COLUMN|TABLE|DEFAULT)|RENAME|ALTER\s+COLUMN\s+\w+\s+(TYPE|SET\s+NOT\s+NULL)|ADD\s+COLUMN\s+(?:(?!DEFAULT|,|;)[\s\S])*NOT\s+NULL(?!\s+DEFAULT))/i;
  const wrong: string[] = [];
  for (const name of (await readdir(folder)).filter(
    (n) => n.endsWith('.sql') && Number(n.slice(0, 4)) > 11,
  )) {
    const sql = (await readFile(new URL(name, folder), 'utf8')).replaceAll(/--.*$/gm, '');
    const found = forbidden.exec(sql)?.[0];
    if (found !== undefined) wrong.push(`${name}: ${found}`);
  }
  expect(wrong).toEqual([]);
  for (const bad of [
    'ALTER TABLE a DROP COLUMN b',
    'ALTER TABLE a ADD COLUMN b text NOT NULL',
    'ALTER TABLE a ALTER COLUMN b SET NOT NULL',
    'ALTER TABLE a RENAME TO b',
  ])
    expect(bad).toMatch(forbidden);
  for (const good of [
    'ALTER TABLE a ADD COLUMN b text',
    "ALTER TABLE a ADD COLUMN b text DEFAULT 'x' NOT NULL",
    "ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT 'x'",
  ])
    expect(good).not.toMatch(forbidden);
});
