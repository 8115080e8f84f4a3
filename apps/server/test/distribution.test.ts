/** store/distribution.ts against the database itself, and what the program does against what many machines allow. */
import { fromHex, hex } from '@sokkin/codec';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { MACHINES, standIn } from '../src/postgres/stand-in.ts';
import { testDatabase as anyDatabase } from '../src/postgres/test-database.ts';
import { applyScale } from '../src/start/scale.ts';
import { preparation, scaleApply, scalePlan } from '../src/store/distribute.ts';
import { DISTRIBUTION, spreadTables } from '../src/store/distribution.ts';
import { migrate } from '../src/store/migrate.ts';
import { readObstacles } from '../src/store/obstacles.ts';
import { openPool } from '../src/store/pool.ts';
import { shardOf, textHash } from '../src/store/shard-of.ts';
import { fundPurse, newPurse, payOffline, redeem, rig, sync } from './kit.ts';
import { accept, bodyOf, newAccount, scripted, send } from './upload-kit.ts';
import { partition, witness } from './witness.ts';

/** These tests spread what they want themselves. */
const testDatabase = () => anyDatabase({ plain: true });

async function migrated() {
  const database = await testDatabase();
  const pool = openPool(database.url, { connections: 2 });
  onTestFinished(async () => {
    await pool.end();
    await database.drop();
  });
  await migrate(pool, () => undefined);
  return pool;
}

const SPREAD = spreadTables().map(([table]) => table);

