/**
 * The writer of transfers against an oracle: a plain SQL function that does one transfer at a time and knows nothing
 * of batches. The same orders must leave the same balances, postings and answers, however they are cut into batches.
 */
import { CENTRAL_BANK, FIRST_ISSUER, type TransferOrder, type TransferResult } from '@sokkin/issuer';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { migrate } from '../src/store/migrate.ts';
import { openPool, openWriterPool } from '../src/store/pool.ts';
import { transferWriter } from '../src/store/transfer-writer.ts';

/** One transfer, decided and written by the database alone, in tables of its own. */
const ORACLE = `
  CREATE TABLE oracle_accounts (id text PRIMARY KEY, institution text, kind text, balance bigint);
  CREATE TABLE oracle_done (reference text PRIMARY KEY, debit text, credit text, amount bigint, memo text);
  CREATE FUNCTION oracle(asker text, ref text, debit text, credit text, sum bigint, words text) RETURNS text
  LANGUAGE plpgsql AS $$
  DECLARE
    d oracle_accounts; c oracle_accounts; before oracle_done;
  BEGIN
    SELECT * INTO before FROM oracle_done WHERE reference = ref;
    IF FOUND THEN
      RETURN CASE WHEN before IS NOT DISTINCT FROM (ref, debit, credit, sum, words)::oracle_done
        THEN 'repeated' ELSE 'key_reused' END;
    END IF;
    SELECT * INTO d FROM oracle_accounts WHERE id = debit AND institution = asker;
    IF NOT FOUND THEN RETURN 'account_unknown from'; END IF;
    SELECT * INTO c FROM oracle_accounts WHERE id = credit;
    IF NOT FOUND THEN RETURN 'account_unknown to'; END IF;
    IF d.kind <> 'online' THEN RETURN 'account_not_online from'; END IF;
    IF c.kind <> 'online' THEN RETURN 'account_not_online to'; END IF;
    IF debit = credit THEN RETURN 'same_account'; END IF;
    -- The payer's side first: who cannot pay learns nothing of the payee.
    IF d.balance < sum THEN RETURN 'insufficient_funds ' || d.balance; END IF;
    IF c.balance::numeric + sum > 9223372036854775807 THEN RETURN 'balance_too_large'; END IF;
    UPDATE oracle_accounts SET balance = balance - sum WHERE id = debit;
    UPDATE oracle_accounts SET balance = balance + sum WHERE id = credit;
    INSERT INTO oracle_done VALUES (ref, debit, credit, sum, words);
    RETURN 'done ' || d.balance - sum;
  END $$;`;

