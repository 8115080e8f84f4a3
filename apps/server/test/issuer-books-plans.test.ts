/** What the books of the issuers cost the database: a look at each row, also where its statistics are those of an empty database. */
import { type CompiledQuery, DummyDriver, Kysely, PostgresAdapter, PostgresQueryCompiler } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { booksQuery } from '../src/store/issuer-rows.ts';
import { newPurse, type Rig, rig } from './kit.ts';

const PURSES = 4_000;
const PAYMENTS = 5;
const ROWS = PURSES * PAYMENTS;
const TABLES = ['purses', 'accounts', 'payments', 'receipts', 'journals'];

let r: Rig;
let client: pg.Client;
let drop: () => Promise<unknown>;
beforeAll(async () => {
  const database = await testDatabase();
  drop = () => database.drop();
  r = await rig({ databaseUrl: database.url, webhooks: false });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await newPurse(r.api);
  for (const table of TABLES) await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  await client.query(`ANALYZE ${TABLES.join(', ')}`);
  for (const text of FILL) await client.query(text);
});
afterAll(async () => {
  await client?.end();
  await r?.close();
  await drop?.();
});

/** Purses of two institutions, each of which has paid its neighbour, who is the other one's. */
const FILL = [
  `INSERT INTO institutions (id, kind, name, status, created_at)
    SELECT 'ins_two', kind, 'Two', status, created_at FROM institutions WHERE kind = 'issuer' LIMIT 1`,
  `INSERT INTO accounts (id, kind, name, institution, created_at)
    VALUES ('acc_two', 'online', 'Two', 'ins_two', now())`,
  `INSERT INTO journals (purse, is_issuer, certificate_hash, lifecycle, seq, head, balance, grant_no, ack_seq, limits, open_items, met_seq)
    SELECT left(md5(n::text), 16), false, sha256(n::text::bytea), 'active', 9, sha256(n::text::bytea), 0, 1, 2, j.limits, j.open_items, 9
    FROM generate_series(1, ${PURSES}) n, (SELECT limits, open_items FROM journals WHERE NOT is_issuer LIMIT 1) j`,
  `INSERT INTO purses (id, account, assurance, tier, public_key, certificate, created_at)
    SELECT left(md5(n::text), 16), CASE n % 2 WHEN 0 THEN p.account ELSE 'acc_two' END, p.assurance, p.tier,
      sha256(n::text::bytea) || sha256(n::text::bytea) || '\\x04', p.certificate, now()
    FROM generate_series(1, ${PURSES}) n, (SELECT account, assurance, tier, certificate FROM purses LIMIT 1) p`,
  `INSERT INTO payments (payer, payment_no, payee, ticket_no, amount, hash, state, verdict)
    SELECT left(md5(n::text), 16), k, left(md5((n % ${PURSES} + 1)::text), 16), k, 100, sha256((n || '/' || k)::bytea), 'credited', 'credited'
    FROM generate_series(1, ${PURSES}) n, generate_series(1, ${PAYMENTS}) k`,
];

interface Node {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Node[];
}
/** Rows that all steps of the plan gave or looked at in vain. */
const rowsOf = (node: Node): number =>
  node['Actual Loops'] *
    (node['Actual Rows'] +
      (node['Rows Removed by Join Filter'] ?? 0) +
      (node['Rows Removed by Filter'] ?? 0)) +
  (node.Plans ?? []).reduce((sum, part) => sum + rowsOf(part), 0);

const compiler = new Kysely<never>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: () => {
      throw new Error('not asked for');
    },
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

async function rowsRead(institutions: readonly string[]): Promise<number> {
  const own = institutions.map((institution, i) => ({ purse: `000000000000000${i}`, institution }));
  const { sql, parameters }: CompiledQuery = booksQuery(own).compile(compiler);
  const { rows } = await client.query(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`, [...parameters]);
  return rowsOf(rows[0]['QUERY PLAN'][0].Plan);
}

test('each payment is looked at a few times at most, with statistics of an empty database and with true ones', async () => {
  const two = ['ins_one', 'ins_two'];
  expect(await rowsRead(two)).toBeLessThan(8 * (ROWS + PURSES));
  await client.query(`ANALYZE ${TABLES.join(', ')}`);
  expect(await rowsRead(two)).toBeLessThan(8 * (ROWS + PURSES));
});

test('where there is one issuer, payments between purses are not looked at', async () => {
  expect(await rowsRead(['ins_one'])).toBeLessThan(4 * PURSES);
});