test('every table of the database has its place, and no other', async () => {
  const pool = await migrated();
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace`,
  );
  expect(rows.map((row) => row.name).sort()).toEqual(Object.keys(DISTRIBUTION).sort());
});

test('what is spread is spread by a text that is never NULL, so that all are spread alike', async () => {
  const pool = await migrated();
  for (const [table, { by }] of spreadTables()) {
    const { rows } = await pool.query(
      `SELECT atttypid::regtype::text AS type, attnotnull, attcollation = (SELECT oid FROM pg_collation WHERE collname = 'default') AS usual
       FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2`,
      [table, by],
    );
    expect(rows, `${table}.${by}`).toEqual([{ type: 'text', attnotnull: true, usual: true }]);
  }
});

test('after the preparation nothing stands in the way, and it is prepared once', async () => {
  const pool = await migrated();
  expect((await preparation(pool)).length).toBeGreaterThan(5);
  for (const { sql } of await preparation(pool)) await pool.query(sql);
  expect(await readObstacles(pool)).toEqual({
    foreignKeys: [],
    uniqueKeys: [],
    identities: [],
    triggers: [],
  });
  const foreign = await pool.query(
    `SELECT conname FROM pg_constraint WHERE contype = 'f' AND (conrelid = ANY ($1::regclass[]) OR confrelid = ANY ($1::regclass[]))`,
    [SPREAD],
  );
  expect(foreign.rows).toEqual([]);
  const unique = await pool.query<{ table: string; columns: string[] }>(
    `SELECT i.indrelid::regclass::text AS table, ARRAY (SELECT attname::text FROM pg_attribute
       WHERE attrelid = i.indrelid AND attnum = ANY (i.indkey::int2[])) AS columns
     FROM pg_index i WHERE indisunique AND indrelid = ANY ($1::regclass[])`,
    [SPREAD],
  );
  const by = new Map(spreadTables().map(([table, spread]) => [table, spread.by]));
  for (const { table, columns } of unique.rows) expect(columns, table).toContain(by.get(table));
  // What is left can be run again.
  for (const { sql } of await preparation(pool)) expect(sql).toMatch(/^CREATE INDEX IF NOT EXISTS/);
});

test('triggers that stay look at their own row only: before the change, for each row', async () => {
  const pool = await migrated();
  for (const { sql } of await preparation(pool)) await pool.query(sql);
  const { rows } = await pool.query<{ trigger: string; sql: string; body: string }>(
    `SELECT tgname AS trigger, pg_get_triggerdef(t.oid) AS sql, p.prosrc AS body
     FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT tgisinternal AND tgrelid = ANY ($1::regclass[])`,
    [SPREAD],
  );
  expect(rows.map((row) => row.trigger).sort()).toEqual(
    spreadTables()
      .flatMap(([, { rowTriggers = [] }]) => rowTriggers)
      .sort(),
  );
  for (const { trigger, sql, body } of rows) {
    expect(sql, trigger).toContain('FOR EACH ROW');
    expect(body, trigger).not.toMatch(/\b(SELECT|INSERT|UPDATE|DELETE|PERFORM)\b/i);
  }
});

test('the plan names every step, Citus commands last; without Citus it is not run, and nothing is changed', async () => {
  const pool = await migrated();
  const plan = (await scalePlan(pool, { shards: 64 })).map((step) => step.sql);
  expect(plan).toContain(
    `SELECT create_distributed_table('journals', 'purse', colocate_with => 'none', shard_count => 64)`,
  );
  expect(plan).toContain(`SELECT create_distributed_table('purses', 'id', colocate_with => 'journals')`);
  expect(plan.at(-1)).toBe(`SELECT citus_add_local_table_to_metadata('commit_together')`);
  const first = plan.findIndex((sql) => sql.includes('create_distributed_table'));
  expect(plan.slice(first).every((sql) => sql.startsWith('SELECT '))).toBe(true);
  expect(plan.filter((sql) => sql.includes('create_distributed_table'))).toHaveLength(SPREAD.length);
  await expect(scaleApply(pool, { shards: 64 }, () => undefined)).rejects.toMatchObject({
    code: 'scale_no_citus',
  });
  expect((await scalePlan(pool, { shards: 64 })).map((step) => step.sql)).toEqual(plan);
});

describe('shards', () => {
  test('a text has the hash that PostgreSQL gives it', async () => {
    const pool = await migrated();
    const texts = [
      ...Array.from({ length: 40 }, (_, n) => 'péage €𝄞 0123456789abcdef0123456789'.slice(0, n)),
      ...Array.from({ length: 300 }, (_, n) =>
        ((BigInt(n) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn).toString(16).padStart(16, '0'),
      ),
    ];
    const { rows } = await pool.query<{ hash: number }>(
      'SELECT hashtext(t) AS hash FROM unnest($1::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n',
      [texts],
    );
    expect(texts.map(textHash)).toEqual(rows.map((row) => row.hash));
  });
  test('every purse has one, the extremes too', () => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 3_000; n++) {
      const shard = shardOf(n.toString(16).padStart(16, '0'), 3);
      counts.set(shard, (counts.get(shard) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([0, 1, 2]);
    for (const count of counts.values()) expect(count).toBeGreaterThan(800);
  });
});

test('a filled database is spread, its back-end goes on, and spreading it again does nothing', async () => {
  const database = await testDatabase();
  const r = await rig({ databaseUrl: database.url });
  onTestFinished(async () => {
    await r.close();
    await database.drop();
  });
  const purses = [];
  for (let n = 0; n < 3; n++) purses.push(await newPurse(r.api));
  const [a, b] = purses;
  if (a === undefined || b === undefined) throw new Error('no purses');
  await fundPurse(r.api, a, 900n);
  await standIn(database.url);
  const where = { databaseUrl: database.url, dataFolder: r.dataFolder };
  await expect(applyScale(where, MACHINES)).rejects.toMatchObject({ code: 'scale_in_use' });
  await r.server.close();
  await applyScale(where, MACHINES);
  expect(await applyScale(where, MACHINES)).toMatchObject([
    {},
    {},
    {},
    { sql: expect.stringMatching(/^CREATE INDEX/) },
  ]);
  const again = await r.restart();
  await payOffline(a, b, 100n);
  await sync(again.api, b);
  await sync(again.api, a);
  const numbers = (await again.api.get('/v1/purses')).body.data.map((purse: { id: string }) => purse.id);
  expect(numbers).toEqual(purses.map((purse) => purse.id));
  expect((await again.api.get('/v1/audit')).body).toMatchObject({ holds: true, offline: '900' });
  const pool = openPool(database.url, { connections: 1 });
  onTestFinished(() => pool.end());
  const { rows } = await pool.query<{ purse: string; machine: string }>(
    `SELECT purse, tableoid::regclass::text AS machine FROM journals`,
  );
  for (const { purse, machine } of rows) expect(machine).toBe(`journals_m${shardOf(purse, MACHINES)}`);
  // A table of a later version, which is not spread yet.
  await pool.query(`DELETE FROM pg_catalog.pg_dist_partition WHERE logicalrelid = 'grants'::regclass`);
  await again.server.close();
  await expect(again.restart()).rejects.toMatchObject({ code: 'scale_incomplete' });
});

describe('as if on many machines', () => {
  let r: Awaited<ReturnType<typeof rig>>;
  let url: string;
  beforeAll(async () => {
    const database = await testDatabase();
    url = database.url;
    await partition(database.url);
    r = await rig({ databaseUrl: database.url });
    return async () => {
      await r.close();
      await database.drop();
    };
  });

  test('I1: money goes in, round and out, and the audit holds', async () => {
    const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
    await fundPurse(r.api, a, 5_000n);
    await payOffline(a, b, 1_200n);
    await sync(r.api, b);
    await sync(r.api, a);
    await redeem(r.api, b, 700n);
    await sync(r.api, b);
    const audit = (await r.api.get('/v1/audit')).body;
    expect(audit).toMatchObject({ holds: true, offline: '4300' });
    expect((await r.api.get('/v1/purses')).body.data.length).toBeGreaterThanOrEqual(2);
  });

  test('an upload touches one machine', async () => {
    const [a, b] = [await newPurse(r.api), await newPurse(r.api)];
    await fundPurse(r.api, a, 5_000n);
    await payOffline(a, b, 1_000n);
    await payOffline(a, b, 1_100n);
    const seen = witness();
    await sync(r.api, b);
    await sync(r.api, a);
    const uploads = seen.filter(({ statements }) =>
      statements.some((sql) => /insert into "?segments/i.test(sql)),
    );
    expect(uploads).toHaveLength(2);
    for (const { writtenMachines, wide } of uploads) {
      expect(writtenMachines.size).toBe(1);
      expect(wide).toEqual([]);
    }
    // What the matcher locks, it locks on one machine at a time.
    await expect
      .poll(() => seen.some(({ statements }) => statements.some((sql) => /SET met_seq/.test(sql))))
      .toBe(true);
    for (const { wide } of seen) expect(wide.filter((sql) => /FOR (NO KEY )?UPDATE/i.test(sql))).toEqual([]);
  });

  test('uploads that come together share transactions by their machine, and none touches two', async () => {
    const account = await newAccount(r.api);
    const purses = [];
    for (let n = 0; n < 40; n++) purses.push(await scripted(r.api, account));
    for (const purse of purses) purse.ticket(5n);
    const machines = new Set(purses.map(({ id }) => shardOf(hex(id), MACHINES)));
    expect(machines.size).toBeGreaterThan(1);
    const items = [];
    for (const purse of purses) items.push({ purse: purse.name, ...(await bodyOf(r.api, purse)) });
    const seen = witness();
    const answer = await r.api.post('/v1/syncs', { items });
    expect(answer.body).toMatchObject({ done: purses.length, refused: 0 });
    const uploads = seen.filter(({ statements }) =>
      statements.some((sql) => /insert into "?segments/i.test(sql)),
    );
    expect(uploads.length).toBeGreaterThanOrEqual(machines.size);
    expect(uploads.length).toBeLessThan(purses.length);
    for (const { writtenMachines, wide } of uploads) {
      expect(writtenMachines.size).toBe(1);
      expect(wide).toEqual([]);
    }
  });

  test('a Payment that a third phone hands in is written on one machine, finds its payee, and goes when it is settled', async () => {
    const account = await newAccount(r.api);
    const [payer, payee, third] = [
      await scripted(r.api, account),
      await scripted(r.api, account),
      await scripted(r.api, account),
    ];
    const sent = payer.pay(payee.id, payee.ticket(5n), 5n);
    const payment = hex(await payer.signed(payer.entries.at(-1) ?? new Uint8Array(0)));
    const pool = openPool(url, { connections: 1 });
    onTestFinished(() => pool.end());
    const purses = await pool.query('SELECT certificate FROM purses WHERE id = $1', [hex(payer.id)]);
    const certificate = hex(purses.rows[0]?.certificate);
    const seen = witness();
    third.ticket(5n);
    const handed = await send(r.api, third, {
      ...(await bodyOf(r.api, third)),
      payments: [{ payment, purse: certificate }],
    });
    expect(handed.body).toMatchObject({ refused: [] });
    const [upload] = seen.filter(({ statements }) => statements.some((sql) => /INTO handed_in/.test(sql)));
    expect(upload?.writtenMachines.size).toBe(1);
    const told = await send(r.api, payee, await bodyOf(r.api, payee));
    expect(told.body.deliveries.payments).toMatchObject([{ payment }]);
    payee.drop();
    payee.apply(fromHex(told.body.grant));
    payee.receive(sent);
    await accept(r.api, payee);
    const left = await pool.query('SELECT FROM mailbox UNION ALL SELECT FROM handed_in');
    expect(left.rowCount).toBe(0);
  });
});