const NAMES = ['acc_a', 'acc_b', 'acc_c', 'acc_d', 'acc_rich', 'acc_theirs', 'acc_float', 'acc_nobody'];
const RICH = 9_223_372_036_854_775_000n;
const MEMOS = [undefined, '', '{"a",\\b} NULL', "'; DROP TABLE postings; --", '☕\t"'];

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: pg.Pool;
beforeAll(async () => {
  database = await testDatabase();
  pool = openPool(database.url);
  await migrate(pool, () => undefined);
  await pool.query(ORACLE);
  const at = '2026-01-01T00:00:00Z';
  await pool.query(
    `INSERT INTO accounts (id, kind, name, institution, created_at) SELECT n, 'online', n, $2, $3 FROM unnest($1::text[]) n`,
    [['acc_a', 'acc_b', 'acc_c', 'acc_d', 'acc_rich'], FIRST_ISSUER, at],
  );
  await pool.query(
    `INSERT INTO accounts (id, kind, name, institution, created_at) VALUES
      ('acc_theirs', 'online', 't', $1, $2), ('acc_float', 'offline_float', 'f', $1, $2), ('acc_bank', 'central_bank', 'c', $1, $2)`,
    [CENTRAL_BANK, at],
  );
  const start = [
    ['acc_a', 500n],
    ['acc_b', 40n],
    ['acc_theirs', 100n],
    ['acc_rich', RICH],
  ] as const;
  for (const [id, amount] of start) {
    await pool.query(
      'UPDATE accounts SET balance = balance + CASE id WHEN $1 THEN $2::bigint ELSE -$2::bigint END WHERE id IN ($1, $3)',
      [...[id, amount.toString(), 'acc_bank']],
    );
    await pool.query(
      `WITH t AS (INSERT INTO transfers (kind, reference, created_at) VALUES ('issuance', 'iss_' || $1, $3) RETURNING id)
       INSERT INTO postings (account, transfer, amount, balance_after)
       SELECT a.id, t.id, CASE a.id WHEN $1 THEN $2::bigint ELSE -$2::bigint END, a.balance FROM t, accounts a WHERE a.id IN ($1, 'acc_bank')`,
      [id, amount.toString(), at],
    );
  }
  await pool.query(`INSERT INTO oracle_accounts SELECT id, institution, kind, balance FROM accounts`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const order = fc.record({
  // Few names, so that many repeat.
  reference: fc.nat(60).map((n) => `trf_${n}`),
  from: fc.constantFrom(...NAMES),
  to: fc.constantFrom(...NAMES),
  amount: fc.oneof(fc.bigInt({ min: 1n, max: 60n }), fc.constant(1_000n)),
  memo: fc.constantFrom(...MEMOS),
});
const requests = fc.array(fc.array(order, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });

const said = (result: TransferResult | undefined): string => {
  switch (result?.status) {
    case undefined:
      return 'nothing';
    case 'done':
      return result.after === undefined ? 'repeated' : `done ${result.after.from}`;
    case 'account_unknown':
    case 'account_not_online':
      return `${result.status} ${result.side}`;
    case 'insufficient_funds':
      return `${result.status} ${result.available}`;
    default:
      return result?.status ?? '';
  }
};

test('random batches are decided as one transfer at a time would be', { timeout: 300_000 }, async () => {
  // One lane: the requests of a run are then done in their order.
  const writer = transferWriter(openWriterPool(database.url, { connections: 1 }), 1, () => new Date());
  const ours = (owner: { institution: string }) => owner.institution === FIRST_ISSUER;
  const asker = { id: 'cli_x', maySee: ours, mayUse: ours };
  let run = 0;
  await fc.assert(
    fc.asyncProperty(requests, async (wishes) => {
      run += 1;
      const orders = wishes.map((some) =>
        some.map(
          (o): TransferOrder => ({
            ...o,
            reference: `${o.reference}_${run >> 2}`,
            endToEnd: undefined,
            asker,
          }),
        ),
      );
      const results = await Promise.all(orders.map((some) => writer.submit(some)));
      for (const [i, some] of orders.entries()) {
        for (const [n, o] of some.entries()) {
          const { rows } = await pool.query<{ oracle: string }>('SELECT oracle($1, $2, $3, $4, $5, $6)', [
            ...[FIRST_ISSUER, o.reference, o.from, o.to, o.amount.toString(), o.memo ?? null],
          ]);
          expect(said(results[i]?.[n])).toBe(rows[0]?.oracle);
        }
      }
      const { rows } = await pool.query(`
        SELECT a.id FROM accounts a LEFT JOIN oracle_accounts o USING (id)
        LEFT JOIN LATERAL (SELECT sum(amount)::bigint AS sum FROM postings WHERE account = a.id) p ON true
        LEFT JOIN LATERAL (SELECT balance_after FROM postings WHERE account = a.id ORDER BY id DESC LIMIT 1) l ON true
        WHERE a.balance <> o.balance OR a.balance <> coalesce(p.sum, 0) OR a.balance <> coalesce(l.balance_after, 0)`);
      expect(rows).toEqual([]);
    }),
    { numRuns: 60 },
  );
  const { rows } = await pool.query('SELECT count(*)::int AS n FROM oracle_done');
  expect(rows[0].n).toBeGreaterThan(100);
  await writer.close();
});

test('two writers at once, with the same names: each moves money once', { timeout: 120_000 }, async () => {
  const writers = [1, 2].map(() =>
    transferWriter(openWriterPool(database.url, { connections: 2 }), 2, () => new Date()),
  );
  const asker = { id: 'cli_x', maySee: () => true, mayUse: () => true };
  const sum = async () =>
    (await pool.query(`SELECT sum(balance)::bigint AS s FROM accounts WHERE kind = 'online'`)).rows[0].s;
  const before = await sum();
  const all = Array.from({ length: 400 }, (_, i): TransferOrder => {
    const [from, to] = i % 2 === 0 ? ['acc_a', 'acc_b'] : ['acc_b', 'acc_a'];
    return { reference: `trf_race_${i}`, from, to, amount: 1n, memo: undefined, endToEnd: undefined, asker };
  });
  const results = await Promise.all(
    writers.flatMap((writer) => all.map(async (o) => (await writer.submit([o]))[0])),
  );
  const moved = results.filter((x) => x?.status === 'done' && x.after !== undefined).length;
  const { rows } = await pool.query(
    `SELECT count(*)::int AS n FROM transfers WHERE reference LIKE 'trf\\_race\\_%'`,
  );
  expect(results.every((x) => x?.status === 'done' || x?.status === 'insufficient_funds')).toBe(true);
  // Where a COMMIT was in doubt, both may call it repeated; none may call it done twice.
  expect(moved).toBeLessThanOrEqual(rows[0].n);
  expect(rows[0].n).toBeGreaterThan(300);
  expect(await sum()).toBe(before);
  await Promise.all(writers.map((w) => w.close()));
});
