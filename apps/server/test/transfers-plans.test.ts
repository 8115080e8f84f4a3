/** What a transfer costs the database does not grow with what is there, also where the plans were made when nothing was. */
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { testDatabase } from '../src/postgres/test-database.ts';
import { agreed, freshKey, rig } from './kit.ts';

const ACCOUNTS = 200;
const BATCHES = 30;
const ITEMS = 400;

test('rows that a batch reads: a few for each of its transfers, however many there are', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  onTestFinished(() => client.end());
  const r = await rig({ databaseUrl: database.url });
  const first = (await r.api.make('/v1/accounts', { name: 'first' })).id;
  await agreed(r.api, '/v1/issuances', { account: first, amount: '1000000' });
  // Statistics are those of a new ledger, as between two visits of autovacuum.
  for (const table of ['accounts', 'transfers', 'postings'])
    await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
  await client.query('VACUUM ANALYZE accounts, transfers, postings');
  const accounts = [first];
  while (accounts.length < ACCOUNTS)
    accounts.push((await r.api.make('/v1/accounts', { name: 'another' })).id);
  const items = () =>
    Array.from({ length: ITEMS }, (_, i) => ({
      key: freshKey(),
      from: first,
      to: accounts[1 + (i % (ACCOUNTS - 1))],
      amount: '1',
    }));
  for (let i = 0; i < BATCHES; i++)
    expect((await r.api.post('/v1/transfers/batch', { items: items() })).body).toMatchObject({ refused: 0 });
  await r.close();
  const { rows } = await client.query<{ relname: string; read: string }>(
    `SELECT relname, sum(idx_tup_read) AS read FROM pg_stat_user_indexes
      WHERE relname IN ('accounts', 'transfers') GROUP BY relname ORDER BY relname`,
  );
  const transfers = BATCHES * ITEMS;
  for (const { relname, read } of rows) {
    expect([relname, Number(read) > transfers / 2]).toEqual([relname, true]);
    expect([relname, Number(read) < 6 * transfers]).toEqual([relname, true]);
  }
  expect(rows.map((row) => row.relname)).toEqual(['accounts', 'transfers']);
});
